"""Training the preprocessor: arguments, read, fit, check, save. SageMaker runs this as a script
(`sagemaker_program=train.py`).
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from preprocessor.features.term_weighting import Idf
from preprocessor.features.tokens import TokenKind
from preprocessor.job.channels import read_stop_words, refuse_none
from preprocessor.job.settings import SettingsParser, boolean
from preprocessor.job.training_job import channel, model_directory, output_data_directory, run_job
from preprocessor.job.training_texts import LARGE, Source, begin_reading
from preprocessor.selection.candidates import Classifier
from preprocessor.streaming.chunks import channel_files, total_bytes


def main() -> None:
    """Read the channels, choose, fit, check that the serving form answers as the estimator does, save the artefact."""
    settings = read_arguments()
    source = _source(settings)
    paths = channel_files(source.directory)
    refuse_none(source.directory, paths, source.text_column, source.label_column)
    size = total_bytes(paths)
    how = "in chunks" if size > LARGE else "into memory"
    print(f"channel train: {size:,} bytes in {len(paths)} file(s), read {how} (up to {LARGE:,} bytes fit)", flush=True)
    if size > LARGE:
        _fit_streamed(settings, source)
    else:
        _fit_at_once(settings, source)


def _fit_streamed(settings: argparse.Namespace, source: Source) -> None:
    stop_words = read_stop_words(settings.stopwords)
    from preprocessor.job import scikit_learn  # noqa: F401
    from preprocessor.job.streamed_fit import fit_streamed

    fit_streamed(settings, stop_words, source)


def _fit_at_once(settings: argparse.Namespace, source: Source) -> None:
    reading = begin_reading(source)
    stop_words = read_stop_words(settings.stopwords)
    from preprocessor.job import scikit_learn  # noqa: F401  (seconds, in which the texts are read)
    from preprocessor.job.fitting import fit

    training, tokens = reading.result()
    print(
        f"read {training.n_records} records from {training.n_files} file(s), {len(stop_words.words)} stop words",
        flush=True,
    )
    fit(settings, stop_words, training, tokens)


def _source(settings: argparse.Namespace) -> Source:
    return Source(
        directory=settings.train,
        text_column=settings.text_column,
        label_column=settings.label_column,
        with_copies=settings.stripped_copies,
        tokens=TokenKind(settings.tokens),
        with_subjects=settings.subject_weight > 0,
    )


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the settings: those of the command line, or the given ones."""
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
    return parser.parse_args(arguments)


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


if __name__ == "__main__":
    run_job(main)
