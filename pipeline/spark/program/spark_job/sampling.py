"""The records that settings are chosen by: all of a small corpus, of a large one always the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from pyspark.sql import SparkSession

from preprocessor.job.training_texts import LARGE
from preprocessor.streaming.sample import SAMPLE_BYTES

from .corpus import Columns, Part, Records, read_part
from .tasks import Piece, collected, each_part


@dataclass(frozen=True, slots=True)
class Sample:
    """The records to choose by, in order, and how many there are in all."""

    records: Records
    n_records: int


def sampled(spark: SparkSession, parts: tuple[Part, ...], columns: Columns) -> Sample:
    """Bring the records to choose by to the driver: of a corpus that the training job holds in memory, all."""
    size = sum(part.n_bytes for part in parts)
    share = 1.0 if size <= LARGE else SAMPLE_BYTES / size
    found: list[Sample] = collected(each_part(spark, len(parts), partial(_sample_of_part, parts, columns, share)))
    texts = [text for sample in found for text in sample.records.texts]
    categories = [category for sample in found for category in sample.records.categories]
    n_records = sum(sample.n_records for sample in found)
    print(f"choosing by {len(texts):,} of {n_records:,} records", flush=True)
    return Sample(Records(texts, categories), n_records)


def _sample_of_part(parts: tuple[Part, ...], columns: Columns, share: float, number: int) -> Iterable[Piece]:
    records = read_part(parts[number], columns)
    chosen = evenly_spread(len(records.texts), share)
    some = Records([records.texts[place] for place in chosen], [records.categories[place] for place in chosen])
    yield 0, Sample(some, len(records.texts))


def evenly_spread(n_records: int, share: float) -> list[int]:
    """Return the places of a share of the records."""
    return [place for place in range(n_records) if int((place + 1) * share) > int(place * share)]
