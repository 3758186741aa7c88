"""20 Newsgroups by date, as scikit-learn fetches it, in the form that a profile asks for."""

from __future__ import annotations

import re
from typing import Any

from pipeline.console import say
from pipeline.data.dataset import Dataset
from pipeline.data.downloading import SECONDS, DownloadFailed, patience
from pipeline.data.frame import make_frame
from pipeline.profiles import NewsgroupsText

NAME = "20newsgroups"
_SUBJECT = re.compile(r"^Subject:[ \t]*(.*(?:\n[ \t]+.*)*)", re.IGNORECASE | re.MULTILINE)


def load(text: NewsgroupsText) -> Dataset:
    """Load both splits (11,314 train and 7,532 test posts), downloading them once when they are not in
    `SCIKIT_LEARN_DATA`.

    Raises
    ------
    DownloadFailed
        If the posts are not cached and cannot be downloaded.
    """
    train, test = _fetch("train"), _fetch("test")
    dropped = {"header and empty lines": 0}
    frames = []
    for split in (train, test):
        posts = [_shorten(post, text) for post in split.data]
        dropped["header and empty lines"] += sum(
            before.count("\n") - after.count("\n") for before, after in zip(split.data, posts, strict=True)
        )
        categories = [split.target_names[label] for label in split.target]
        frames.append(make_frame(posts, [subject_of(post) for post in split.data], categories, split.target_names))
    return Dataset(NAME, frames[0], frames[1], dropped)


def subject_of(post: str) -> str:
    """Return the `Subject` field of a post's header block, unfolded (RFC 5322, section 2.2.3), or an empty string."""
    header, _, _ = post.partition("\n\n")
    found = _SUBJECT.search(header)
    return " ".join(found[1].split()) if found else ""


def _shorten(post: str, text: NewsgroupsText) -> str:
    lines = post.split("\n")[text.drop_first_lines :]
    return "\n".join(line for line in lines if line.strip() or not text.drop_empty_lines)


def _fetch(subset: str) -> Any:
    from sklearn.datasets import fetch_20newsgroups

    try:
        return fetch_20newsgroups(subset=subset, shuffle=False, download_if_missing=False)
    except OSError:
        say(
            "20 Newsgroups is not on this machine: downloading it (14 MB, kept for next time; "
            f"given up after {SECONDS:.0f} s without an answer, twice) ..."
        )
    try:
        with patience():
            return fetch_20newsgroups(subset=subset, shuffle=False, n_retries=1, delay=0.5)
    except OSError as error:
        raise DownloadFailed(f"20 Newsgroups could not be downloaded: {error}") from error
