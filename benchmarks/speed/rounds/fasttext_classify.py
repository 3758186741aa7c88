"""A round: fastText names the categories of the test split: `fasttext_classify.py <corpus.json> <where to keep the
model> [cleaned]`; with `cleaned` the texts are cleaned before, outside the round.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import fasttext
from plain_clean import clean
from rounds_protocol import corpus_and_rounds


def train(path: Path, texts: list[str], categories: list[str]) -> None:
    """Fit and keep a model."""
    with tempfile.TemporaryDirectory() as directory:
        lines = Path(directory) / "train.txt"
        lines.write_text("".join(f"__label__{name} {text}\n" for text, name in zip(texts, categories, strict=True)))
        fasttext.train_supervised(str(lines), lr=0.5, epoch=10, thread=2, verbose=0).save_model(str(path))


if __name__ == "__main__":
    data, rounds = corpus_and_rounds()
    left_out, cleaned = frozenset(data["stop_words"]), sys.argv[3:] == ["cleaned"]

    def prepared(texts: list[str]) -> list[str]:
        """Put each text on one line, cleaned or as it is."""
        return [clean(text, left_out) if cleaned else " ".join(text.split()) for text in texts]

    path = Path(sys.argv[2])
    if not path.exists():
        train(path, prepared(data["train"]), data["categories"])
    model, texts = fasttext.load_model(str(path)), prepared(data["test"])
    rounds(lambda: model.predict(texts))
