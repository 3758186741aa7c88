"""Whether a model server still answers, asked by a process that may be short of file descriptors itself."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from local_sagemaker.containers.serving import health_check
from local_sagemaker.containers.serving.health_check import HealthCheck


def test_a_server_that_could_not_be_asked_has_left_nothing_unanswered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(address: Path) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    one = HealthCheck(tmp_path / "s", b"", interval=0.0)
    with monkeypatch.context() as patch:
        patch.setattr(health_check, "Connection", refuse)
        assert [one.seconds_unanswered() for _ in range(3)] == [0.0, 0.0, 0.0]
    one.seconds_unanswered()  # now it is asked, and nobody is there
    assert one.seconds_unanswered() > 0.0
    one.close()


def test_time_unanswered_before_a_shortage_counts_on_through_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    one = HealthCheck(tmp_path / "s", b"", interval=0.0)
    one.seconds_unanswered()
    before = one.seconds_unanswered()
    monkeypatch.setattr(socket, "socket", refuse)
    assert one.seconds_unanswered() > before > 0.0
    one.close()
