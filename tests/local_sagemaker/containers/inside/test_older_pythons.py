"""What runs inside a container runs in the image's Python, which may be older than the server's."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from local_sagemaker.containers.images.catalogue import shipped_images
from local_sagemaker.containers.stand_ins import STAND_INS

INSIDE = STAND_INS.parent
BY_THE_SERVER = {"guard.py", "namespace.py", "root.py", "relay.py"}
"""These the server's own Python runs."""

FILES = [path for path in sorted(INSIDE.rglob("*.py")) if path.name not in BY_THE_SERVER]
OLDEST = min(tuple(map(int, str(image.python).split("."))) for image in shipped_images())


def test_the_oldest_image_is_the_one_that_the_files_are_written_for() -> None:
    assert OLDEST == (3, 7)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(INSIDE)))
def test_a_file_is_written_for_the_oldest_image(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=OLDEST)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            assert not isinstance(node.args[1], ast.BinOp), f"line {node.lineno}: unions came with Python 3.10"
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("zip", "dataclass"):
            too_new = {keyword.arg for keyword in node.keywords} & {"slots", "kw_only", "strict"}
            assert not too_new, f"line {node.lineno}: {too_new} came with Python 3.10"
        if isinstance(node, ast.ImportFrom) and node.module == "functools":
            assert "cache" not in {name.name for name in node.names}, f"line {node.lineno}: it came with Python 3.9"
        if isinstance(node, ast.AugAssign):
            assert not (isinstance(node.op, ast.BitOr) and isinstance(node.value, ast.Dict)), f"line {node.lineno}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("removeprefix", "removesuffix"), f"line {node.lineno}: it came with Python 3.9"
