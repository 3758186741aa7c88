"""Where the local SageMaker keeps what must outlive it: one directory a project or a user, private to the user."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_VARIABLE = "SAGEMAKER_LOCAL_STATE"
_IN_PROJECT = ".local-sagemaker"


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """The directory and what has its place in it."""

    root: Path

    @classmethod
    def default(cls) -> StateDirectory:
        """Return the one that `SAGEMAKER_LOCAL_STATE` names; else the current project's; else the user's.

        A project's is the folder `.local-sagemaker`, where the working directory or one above it has one that belongs
        to the user. The user's is in the platform's directory for the data of applications.
        """
        return cls._named() or cls._of_working_directory() or cls(_user_data())

    @classmethod
    def of_project(cls, folder: Path) -> StateDirectory:
        """Return the one that `SAGEMAKER_LOCAL_STATE` names, else the project's own, whether it is there yet or not.

        Parameters
        ----------
        folder : Path
            The project's folder.
        """
        return cls._named() or cls(folder / _IN_PROJECT)

    @classmethod
    def _named(cls) -> StateDirectory | None:
        named = os.environ.get(_VARIABLE)
        return cls(Path(named).resolve()) if named else None

    @classmethod
    def _of_working_directory(cls) -> StateDirectory | None:
        here = Path.cwd()
        places = (folder / _IN_PROJECT for folder in (here, *here.parents))
        return next((cls(place) for place in places if place.is_dir() and place.stat().st_uid == os.getuid()), None)

    @property
    def database(self) -> Path:
        """The SQLite file: everything but the objects' bytes."""
        return self.root / "state.sqlite"

    @property
    def objects(self) -> Path:
        """The data files of S3 objects, named by opaque ids."""
        return self.root / "objects"

    @property
    def work(self) -> Path:
        """The containers' base directories."""
        return self.root / "work"

    @property
    def artefacts(self) -> Path:
        """The endpoints' own copies of their model artefacts, which outlive the objects in S3."""
        return self.root / "artefacts"

    @property
    def requirements(self) -> Path:
        """What source folders' `requirements.txt` installed, by content."""
        return self.root / "requirements"

    @property
    def images(self) -> Path:
        """The user's own images: files of the catalogue, beside those that `SAGEMAKER_LOCAL_IMAGES` names."""
        return self.root / "images"

    @property
    def server_file(self) -> Path:
        """Says where the running server is; written when it listens, removed when it stops."""
        return self.root / "server.json"

    @property
    def port_file(self) -> Path:
        """The port of the last server: the next one takes it again when it is free, so exported URLs stay true."""
        return self.root / "port"

    @property
    def server_lock(self) -> Path:
        """Locked as long as a server runs."""
        return self.root / "server.lock"

    @property
    def start_lock(self) -> Path:
        """Locked by a command that starts or stops the server."""
        return self.root / "start.lock"

    @property
    def log_file(self) -> Path:
        """The server's own log."""
        return self.root / "server.log"

    def create(self) -> None:
        """Make the directories that are not there yet, and keep other users out.

        Raises
        ------
        OSError
            If the place cannot be written to.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)
        for directory in (self.objects, self.work, self.artefacts, self.requirements):
            directory.mkdir(mode=0o700, exist_ok=True)


def _user_data() -> Path:
    from platformdirs import user_data_path

    return user_data_path("local-sagemaker")
