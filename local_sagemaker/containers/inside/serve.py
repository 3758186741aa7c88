"""The process of a serving container: gunicorn with gevent workers on a socket that is already bound, as in the image.

`serve.py <file descriptor of the socket>`, run by its path with `python -P`, so that nothing of this project can be
imported by user code. The user's module lies in `$SAGEMAKER_BASE_DIR/code`; each worker imports it and loads the model
before it takes requests. If that fails the whole container ends, and the reason is in `output/failure`.
"""

from __future__ import annotations

import importlib
import logging
import mmap
import multiprocessing
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])

KEEP_ALIVE = 24 * 3600
"""Seconds that an idle connection is kept; the only client is the local SageMaker."""

_serving = mmap.mmap(-1, 1)
"""Shared by the master and its workers: 1 when a worker has loaded its model."""


class ModelServer(BaseApplication):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn, configured as the image's launcher configures it."""

    def __init__(self, socket: int) -> None:
        self._socket = socket
        super().__init__()

    def load_config(self) -> None:
        workers = int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or multiprocessing.cpu_count())
        settings: dict[str, Any] = {
            "bind": f"fd://{self._socket}",
            "child_exit": stop_unless_serving,
            "control_socket_disable": True,
            "graceful_timeout": 1,
            "keepalive": KEEP_ALIVE,
            "post_worker_init": lambda _: _serving.__setitem__(0, 1),
            "timeout": int(os.environ.get("SAGEMAKER_MODEL_SERVER_TIMEOUT") or 60),
            "worker_class": "gevent",
            "worker_connections": 1000 * workers,
            "workers": workers,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Import the user's module and load the model, in a worker."""
        logging.basicConfig(format="%(asctime)s %(levelname)s - %(name)s - %(message)s", level=logging.INFO)
        logging.getLogger("botocore").setLevel(logging.WARNING)
        sys.path.insert(0, str(BASE / "code"))
        try:
            serving = importlib.import_module("sagemaker_sklearn_container.serving")
            module = importlib.import_module(os.environ["SAGEMAKER_PROGRAM"].removesuffix(".py"))
            application: WSGIApplication = serving.ModelServerApplication(module, str(BASE / "model"))
        except BaseException as error:  # sys.exit in user code too: a worker that did not load must not be started anew
            has_said_why = isinstance(error, SystemExit)  # the module, in its own words: a trace would only bury them
            logging.error("the model could not be loaded: %s", error, exc_info=not has_said_why)
            (BASE / "output" / "failure").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
            raise SystemExit(Arbiter.WORKER_BOOT_ERROR) from error
        return application


def stop_unless_serving(_arbiter: Arbiter, _worker: Any) -> None:
    """End the container when a worker dies before any has ever served; gunicorn would start it anew for ever."""
    if not _serving[0]:
        raise HaltServer("A worker died while it loaded the model.", Arbiter.WORKER_BOOT_ERROR)


if __name__ == "__main__":
    ModelServer(int(sys.argv[1])).run()
