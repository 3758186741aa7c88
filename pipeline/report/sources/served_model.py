"""The model that a run serves, opened from the plain arrays of its artefacts, no pickle, by the containers' own code.

The containers' modules import each other by bare names, as they do where they serve, so both folders go on the path.
"""

from __future__ import annotations

import importlib
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container
from pipeline.aws.storage import Location, download
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    import scipy.sparse as sp
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
    temperature: float
    tokens_of: Callable[[str], Iterable[bytes]]
    """All tokens of a text, the terms of its subject behind them."""
    words_of: Callable[[str], Iterable[bytes]]
    """The tokens of a text alone."""
    subject_prefix: bytes
    _terms: Any
    _classifier: Any

    def as_received(self, text: str) -> str:
        """Return a text with the newlines that the first container gives it."""
        received: str = importlib.import_module("line_structure").plain_newlines(text)
        return received

    def rows(self, texts: Sequence[str]) -> sp.csr_array:
        """Return the texts' TF-IDF rows, shape (n_texts, n_features), as the first container makes them."""
        import scipy.sparse as sp

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
        space = self._classifier.space
        features = importlib.import_module("feature_stream").FeatureRows(rows.indptr, rows.indices, rows.data, space)
        scores: NDArray[np.float64] = self._classifier.scores(features)
        return scores

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities that the second container answers with, of all categories."""
        found: NDArray[np.float64] = importlib.import_module("category_model").probabilities(scores / self.temperature)
        return found

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
        except _refusals() as error:
            raise PipelineError(f"The model of run {run.id} cannot be read here: {error}") from error


def open_folders(
    preprocessor: Path, classifier: Path, manifests: Mapping[Container, str | None] | None = None
) -> ServedModel:
    """Open two unpacked artefacts, each held to the digest of its manifest first, if `manifests` has it.

    The folders may be deleted then: arrays stay for as long as they are mapped.
    """
    _put_on_path()
    expected = manifests or {}
    importlib.import_module("artefact_check").check_artefact(preprocessor, expected.get(Container.PREPROCESSOR))
    importlib.import_module("deployed_artefact").verify_artefact(classifier, expected.get(Container.CLASSIFIER))
    terms = importlib.import_module("serving_files").load_serving(preprocessor / "serving").terms
    model = importlib.import_module("serving_model").load_model(classifier / "serving")
    tokenizer = importlib.import_module("tokens").tokenizer
    return ServedModel(
        categories=model.categories,
        vocabulary=dict(terms.vocabulary),  # its terms are read from their file when first asked for, so: now
        weights=model.weights,
        priors=model.priors,
        temperature=model.temperature,
        tokens_of=terms.recipe.tokenizer(),
        words_of=tokenizer(terms.recipe.tokens),
        subject_prefix=importlib.import_module("subject_terms").PREFIX,
        _terms=terms,
        _classifier=model,
    )


def _put_on_path() -> None:
    sys.path.extend(str(container.folder) for container in Container if str(container.folder) not in sys.path)


def _refusals() -> tuple[type[Exception], ...]:
    _put_on_path()
    return (
        importlib.import_module("preprocessor_errors").ArtefactUnusable,
        importlib.import_module("classifier_errors").ModelUnusable,
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
