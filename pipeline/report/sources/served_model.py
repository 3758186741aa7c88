"""The model that a run serves, opened by the containers' own code from the plain arrays of its artefacts."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classifier_container.classifier import errors as classifier_errors
from classifier_container.classifier.artefact import manifest_check as classifier_check
from classifier_container.classifier.artefact.serving_files import load_model
from classifier_container.classifier.model.category_model import CategoryModel, probabilities
from classifier_container.classifier.wire.feature_stream import FeatureRows
from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container
from pipeline.aws.storage import Location, download
from pipeline.errors import PipelineError
from preprocessor_container.preprocessor import errors as preprocessor_errors
from preprocessor_container.preprocessor.artefact import manifest_check as preprocessor_check
from preprocessor_container.preprocessor.artefact.serving_files import load_serving
from preprocessor_container.preprocessor.features.subject_terms import PREFIX
from preprocessor_container.preprocessor.features.term_rows import FittedTerms
from preprocessor_container.preprocessor.features.tokens import tokenizer
from preprocessor_container.preprocessor.requests.line_structure import plain_newlines

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SUBJECT = "subject: "
"""What a term of a subject begins with where people read it."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """Terms, weights and priors, and the code that turns texts into rows and rows into scores."""

    categories: tuple[str, ...]
    vocabulary: Mapping[bytes, int]
    """Each term's column."""
    weights: NDArray[np.float32]
    """Shape (n_features, n_categories): log probabilities of each term by category, less their mean over those."""
    priors: NDArray[np.float64]
    """Shape (n_categories,): log probabilities of the categories."""
    tokens_of: Callable[[str], Iterable[bytes]]
    """All tokens of a text, the terms of its subject behind them."""
    words_of: Callable[[str], Iterable[bytes]]
    """The tokens of a text alone."""
    subject_prefix: bytes
    _terms: FittedTerms
    _classifier: CategoryModel

    def as_received(self, text: str) -> str:
        """Return a text with the newlines that the first container gives it."""
        return plain_newlines(text)

    def rows(self, texts: Sequence[str]) -> sp.csr_array:
        """Return the texts' TF-IDF rows, shape (n_texts, n_features), as the first container makes them."""
        shape = (0, len(self.vocabulary))
        parts = [
            sp.csr_array((part.values, part.indices, part.indptr), shape=(part.n_rows, part.n_features))
            for part in self._terms.rows(texts)
        ]
        return sp.csr_array(sp.vstack(parts, format="csr")) if parts else sp.csr_array(shape, dtype=np.float32)

    def scores(self, rows: sp.csr_array) -> NDArray[np.float64]:
        """Return the log probabilities up to a constant in each row, before the temperature, as the second container
        computes them; shape (n_texts, n_categories).
        """
        return self._classifier.scores(FeatureRows(rows.indptr, rows.indices, rows.data, self._classifier.space))

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities that the second container answers with, of all categories."""
        return probabilities(self.tempered(scores))

    def tempered(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithms of these probabilities, up to a constant in each row."""
        return self._classifier.tempered(scores)

    @property
    def terms(self) -> list[str]:
        """The terms in the order of their columns, as `readable` writes them."""
        return [self.readable(term) for term in self.vocabulary]

    def readable(self, term: bytes) -> str:
        """Return a term for people: `subject: word` for a word of a subject."""
        if self.of_subject(term):
            return SUBJECT + term.removeprefix(self.subject_prefix).decode()
        return term.decode()

    def of_subject(self, term: bytes) -> bool:
        """Say whether a term is one of a subject's own."""
        return term.startswith(self.subject_prefix)


def load(s3: S3Client, run: Run) -> ServedModel:
    """Open the model of a run.

    Raises
    ------
    PipelineError
        If an artefact is not the one that the run recorded, or is of a format that this working tree does not read.
    """
    with tempfile.TemporaryDirectory() as directory:
        folders = {container: Path(directory) / container for container in Container}
        for container, folder in folders.items():
            _fetch(s3, run.artefacts[container], folder)
        try:
            return open_folders(
                folders[Container.PREPROCESSOR],
                folders[Container.CLASSIFIER],
                {container: run.artefacts[container].manifest_sha256 for container in Container},
            )
        except (preprocessor_errors.ArtefactUnusable, classifier_errors.ArtefactUnusable) as error:
            raise PipelineError(f"The model of run {run.id} cannot be read here: {error}") from error


def open_folders(
    preprocessor: Path, classifier: Path, manifests: Mapping[Container, str | None] | None = None
) -> ServedModel:
    """Open two unpacked artefacts, each held to the digest of its manifest first, if `manifests` has it.

    The folders may be deleted then: arrays stay for as long as they are mapped.
    """
    expected = manifests or {}
    preprocessor_check.check_artefact(preprocessor, expected.get(Container.PREPROCESSOR))
    classifier_check.check_artefact(classifier, expected.get(Container.CLASSIFIER))
    terms = load_serving(preprocessor / "serving").terms
    model = load_model(classifier / "serving")
    return ServedModel(
        categories=model.categories,
        vocabulary=dict(terms.vocabulary),  # its terms are read from their file when first asked for, so: now
        weights=model.weights,
        priors=model.priors,
        tokens_of=terms.recipe.tokenizer(),
        words_of=tokenizer(terms.recipe.tokens),
        subject_prefix=PREFIX,
        _terms=terms,
        _classifier=model,
    )


def _fetch(s3: S3Client, artefact: Artefact, folder: Path) -> None:
    """Unpack the manifest and `serving/` of an artefact; nothing of the rest is needed."""
    packed = folder.with_suffix(".tar.gz")
    download(s3, Location.parse(artefact.uri), packed)
    (folder / "serving").mkdir(parents=True)
    try:
        with tarfile.open(packed) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                plain = name == "manifest.json" or (name.startswith("serving/") and name.count("/") == 1)
                if plain and member.isfile() and (content := archive.extractfile(member)) is not None:
                    (folder / name).write_bytes(content.read())
    except (tarfile.TarError, EOFError, OSError) as error:
        raise PipelineError(f"{artefact.uri} cannot be read: {error}. Train again.") from error
    packed.unlink()
