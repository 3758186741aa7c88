"""Reading the training texts in another process gives what reading them in this one gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from preprocessor_container.preprocessor.errors import JobRefused
from preprocessor_container.preprocessor.features.tokens import TokenKind
from preprocessor_container.preprocessor.job import training_texts
from preprocessor_container.preprocessor.job.training_texts import Source, begin_reading


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setattr(training_texts, "_SMALL", 0)
    monkeypatch.setenv("SM_NUM_CPUS", "2")
    text = '"Subject: red fox\n\nruns far\n> said before",animals\n'
    (tmp_path / "train.csv").write_text("data,label_names\n" + text + '"  ",none\n' + text, encoding="utf-8")
    return Source(tmp_path, "data", "label_names", with_copies=True, tokens=TokenKind.WORDS, with_subjects=True)


def test_another_process_reads_the_same(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    training, tokens = begin_reading(source).result()
    monkeypatch.setenv("SM_NUM_CPUS", "1")
    expected, expected_tokens = begin_reading(source).result()
    assert training == expected
    assert training.copied == [0, 2]
    assert (tokens.distinct, tokens.n_texts) == (expected_tokens.distinct, 5)
    for name in ("numbers", "texts", "runs"):
        found, wanted = getattr(tokens, name), getattr(expected_tokens, name)
        assert found.dtype == wanted.dtype
        assert np.array_equal(found, wanted)


def test_what_another_process_refuses_is_refused_here(source: Source) -> None:
    (source.directory / "train.csv").write_text("data,label_names\nalone\n", encoding="utf-8")
    with pytest.raises(JobRefused, match=r"train.csv, line 2: 1 columns"):
        begin_reading(source).result()
