"""Training the preprocessor: arguments, read, fit, check, save. SageMaker runs this as a script
(`sagemaker_program=train.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from preprocessor.artefact.serving_files import load_serving, save_serving
from preprocessor.artefact.writing import save_code, save_estimator, save_manifest
from preprocessor.errors import JobRefused
from preprocessor.features.distinct_tokens import NumberedTokens
from preprocessor.features.term_rows import TermRows
from preprocessor.features.term_weighting import Idf, Weighting
from preprocessor.features.text_parts import stripped_copies
from preprocessor.features.text_vectorizer import TextVectorizer
from preprocessor.features.tokens import TokenKind
from preprocessor.job.channels import LabelledTexts, StopWords, read_stop_words, read_texts
from preprocessor.job.resources import checkpoint_directory, n_cpus
from preprocessor.job.settings import SettingsParser, boolean
from preprocessor.job.training_job import (
    channel,
    model_directory,
    output_data_directory,
    run_job,
)
from preprocessor.selection.candidates import Candidate, Classifier, candidates, grid
from preprocessor.selection.choice import Selection, choose, select
from preprocessor.selection.folds import deal, in_order
from preprocessor.selection.training_tokens import TrainingTokens
from preprocessor.selection.trial_records import TrialRecords

_CHECKED_TEXTS = 200


def main() -> None:
    """Read the channels, choose, fit, check that the serving form answers as the estimator does, save the artefact."""
    settings = _arguments()
    data = read_texts(settings.train, settings.text_column, settings.label_column)
    stop_words = read_stop_words(settings.stopwords)
    print(f"read {len(data.texts)} records from {data.n_files} file(s), {len(stop_words.words)} stop words", flush=True)
    training = _with_copies(data) if settings.stripped_copies else TrainingTexts(data.texts, data.categories, [])
    vectorizer = _vectorizer(settings, stop_words)
    tokens = vectorizer.tokenise(training.texts)
    selection = _select(settings, vectorizer, tokens, training) if settings.choose else None
    if selection and not selection.chosen.with_copies:
        training, tokens = _without_copies(training, tokens)
    rows = vectorizer.fit_counts(_count(vectorizer, tokens), training.categories)
    figures = _figures(rows, training)
    print(" ".join(f"{name}={value};" for name, value in figures.items()), flush=True)
    _save(settings, vectorizer, stop_words, figures, selection)
    _check(settings.model_dir, vectorizer, data.texts[:_CHECKED_TEXTS])


@dataclass(frozen=True, slots=True)
class TrainingTexts:
    """What is learnt from: the records, and behind them the copies of some."""

    texts: list[str]
    categories: list[str]
    copied: list[int]
    """Of which record each copy is one."""

    @property
    def n_records(self) -> int:
        return len(self.texts) - len(self.copied)


def _with_copies(data: LabelledTexts) -> TrainingTexts:
    copied, copies = stripped_copies(data.texts)
    return TrainingTexts(
        data.texts + copies, data.categories + [data.categories[position] for position in copied], copied
    )


def _without_copies(training: TrainingTexts, tokens: NumberedTokens) -> tuple[TrainingTexts, NumberedTokens]:
    n_records = training.n_records
    kept = TrainingTexts(training.texts[:n_records], training.categories[:n_records], [])
    return kept, tokens.of_texts(np.arange(len(training.texts)) < n_records)


def _arguments() -> argparse.Namespace:
    parser = SettingsParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--profile", default="seed", help="name of the settings, for the manifest")
    parser.add_argument("--dataset", default="unnamed", help="name of the data, for the manifest")
    parser.add_argument(
        "--tokens", default=TokenKind.LETTERS, choices=[kind.value for kind in TokenKind], help="what counts as a token"
    )
    parser.add_argument(
        "--subject_weight", type=_weight, default=0.0, help="weight of terms made of a text's subject; 0 makes none"
    )
    parser.add_argument(
        "--keep_stop_words", type=boolean, default=False, help="learn the words of channel stopwords like any other"
    )
    parser.add_argument(
        "--pair_weight", type=_weight, default=0.0, help="weight of pairs of neighbouring words; 0 makes none"
    )
    parser.add_argument(
        "--max_features", type=_whole, help="the most terms: first the words in the most texts, then such pairs"
    )
    parser.add_argument("--term_frequency", default="count", choices=("count", "log"), help="count, or ln(1 + count)")
    parser.add_argument("--idf", default=Idf.SMOOTH, choices=[kind.value for kind in Idf], help="see term_weighting.py")
    parser.add_argument(
        "--category_floor", type=_weight, help="weight terms by how well they tell categories apart, plus this"
    )
    parser.add_argument(
        "--stripped_copies",
        type=boolean,
        default=False,
        help="learn from each text once more without header block, quoted lines and signature",
    )
    parser.add_argument(
        "--choose",
        type=boolean,
        default=False,
        help="let cross-validation choose between these settings and plainer ones, and fit the temperature",
    )
    parser.add_argument(
        "--budget", type=_whole, default=4_000_000, help="what choosing may take, in record passes: see race.py"
    )
    parser.add_argument(
        "--classifier", type=_classifier, default=Classifier(), help="the classifier's settings as JSON, to choose by"
    )
    parser.add_argument(
        "--ranges", type=_ranges, help="JSON object of settings and the values to choose from, every combination"
    )
    parser.add_argument(
        "--ordered",
        type=boolean,
        default=False,
        help="records are in the order of time: choose by how well earlier ones answer later ones",
    )
    parser.add_argument("--text_column", default="data", help="column of the texts")
    parser.add_argument("--label_column", default="label_names", help="column of the categories")
    parser.add_argument("--train", type=Path, default=channel("train"), help="folder of the training files")
    parser.add_argument("--stopwords", type=Path, default=channel("stopwords"), help="folder of stopwords.txt")
    parser.add_argument("--model-dir", type=Path, default=model_directory(), help="folder that becomes model.tar.gz")
    parser.add_argument(
        "--output-data-dir", type=Path, default=output_data_directory(), help="folder that becomes output.tar.gz"
    )
    return parser.parse_args()


def _weight(value: str) -> float:
    number = float(value)
    if not (0 <= number < math.inf):
        raise argparse.ArgumentTypeError(f"{value!r} is not a number from 0 up")
    return number


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and int(value)):
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number above 0")
    return int(value)


def _ranges(value: str) -> dict[str, list[object]]:
    ranges = json.loads(value)
    if not isinstance(ranges, dict) or not all(isinstance(values, list) and values for values in ranges.values()):
        raise argparse.ArgumentTypeError(f"{value!r} is no JSON object of lists of values")
    return ranges


def _classifier(value: str) -> Classifier:
    try:
        return Classifier(**json.loads(value))
    except (ValueError, TypeError) as error:
        known = ", ".join(field.name for field in fields(Classifier))
        raise argparse.ArgumentTypeError(f"{value!r} is no JSON object of {known} ({error})") from error


def _vectorizer(settings: argparse.Namespace, stop_words: StopWords) -> TextVectorizer:
    return TextVectorizer(
        tokens=settings.tokens,
        stop_words=stop_words.words,
        keep_stop_words=settings.keep_stop_words,
        subject_weight=settings.subject_weight,
        pair_weight=settings.pair_weight,
        max_features=settings.max_features,
        term_frequency=settings.term_frequency,
        idf=settings.idf,
        category_floor=settings.category_floor,
    )


def _count(vectorizer: TextVectorizer, tokens: NumberedTokens) -> TermRows:
    try:
        return vectorizer.count_tokens(tokens)
    except ValueError as error:
        raise JobRefused(f"channel train: {error}; give it texts with words in them") from error


def _select(
    settings: argparse.Namespace, vectorizer: TextVectorizer, tokens: NumberedTokens, training: TrainingTexts
) -> Selection | None:
    """Choose, set the vectorizer to the choice, and write the evidence; None where there is too little to choose by."""
    numbers = np.unique(training.categories, return_inverse=True)[1]
    records = training.texts[: training.n_records]
    of_record = in_order(len(records)) if settings.ordered else deal(records, numbers[: len(records)])
    if of_record is None:
        if settings.ranges is not None:
            raise JobRefused("channel train: too few different texts to choose by; give it at least a dozen")
        print("too few different texts to choose by: the settings stay as they are", flush=True)
        return None
    record_of = np.concatenate([np.arange(len(records)), np.array(training.copied, np.intp)])
    texts = TrainingTokens(tokens, numbers, record_of, of_record, settings.ordered)
    first = _first(settings)
    if settings.ranges is None:
        selection = choose(texts, vectorizer, candidates(first), settings.budget)
    else:
        tried = _grid(first, settings.ranges)
        with_pairs = any(candidate.pair_weight for candidate in tried)
        counted = texts.counted(vectorizer, texts.n_records, with_pairs)
        selection = select(counted, tried, _records(settings), n_cpus())
    print("\n".join(selection.lines()), flush=True)
    settings.output_data_dir.mkdir(parents=True, exist_ok=True)
    (settings.output_data_dir / "selection.json").write_text(
        json.dumps(selection.as_dict(), indent=2) + "\n", encoding="utf-8"
    )
    vectorizer.set_params(**selection.chosen.vectorizer_settings)
    return selection


def _first(settings: argparse.Namespace) -> Candidate:
    """Return the settings themselves as a candidate."""
    return Candidate(
        settings.profile,
        settings.term_frequency == "log",
        Weighting(Idf(settings.idf), settings.category_floor),
        settings.subject_weight,
        settings.classifier,
        settings.pair_weight,
        settings.keep_stop_words,
    )


def _grid(first: Candidate, ranges: dict[str, list[object]]) -> list[Candidate]:
    try:
        return grid(first, ranges)
    except (ValueError, TypeError) as error:
        raise JobRefused(f"hyperparameters: ranges: {error}") from error


def _records(settings: argparse.Namespace) -> TrialRecords:
    """Return the records of trials on this data, with these settings, by this code."""
    fixed = settings.ordered, settings.tokens, settings.stripped_copies
    digest = hashlib.sha256(repr(fixed).encode())
    for place, pattern in (
        (settings.train, "**/*.csv"),
        (settings.stopwords, "*.txt"),
        (Path(__file__).parent, "**/*.py"),
    ):
        for path in sorted(place.glob(pattern)):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return TrialRecords(checkpoint_directory() / f"trials-{digest.hexdigest()[:16]}.jsonl")


def _figures(rows: sp.csr_matrix, training: TrainingTexts) -> dict[str, float]:
    n_rows, n_features = rows.shape
    return {
        "n_records": training.n_records,
        **({"n_copies": len(training.copied)} if training.copied else {}),
        "n_features": n_features,
        "n_nonzero": rows.nnz,
        "nonzero_per_row": round(rows.nnz / n_rows, 2),
    }


def _save(
    settings: argparse.Namespace,
    vectorizer: TextVectorizer,
    stop_words: StopWords,
    figures: dict[str, float],
    selection: Selection | None,
) -> None:
    settings.output_data_dir.mkdir(parents=True, exist_ok=True)
    (settings.output_data_dir / "metrics.json").write_text(json.dumps(figures) + "\n", encoding="utf-8")
    save_code(settings.model_dir)
    save_estimator(settings.model_dir, vectorizer.stock_vectorizer() or vectorizer)
    fingerprint = save_serving(settings.model_dir / "serving", vectorizer.fitted_terms())
    hyperparameters = vectorizer.get_params()
    del hyperparameters["stop_words"]
    facts = {
        "kind": "preprocessor",
        "profile": settings.profile,
        "dataset": settings.dataset,
        "hyperparameters": {**hyperparameters, "stripped_copies": settings.stripped_copies, "choose": settings.choose},
        **({"selection": selection.as_dict()} if selection else {}),
        "stop_words": {"source": stop_words.source, "count": len(stop_words.words), "sha256": stop_words.sha256},
        **figures,
        "fingerprint": fingerprint,
    }
    save_manifest(settings.model_dir, facts)


def _check(model_dir: Path, vectorizer: TextVectorizer, texts: list[str]) -> None:
    """Hold what will serve to the estimator that people load: the same rows, to the last bit."""
    expected = (vectorizer.stock_vectorizer() or vectorizer).transform(texts)
    served = sp.vstack(
        [
            sp.csr_matrix((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.n_features))
            for rows in load_serving(model_dir / "serving").terms.rows(texts)
        ]
    )
    if (served != expected).nnz or not np.array_equal(served.indices, expected.indices):
        raise RuntimeError("the serving form does not answer as model.joblib does")


if __name__ == "__main__":
    run_job(main)
