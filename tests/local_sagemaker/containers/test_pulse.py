"""Whether a model server still answers, felt by a process that may be short of file descriptors itself."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from local_sagemaker.containers.serving import pulse
from local_sagemaker.containers.serving.pulse import Pulse


def test_a_server_that_could_not_be_asked_has_not_been_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(address: Path) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    one = Pulse(tmp_path / "s", b"", every=0.0)
    with monkeypatch.context() as patch:
        patch.setattr(pulse, "Connection", refuse)
        assert [one.silence() for _ in range(3)] == [0.0, 0.0, 0.0]
    one.silence()  # now it is asked, and nobody is there
    assert one.silence() > 0.0
    one.close()


def test_silence_before_a_shortage_counts_on_through_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    one = Pulse(tmp_path / "s", b"", every=0.0)
    one.silence()
    before = one.silence()
    monkeypatch.setattr(socket, "socket", refuse)
    assert one.silence() > before > 0.0
    one.close()
