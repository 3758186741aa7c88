"""The records that settings are chosen by: all of a small corpus, of a large one always the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pyspark.sql import SparkSession

from preprocessor.features.text_parts import stripped_copies
from preprocessor.job.training_texts import TrainingTexts

from .corpus import Columns, Part, Records, read_part
from .tasks import Piece, collected, each_part

LARGE = 256 * 2**20
"""Bytes; of a larger corpus settings are chosen by some records."""
SAMPLE_BYTES = 32 * 2**20


def sampled(spark: SparkSession, parts: tuple[Part, ...], columns: Columns, with_copies: bool) -> TrainingTexts:
    """Bring the records to choose by to the driver, with their copies behind them, as the training job has them."""
    size = sum(part.n_bytes for part in parts)
    share = 1.0 if size <= LARGE else SAMPLE_BYTES / size
    found = collected(each_part(spark, len(parts), partial(_records_of_part, parts, columns, share)))
    texts = [text for records in found for text in records.texts]
    categories = [category for records in found for category in records.categories]
    how = "all of them" if share == 1 else f"a sample of {share:.2%}, evenly spread"
    print(f"{len(texts):,} records to choose by: {how}", flush=True)
    copied, copies = stripped_copies(texts) if with_copies else ([], [])
    return TrainingTexts(texts + copies, categories + [categories[place] for place in copied], copied, len(parts))


def _records_of_part(parts: tuple[Part, ...], columns: Columns, share: float, number: int) -> Iterable[Piece]:
    records = read_part(parts[number], columns)
    chosen = evenly_spread(len(records.texts), share)
    yield 0, Records([records.texts[place] for place in chosen], [records.categories[place] for place in chosen])


def evenly_spread(n_records: int, share: float) -> list[int]:
    """Return the places of a share of the records."""
    return [place for place in range(n_records) if int((place + 1) * share) > int(place * share)]
