"""The folder `serving/` of the model artefact: the classifier as plain arrays and JSON, written by training and opened
by serving.

No pickle, no scikit-learn: arrays do not care which version wrote them, and a file from a bucket must not be able to
run code.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..errors import ArtefactUnusable
from ..model.category_model import CategoryModel
from ..wire.feature_stream import FeatureSpace

FORMAT_VERSION = 2
_WITH_EXPONENTS = 3
"""The version of a model whose temperature has exponents, which older code must not take for one without."""
_LABELS = "label_map.json"
_WEIGHTS = "weights.npy"
_PRIORS = "priors.npy"


def save_model(directory: Path, model: CategoryModel) -> None:
    """Write a model into `directory` (created)."""
    directory.mkdir(parents=True)
    exponents = {"lead_exponent": model.lead_exponent, "gap_exponent": model.gap_exponent}
    if (model.lead_exponent, model.gap_exponent) == (0, 1):
        exponents = {}
    labels = {
        "format_version": _WITH_EXPONENTS if exponents else FORMAT_VERSION,
        "categories": model.categories,
        "n_features": model.space.n_features,
        "fingerprint": model.space.fingerprint,
        "temperature": model.temperature,
        **exponents,
    }
    (directory / _LABELS).write_text(json.dumps(labels, ensure_ascii=False), encoding="utf-8")
    np.save(directory / _WEIGHTS, model.weights, allow_pickle=False)
    np.save(directory / _PRIORS, model.priors, allow_pickle=False)


def load_model(directory: Path) -> CategoryModel:
    """Open what `save_model` wrote; the weights are mapped, so that the workers of a container share them.

    Raises
    ------
    ArtefactUnusable
        If a file is missing or damaged, or of a format that this code does not know.
    """
    try:
        labels = json.loads((directory / _LABELS).read_bytes())
        _check_version(labels["format_version"])
        with_exponents = labels["format_version"] == _WITH_EXPONENTS
        model = CategoryModel(
            categories=tuple(labels["categories"]),
            # asarray: a plain view of the mapped file; numpy's memmap class costs time at every indexing.
            weights=np.asarray(np.load(directory / _WEIGHTS, mmap_mode="r", allow_pickle=False)),
            priors=np.load(directory / _PRIORS, allow_pickle=False),
            space=FeatureSpace(int(labels["n_features"]), str(labels["fingerprint"])),
            temperature=float(labels["temperature"]),
            lead_exponent=float(labels["lead_exponent"]) if with_exponents else 0.0,
            gap_exponent=float(labels["gap_exponent"]) if with_exponents else 1.0,
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ArtefactUnusable(
            f"{directory}: not a model of this classifier ({error!r}). Deploy a whole model.tar.gz."
        ) from error
    if model.weights.shape != (model.space.n_features, len(model.categories)) or model.priors.shape != (
        len(model.categories),
    ):
        raise ArtefactUnusable(
            f"{directory}: weights, priors and label map do not fit together. Deploy a whole model.tar.gz."
        )
    return model


def _check_version(version: object) -> None:
    if version not in (FORMAT_VERSION, _WITH_EXPONENTS):
        raise ArtefactUnusable(
            f"The model is of format {version}, this code reads {FORMAT_VERSION} and {_WITH_EXPONENTS}. Deploy the "
            "code that trained it."
        )
