"""Both models as plain arrays, as every machine gets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from classifier.artefact.manifest_check import check_artefact as check_classifier
from classifier.artefact.serving_files import load_model
from classifier.model.category_model import CategoryModel, Ranking
from classifier.wire.feature_stream import FeatureRows
from preprocessor.artefact.manifest_check import check_artefact as check_preprocessor
from preprocessor.artefact.serving_files import load_serving

from ..artefacts import Unpacked
from ..feature_rows import ShippedTerms


@dataclass(frozen=True, slots=True)
class ShippedModels:
    """What turns texts into categories."""

    terms: ShippedTerms
    model: CategoryModel

    @classmethod
    def load(cls, unpacked: Unpacked, manifests: Mapping[str, str | None]) -> ShippedModels:
        """Open both artefacts, as their containers do.

        Raises
        ------
        ArtefactUnusable
            If one is not the one that training wrote; `manifests` has the digests that the run records.
        """
        first, second = (unpacked.folders[name] for name in ("preprocessor", "classifier"))
        check_preprocessor(first, manifests["preprocessor"])
        check_classifier(second, manifests["classifier"])
        serving, model = load_serving(first / "serving"), load_model(second / "serving")
        if serving.fingerprint != model.space.fingerprint:
            raise ValueError("the classifier was trained on another preprocessor's features")
        return cls(ShippedTerms.of(serving.terms), replace(model, weights=np.asarray(model.weights)))

    def rank(self, texts: Sequence[str]) -> Iterator[Ranking]:
        """Yield the best category of each text, for one run of them after the other."""
        for rows in self.terms.fitted().rows(texts):
            yield self.model.rank(
                FeatureRows(rows.indptr.astype(np.int64), rows.indices, rows.values, self.model.space), 1
            )
