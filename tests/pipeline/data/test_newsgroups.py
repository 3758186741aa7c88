"""20 Newsgroups in the form that a profile asks for."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from pipeline.data.newsgroups import in_order_of_time, load, subject_of
from pipeline.profiles import NewsgroupsText
from tests.container_sources import CHECKOUT
from tests.local_sagemaker.sagemaker.processes import until

HAVE_POSTS = (
    Path(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")).expanduser() / "20news-bydate_py3.pkz"
).is_file()


@pytest.mark.parametrize(
    ("post", "subject"),
    [
        ("From: a\nSubject: Re: disks\nLines: 2\n\nbody", "Re: disks"),
        ("From: a\nsubject:  folded\n  over lines\n\nbody", "folded over lines"),
        ("From: a\n\nSubject: in the body", ""),
        ("", ""),
    ],
)
def test_subject_is_the_header_field(post: str, subject: str) -> None:
    assert subject_of(post) == subject


@pytest.mark.newsgroups
@pytest.mark.skipif(not HAVE_POSTS, reason="20 Newsgroups is not in SCIKIT_LEARN_DATA")
def test_seed_drops_five_lines_and_empty_ones() -> None:
    dataset = load(NewsgroupsText(drop_first_lines=5, drop_empty_lines=True))
    assert (len(dataset.train), len(dataset.test), len(dataset.categories)) == (11_314, 7_532, 20)
    assert not any(re.search(r"\n\s*\n", record.text) for record in dataset.train)
    assert "Re: Cubs behind Marlins? How?" in {record.subject for record in dataset.train}
    assert dataset.dropped["header and empty lines"] > 11_314


def test_posts_are_ordered_by_how_far_on_they_are_in_their_own_newsgroup() -> None:
    names = ["b/103", "a/9001", "a/9000", "b/101", "b/102"]
    split = SimpleNamespace(filenames=names, target=np.array([1, 0, 0, 1, 1]), target_names=["a", "b"])
    assert [names[position] for position in in_order_of_time(split)] == ["b/101", "a/9000", "b/102", "a/9001", "b/103"]


@pytest.fixture
def heard_interrupts() -> Iterator[None]:
    """Let processes that are started hear Ctrl-C: who runs the tests in the background has it ignored, and so would
    they.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_interrupts")
def test_ctrl_c_is_one_line_while_the_posts_are_read_beside(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "prepare", "--dataset", "20newsgroups"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as preparing:
        seen: list[psutil.Process] = []

        def reads_beside() -> bool:
            children = psutil.Process(preparing.pid).children()
            seen[:] = [child for child in children if "multiprocessing.spawn" in " ".join(child.cmdline())]
            return bool(seen)

        until(reads_beside)
        os.killpg(preparing.pid, signal.SIGINT)  # as a terminal sends it
        _, said = preparing.communicate(timeout=60)
    assert preparing.returncode == 130
    assert said.splitlines()[-1] == "Error: Interrupted."
    assert "Traceback" not in said
    assert not any(child.is_running() for child in seen)
    assert list(tmp_path.glob("prepared/*/*")) == []
