"""A container's own /opt/ml."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_sagemaker.containers import ContainerFailed
from local_sagemaker.containers.base_directory import BaseDirectory


@pytest.mark.parametrize(
    ("value", "mapped"),
    [
        ("/opt/ml", "/b"),
        ("/opt/ml/", "/b"),
        ("/opt/ml/model/code", "/b/model/code"),
        ("/opt/mlx", "/opt/mlx"),
        ("see /opt/ml/model", "see /opt/ml/model"),
        ("s3://bucket/opt/ml", "s3://bucket/opt/ml"),
        ("", ""),
    ],
)
def test_values_that_name_opt_ml_are_mapped(value: str, mapped: str) -> None:
    assert BaseDirectory(Path("/b")).map(value) == mapped


def test_a_path_out_of_opt_ml_is_refused() -> None:
    with pytest.raises(ContainerFailed, match="leads out"):
        BaseDirectory(Path("/b")).map("/opt/ml/../../etc/passwd")


def test_directories_are_private_and_made_anew(tmp_path: Path) -> None:
    base = BaseDirectory(tmp_path / "deep" / "base")
    base.create(base.model)
    (base.model / "old").touch()
    base.create(base.model)
    assert not list(base.model.iterdir())
    assert base.root.stat().st_mode & 0o777 == 0o700
