"""20 Newsgroups by date, as scikit-learn fetches it, in the form that a profile asks for."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.console import say
from pipeline.data.dataset import Bundled, Dataset, Summary
from pipeline.data.downloading import SECONDS, DownloadFailed, network_timeout
from pipeline.data.frame import labelled
from pipeline.profiles import NewsgroupsText

NAME = "20newsgroups"
_SUBJECT = re.compile(r"^Subject:[ \t]*(.*(?:\n[ \t]+.*)*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Newsgroups(Dataset):
    """Both splits, read and written in a process of its own: scikit-learn's import and the work on the posts take as
    long as the import of the SDK, which commands do meanwhile.
    """

    text: NewsgroupsText

    def write(self, train: Path, test: Path) -> Summary:
        """Write both splits; raises as `load` does. Ctrl-C ends that process at once, without a word of its own."""
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            try:
                return _begun_without_interrupts(lambda: pool.submit(_write, self.text, train, test)).result()
            except KeyboardInterrupt:
                for process in active_children():
                    process.terminate()
                raise


def _begun_without_interrupts(begin: Callable[[], Future[Summary]]) -> Future[Summary]:
    """Begin what a Ctrl-C in the terminal does not reach; this process gets one that came meanwhile right after."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        return begin()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _write(text: NewsgroupsText, train: Path, test: Path) -> Summary:
    return load(text).write(train, test)


def load(text: NewsgroupsText) -> Bundled:
    """Load both splits (11,314 train and 7,532 test posts), downloading them once when they are not in
    `SCIKIT_LEARN_DATA`. The train posts come in the order of time, each category spread over all of it.

    Raises
    ------
    DownloadFailed
        If the posts are not cached and cannot be downloaded.
    """
    train, test = _fetch("train"), _fetch("test")
    dropped = {"header and empty lines": 0}
    splits = []
    for split, order in ((train, in_order_of_time(train)), (test, np.arange(len(test.data)))):
        whole = [split.data[position] for position in order]
        posts = whole if text == NewsgroupsText() else [_shorten(post, text) for post in whole]
        dropped["header and empty lines"] += sum(
            before.count("\n") - after.count("\n") for before, after in zip(whole, posts, strict=True)
        )
        categories = [split.target_names[label] for label in split.target[order]]
        splits.append(list(labelled(posts, map(subject_of, whole), categories, split.target_names)))
    return Bundled(NAME, train.target_names, splits[0], splits[1], dropped, is_ordered=True)


def in_order_of_time(split: Any) -> NDArray[np.intp]:
    """Return the positions of a split's posts in the order of time.

    A post's file is named by its number in its newsgroup, and a newsgroup counts its posts as they come in. Numbers of
    different newsgroups say nothing of each other, so what counts is how far on in its own newsgroup a post stands.
    """
    numbers = np.array([int(Path(name).name) for name in split.filenames])
    progress = np.empty(len(numbers))
    for label in range(len(split.target_names)):
        posts = np.flatnonzero(split.target == label)
        progress[posts[np.argsort(numbers[posts])]] = (np.arange(len(posts)) + 0.5) / len(posts)
    return np.argsort(progress, kind="stable")


def subject_of(post: str) -> str:
    """Return the `Subject` field of a post's header block, unfolded (RFC 5322, section 2.2.3), or an empty string."""
    header, _, _ = post.partition("\n\n")
    found = _SUBJECT.search(header)
    return " ".join(found[1].split()) if found else ""


def _shorten(post: str, text: NewsgroupsText) -> str:
    lines = post.split("\n")[text.drop_first_lines :]
    return "\n".join(line for line in lines if line.strip() or not text.drop_empty_lines)


def _fetch(subset: str) -> Any:
    from preprocessor_container.preprocessor.job import scikit_learn  # noqa: F401, I001  (half of the import's time)
    from sklearn.datasets import fetch_20newsgroups

    try:
        return fetch_20newsgroups(subset=subset, shuffle=False, download_if_missing=False)
    except OSError:
        say(
            "20 Newsgroups is not on this machine: downloading it (14 MB, kept for next time; "
            f"given up after {SECONDS:.0f} s without an answer, twice) ..."
        )
    try:
        with network_timeout():
            return fetch_20newsgroups(subset=subset, shuffle=False, n_retries=1, delay=0.5)
    except OSError as error:
        raise DownloadFailed(f"20 Newsgroups could not be downloaded: {error}") from error
