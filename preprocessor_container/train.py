"""Training the preprocessor: arguments, read, fit, check, save. SageMaker runs this as a script
(`sagemaker_program=train.py`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from model_artefact import save_code, save_estimator, save_manifest
from preprocessor_errors import JobRefused
from serving_files import load_serving, save_serving
from text_vectorizer import TextVectorizer
from tokens import TokenKind
from training_data import LabelledTexts, StopWords, read_stop_words, read_texts
from training_job import SettingsParser, channel, model_directory, output_data_directory, run_job

_CHECKED_TEXTS = 200


def main() -> None:
    """Read the channels, fit, check that the serving form answers as the estimator does, save the model artefact."""
    settings = _arguments()
    data = read_texts(settings.train, settings.text_column, settings.label_column)
    stop_words = read_stop_words(settings.stopwords)
    print(f"read {len(data.texts)} records from {data.n_files} file(s), {len(stop_words.words)} stop words", flush=True)
    vectorizer = TextVectorizer(tokens=settings.tokens, stop_words=stop_words.words)
    rows = _fit(vectorizer, data)
    figures = _figures(rows)
    print(" ".join(f"{name}={value};" for name, value in figures.items()), flush=True)
    _save(settings, vectorizer, stop_words, figures)
    _check(settings.model_dir, vectorizer, data.texts[:_CHECKED_TEXTS])


def _arguments() -> argparse.Namespace:
    parser = SettingsParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--profile", default="seed", help="name of the settings, for the manifest")
    parser.add_argument("--dataset", default="unnamed", help="name of the data, for the manifest")
    parser.add_argument(
        "--tokens", default=TokenKind.LETTERS, choices=[kind.value for kind in TokenKind], help="what counts as a token"
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


def _fit(vectorizer: TextVectorizer, data: LabelledTexts) -> sp.csr_matrix:
    try:
        return vectorizer.fit_transform(data.texts, data.categories)
    except ValueError as error:
        raise JobRefused(f"channel train: {error}; give it texts with words in them") from error


def _figures(rows: sp.csr_matrix) -> dict[str, float]:
    n_records, n_features = rows.shape
    return {
        "n_records": n_records,
        "n_features": n_features,
        "n_nonzero": rows.nnz,
        "nonzero_per_row": round(rows.nnz / n_records, 2),
    }


def _save(
    settings: argparse.Namespace, vectorizer: TextVectorizer, stop_words: StopWords, figures: dict[str, float]
) -> None:
    settings.output_data_dir.mkdir(parents=True, exist_ok=True)
    (settings.output_data_dir / "metrics.json").write_text(json.dumps(figures) + "\n", encoding="utf-8")
    save_code(settings.model_dir)
    save_estimator(settings.model_dir, vectorizer.stock_vectorizer())
    fingerprint = save_serving(settings.model_dir / "serving", TokenKind(vectorizer.tokens), vectorizer.fitted_terms())
    facts = {
        "kind": "preprocessor",
        "profile": settings.profile,
        "dataset": settings.dataset,
        "hyperparameters": {"tokens": vectorizer.tokens},
        "stop_words": {"source": stop_words.source, "count": len(stop_words.words), "sha256": stop_words.sha256},
        **figures,
        "fingerprint": fingerprint,
    }
    save_manifest(settings.model_dir, facts)


def _check(model_dir: Path, vectorizer: TextVectorizer, texts: list[str]) -> None:
    """Hold what will serve to the estimator that people load: the same rows, to the last bit."""
    expected = vectorizer.stock_vectorizer().transform(texts)
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
