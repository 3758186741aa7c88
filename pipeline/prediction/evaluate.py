"""`evaluate`: the test split through the deployed pipeline, and what scikit-learn's metrics say of the answers."""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.artefacts.runs import Run
from pipeline.artefacts.source_code import Container
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, download
from pipeline.console import progress
from pipeline.data.frame import count_records, read_records
from pipeline.jobs.staged_parts import staged
from pipeline.prediction.invoke import Prediction, classify_csv

_RECORDS_A_REQUEST = 100
_BYTES_A_REQUEST = 2**20
_CLIENTS = 4


class InferenceOption(StrEnum):
    """How the records reach the pipeline."""

    ENDPOINT = "endpoint"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """One category's part; `support` is its number of test records."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the pipeline scores on the test split of the run that it serves."""

    run: str
    dataset: str
    profile: str
    way: InferenceOption
    records: int
    vocabulary: int
    nonzeros: int
    """Of the train split's matrix."""
    accuracy: float
    macro_f1: float
    per_category: dict[str, CategoryScore]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return it as lines for people."""
        width = max(len(name) for name in self.per_category)
        table = [
            f"{name:<{width}}  {score.precision:9.4f}  {score.recall:6.4f}  {score.f1:6.4f}  {score.support:7,}"
            for name, score in self.per_category.items()
        ]
        return [
            f"{self.dataset}, profile {self.profile}, run {self.run}: {self.records:,} test records by {self.way}",
            f"vocabulary {self.vocabulary:,}, {self.nonzeros:,} non-zeros in the train split",
            f"accuracy {self.accuracy}",
            f"macro-F1 {self.macro_f1}",
            f"{'category':<{width}}  precision  recall      F1  support",
            *table,
        ]


def evaluate(session: Session, run: Run, model_name: str, option: InferenceOption) -> Evaluation:
    """Classify the test split of `run` and score the answers, of which none is kept.

    Raises
    ------
    NotReady
        If there is no endpoint and `option` needs one.
    JobFailed
        If the batch transform failed.
    """
    with answered_test_split(session, run, model_name, option) as answers:
        counts = Counter((truth, prediction.category) for truth, prediction in answers)
    return score(run, option, counts)


@contextmanager
def answered_test_split(
    session: Session, run: Run, model_name: str, option: InferenceOption
) -> Iterator[Iterator[tuple[str, Prediction]]]:
    """Give each test record's category and what the pipeline says of it, in order; raises as `evaluate` does."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "test.csv"
        download(session.s3, Location.parse(run.test_uri), path)
        texts = (record.text for record in read_records(path))
        truth = (record.category for record in read_records(path))
        with _answered(session, model_name, texts, count_records(path), option) as predictions:
            yield zip(truth, predictions, strict=True)


def classify(session: Session, model_name: str, texts: Sequence[str], option: InferenceOption) -> list[Prediction]:
    """Let the deployed pipeline classify `texts`, in order; raises as `evaluate` does."""
    with _answered(session, model_name, iter(texts), len(texts), option) as predictions:
        return list(predictions)


@contextmanager
def _answered(
    session: Session, model_name: str, texts: Iterator[str], n_texts: int, option: InferenceOption
) -> Iterator[Iterator[Prediction]]:
    if option is InferenceOption.ENDPOINT:
        with closing(_by_endpoint(session, texts, n_texts)) as predictions:
            yield predictions
        return
    from pipeline.prediction import staged_texts  # the SDK comes with it, which takes seconds

    with staged_texts.classified(session, model_name, texts) as answers:
        yield answers


def _by_endpoint(session: Session, texts: Iterator[str], n_texts: int) -> Generator[Prediction]:
    """Ask for some requests' worth of texts at a time, and yield the answers as they are taken."""
    _ = session.runtime  # one client, made before the threads share it
    with ThreadPoolExecutor(_CLIENTS) as pool, progress(n_texts, "records", "classifying") as bar:
        waiting: deque[Future[list[Prediction]]] = deque()
        try:
            for chunk in _chunks(texts):
                waiting.append(pool.submit(classify_csv, session, staged(chunk)))
                if len(waiting) >= 2 * _CLIENTS:
                    yield from _taken(waiting, bar)
            while waiting:
                yield from _taken(waiting, bar)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _taken(waiting: deque[Future[list[Prediction]]], bar: Any) -> list[Prediction]:
    predictions = waiting.popleft().result()
    bar.update(len(predictions))
    return predictions


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    """Group texts into requests of bounded count and size."""
    chunk: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if chunk and (len(chunk) == _RECORDS_A_REQUEST or size + length > _BYTES_A_REQUEST):
            yield chunk
            chunk, size = [], 0
        chunk.append(text)
        size += length
    if chunk:
        yield chunk


def score(run: Run, option: InferenceOption, counts: Mapping[tuple[str, str], int]) -> Evaluation:
    """Compare the answers with the truth, over all and for each category.

    Parameters
    ----------
    run : Run
        What was tested.
    option : InferenceOption
        How it was asked.
    counts : mapping
        (category, answer) → records.
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    categories, n_of = run.categories, list(counts.values())
    truth, answers = [actual for actual, _ in counts], [answer for _, answer in counts]
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, answers, labels=categories, zero_division=0.0, sample_weight=n_of
    )
    seen = support > 0
    features = run.artefacts[Container.PREPROCESSOR].manifest
    return Evaluation(
        run=run.id,
        dataset=run.dataset,
        profile=run.profile,
        way=option,
        records=sum(n_of),
        vocabulary=features["n_features"],
        nonzeros=features["n_nonzero"],
        accuracy=float(accuracy_score(truth, answers, sample_weight=n_of)),
        macro_f1=float(f1[seen].mean()),
        per_category={
            name: CategoryScore(float(p), float(r), float(f), int(n))
            for name, p, r, f, n in zip(categories, precision, recall, f1, support, strict=True)
        },
    )
