"""A container's own `/opt/ml`: where its files lie, and how a path that names `/opt/ml` is found there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from local_sagemaker.containers.errors import ContainerFailed

OPT_ML = PurePosixPath("/opt/ml")


@dataclass(frozen=True, slots=True)
class BaseDirectory:
    """The tree below `$SAGEMAKER_BASE_DIR`, laid out as AWS lays out `/opt/ml`."""

    root: Path

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def code(self) -> Path:
        return self.root / "code"

    @property
    def input(self) -> Path:
        return self.root / "input"

    @property
    def configuration(self) -> Path:
        return self.input / "config"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def output_data(self) -> Path:
        return self.output / "data"

    @property
    def failure(self) -> Path:
        """What a training script, or the model server's start, says about its failure."""
        return self.output / "failure"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    def channel(self, name: str) -> Path:
        return self.input / "data" / name

    def create(self, *directories: Path) -> None:
        """Make the tree (private to the user) and the directories given, each new and empty."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (*directories, self.temporary):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(mode=0o700, parents=True)

    def map(self, value: str) -> str:
        """Give the local path for a value that names `/opt/ml` or something below; other values stay as they are.

        Raises
        ------
        ContainerFailed
            If the path leads out of `/opt/ml`.
        """
        path = PurePosixPath(value)
        if not path.is_relative_to(OPT_ML):
            return value
        if ".." in path.parts:
            raise ContainerFailed(f"{value} leads out of {OPT_ML}")
        return str(self.root / path.relative_to(OPT_ML))
