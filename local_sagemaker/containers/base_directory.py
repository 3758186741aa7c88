"""A container's own `/opt/ml`: where its files lie, and how a path that names `/opt/ml` is found there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from local_sagemaker.containers import namespaces
from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.namespaces import Namespace

OPT_ML = PurePosixPath("/opt/ml")


@dataclass(frozen=True, slots=True)
class BaseDirectory:
    """The tree below `$SAGEMAKER_BASE_DIR`, laid out as AWS lays out `/opt/ml`.

    Parameters
    ----------
    root : Path
        Where it lies on this machine.
    is_opt_ml : bool
        Whether the container's processes see it as `/opt/ml`, in a mount namespace of theirs.
    """

    root: Path
    is_opt_ml: bool = False

    @classmethod
    def of_container(cls, root: Path) -> BaseDirectory:
        """Give a container this base directory, as its `/opt/ml` where that can be had."""
        return cls(root.absolute(), namespaces.unavailable() is None)

    def namespace(self, network: bool = True, root: Path | None = None) -> Namespace | None:
        """What the container's processes are to be started in (`ProcessGroup`); None without namespaces."""
        return Namespace(self.root, network, root) if self.is_opt_ml else None

    @property
    def inside(self) -> BaseDirectory:
        """The same tree by the paths that the container's processes see: what variables and arguments are made of."""
        return BaseDirectory(Path(OPT_ML)) if self.is_opt_ml else self

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

    def create_root(self, root: Path) -> None:
        """Make an empty directory that is the container's `/`, or where it has none of its own, its working directory:
        `opt/ml/…` is found from there at least.
        """
        root.mkdir(mode=0o700)
        if not self.is_opt_ml:
            (root / OPT_ML.parent.relative_to("/")).mkdir()
            (root / OPT_ML.relative_to("/")).symlink_to(self.root)

    def map(self, value: str) -> str:
        """Give the container's path for a value that names `/opt/ml` or something below; other values stay as they are.

        Raises
        ------
        ContainerFailed
            If the path leads out of `/opt/ml`.
        """
        return value if self.is_opt_ml else self.locate(value)

    def locate(self, value: str) -> str:
        """Give this process's path for a value that names `/opt/ml` or something below; others stay as they are.

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
