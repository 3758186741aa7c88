"""The folder `serving/` of the model artefact: the fitted terms as plain arrays and JSON, written by training and
opened by serving.

No pickle, no scikit-learn: arrays do not care which version wrote them, and a file from a bucket must not be able to
run code.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArtefactUnusable
from ..features.term_index import HashTable, Vocabulary
from ..features.term_rows import FittedTerms, Recipe
from ..features.tokens import TokenKind

FORMAT_VERSION = 3
_WITH_PAIRS = 4
"""The version of a model with pairs of words, which older code must not take for one without."""
_RECIPE = "recipe.json"
_VOCABULARY = "vocabulary.json"
_WEIGHTS = "term_weights.npy"
_TABLE = ("hashes", "columns", "buckets")
"""Each an array of the vocabulary's `HashTable`, in a file `term_<name>.npy`."""


@dataclass(frozen=True, slots=True)
class ServingModel:
    """What answers requests."""

    terms: FittedTerms
    fingerprint: str
    """Of recipe, vocabulary and weights: two models with the same one make the same rows."""


def save_serving(directory: Path, terms: FittedTerms) -> str:
    """Write the fitted terms into `directory` (created) and return their fingerprint."""
    directory.mkdir(parents=True)
    recipe = {**_written(terms.recipe), "n_features": len(terms.vocabulary)}
    words = [term.decode() for term in terms.vocabulary.terms()]
    fingerprint = _fingerprint(recipe, words, terms)
    _write_json(directory / _RECIPE, {**recipe, "fingerprint": fingerprint})
    _write_json(directory / _VOCABULARY, words)
    np.save(directory / _WEIGHTS, terms.weights, allow_pickle=False)
    for name in _TABLE:
        np.save(directory / f"term_{name}.npy", getattr(terms.vocabulary.table, name), allow_pickle=False)
    return fingerprint


def _written(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as it is written: one without pairs as before there were any, under the fingerprint of before."""
    settings = asdict(recipe)
    if recipe.pairs:
        return {"format_version": _WITH_PAIRS, **settings}
    del settings["pairs"]
    return {"format_version": FORMAT_VERSION, **settings}


def load_serving(directory: Path) -> ServingModel:
    """Open what `save_serving` wrote; the arrays are mapped, so that the workers of a container share them.

    Raises
    ------
    ArtefactUnusable
        If a file is missing or damaged, or of a format that this code does not know.
    """
    try:
        recipe = json.loads((directory / _RECIPE).read_bytes())
        _check_version(recipe["format_version"])
        weights = _mapped(directory / _WEIGHTS)
        hashes, columns, buckets = (_mapped(directory / f"term_{name}.npy") for name in _TABLE)
        table = HashTable(hashes, columns, buckets, n_terms=len(weights))
        table.check()
        with_pairs = recipe["format_version"] == _WITH_PAIRS
        kind = Recipe(TokenKind(recipe["tokens"]), bool(recipe["subject"]), bool(recipe["log_counts"]), with_pairs)
        fingerprint = str(recipe["fingerprint"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ArtefactUnusable(
            f"{directory}: not a model of this preprocessor ({error!r}). Deploy a whole model.tar.gz."
        ) from error
    vocabulary = Vocabulary(table, lambda: _read_terms(directory / _VOCABULARY))
    return ServingModel(FittedTerms(kind, vocabulary, weights), fingerprint)


def _mapped(path: Path) -> NDArray[Any]:
    # asarray: a plain view of the mapped file; numpy's memmap class costs time at every indexing.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _read_terms(path: Path) -> list[bytes]:
    """Read the terms themselves, which people ask for; answering requests takes the table alone."""
    return [term.encode() for term in json.loads(path.read_bytes())]


def _fingerprint(recipe: dict[str, object], words: list[str], terms: FittedTerms) -> str:
    digest = hashlib.sha256(json.dumps([recipe, words]).encode())
    digest.update(terms.weights.astype("<f4").tobytes())
    return digest.hexdigest()


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _check_version(version: object) -> None:
    if version not in (FORMAT_VERSION, _WITH_PAIRS):
        raise ArtefactUnusable(
            f"The model is of format {version}, this code reads {FORMAT_VERSION} and {_WITH_PAIRS}. Deploy the code "
            "that trained it."
        )
