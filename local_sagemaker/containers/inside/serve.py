"""The process of a serving container: gunicorn with gevent workers on a socket that is already bound, as in the image.

`serve.py <file descriptor of the socket>`, run by its path in the image's Python, from 3.7 on. Nothing of this project
can be imported by user code. It serves the WSGI application that `$SAGEMAKER_SERVING_MODULE` names; the images' own run
the user's module, which lies in `$SAGEMAKER_BASE_DIR/code`. Each worker has it imported and the model loaded before it
takes requests. If that fails the whole container ends, and the reason is in `output/failure`.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import mmap
import multiprocessing
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.util import import_app

try:
    from importlib import metadata
except ImportError:  # Python 3.7, whose gevent looks for its plugins in another way
    metadata = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])

RELOAD_FROM = os.environ.get("SAGEMAKER_LOCAL_RELOAD_FROM")
"""A folder that somebody is writing in: the code comes from there, and is loaded again whenever it changes."""

KEEP_ALIVE = 24 * 3600
"""Seconds that an idle connection is kept; the only client is the local SageMaker."""

_serving = mmap.mmap(-1, 1)
"""Shared by the master and its workers: 1 when a worker has loaded its model."""


class ModelServer(Application):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn, configured as the image's launcher configures it."""

    def __init__(self, socket: int) -> None:
        self._socket = socket
        super().__init__()

    def load_config(self) -> None:
        workers = int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or multiprocessing.cpu_count())
        own = self._settings_of_environment()
        settings: dict[str, Any] = {
            "bind": f"fd://{self._socket}",
            "child_exit": stop_unless_serving,
            "control_socket_disable": True,
            "graceful_timeout": 1,
            "keepalive": KEEP_ALIVE,
            "post_fork": patch_in_less_time,
            "post_worker_init": noting_that_it_serves(self.cfg.post_worker_init),
            "timeout": int(os.environ.get("SAGEMAKER_MODEL_SERVER_TIMEOUT") or 60),
            "worker_class": "gevent",
            "worker_connections": 1000 * workers,
            "workers": workers,
        }
        if RELOAD_FROM:
            settings["reload_extra_files"] = source_files(Path(RELOAD_FROM))
            settings.update(reload=True, reload_engine="poll")
            settings["preload_app"] = False  # what is loaded before the workers, none of them would load again
        for name, value in {**own, **settings}.items():
            if name in self.cfg.settings:  # an older gunicorn has no control socket to disable
                self.cfg.set(name, value)

    def _settings_of_environment(self) -> dict[str, Any]:
        """Return what `GUNICORN_CMD_ARGS` sets, and set what the file or module says that it names; the launcher's own
        settings win over both, as in the image.
        """
        given = self.cfg.parser().parse_args(self.cfg.get_cmd_args_from_env())
        if given.config:
            self.load_config_from_file(given.config)
        return {name: value for name, value in vars(given).items() if value is not None and name != "args"}

    def load(self) -> WSGIApplication:
        """Import the application and load the model: in a worker, or before there are any with `--preload`."""
        logging.basicConfig(format="%(asctime)s %(levelname)s - %(name)s - %(message)s", level=logging.INFO)
        logging.getLogger("botocore").setLevel(logging.WARNING)
        sys.path.insert(0, RELOAD_FROM or str(BASE / "code"))
        try:
            application = load_application(os.environ["SAGEMAKER_SERVING_MODULE"])
        except BaseException as error:  # sys.exit in user code too: a worker that did not load must not be started anew
            has_said_why = isinstance(error, SystemExit)  # the module, in its own words: a trace would only bury them
            logging.error("the model could not be loaded: %s", error, exc_info=not has_said_why)
            if RELOAD_FROM:  # the next change may mend it
                return naming_worker(saying(traceback.format_exc()))
            (BASE / "output" / "failure").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
            raise SystemExit(Arbiter.WORKER_BOOT_ERROR) from error
        return naming_worker(application)


def load_application(name: str) -> WSGIApplication:
    """Import `module:callable`; an image's own is made here, with the model that it would load later."""
    module = importlib.import_module(name.partition(":")[0])
    if not hasattr(module, "load_application"):
        return import_app(name)  # type: ignore[no-any-return]
    return module.load_application(user_module(), str(BASE / "model"))  # type: ignore[no-any-return]


def source_files(folder: Path) -> list[str]:
    """The Python files below a folder, hidden folders apart; gunicorn looks at them, loaded or not."""
    paths = (path.relative_to(folder) for path in folder.rglob("*.py"))
    return [str(folder / path) for path in paths if not any(part.startswith(".") for part in path.parts)]


def saying(what: str) -> WSGIApplication:
    """Answer every request with a text, as an error; health checks pass."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status = "200 OK" if environ["PATH_INFO"] == "/ping" else "500 Internal Server Error"
        body = what.encode()
        start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]

    return application


def naming_worker(application: WSGIApplication) -> WSGIApplication:
    """Send the worker's id with every answer, so that the client can spread its load."""

    def named(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, [*headers, ("X-Worker", str(os.getpid()))], exc_info)

        return application(environ, start)

    return named


def user_module() -> ModuleType | None:
    """Import the module that the model names, if it names one."""
    program = os.environ.get("SAGEMAKER_PROGRAM")
    return importlib.import_module(program[: -len(".py")] if program.endswith(".py") else program) if program else None


def noting_that_it_serves(hook: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Note that a worker has its model, and call the hook that the container sets for this."""

    def loaded(worker: Any) -> None:
        _serving[0] = 1
        if not RELOAD_FROM:  # code that somebody is writing may not be fit for it
            hook(worker)

    return loaded


def stop_unless_serving(_arbiter: Arbiter, _worker: Any) -> None:
    """End the container when a worker dies before any has ever served; gunicorn would start it anew for ever."""
    if not _serving[0]:
        raise HaltServer("A worker died while it loaded the model.", Arbiter.WORKER_BOOT_ERROR)


def patch_in_less_time(_arbiter: Arbiter, worker: Any) -> None:
    """Have a new worker patch the standard library in a tenth of the time that gevent takes."""
    patch = worker.patch

    def patch_with_entry_points() -> None:
        with entry_points_read_once():
            patch()

    worker.patch = patch_with_entry_points


@contextlib.contextmanager
def entry_points_read_once() -> Iterator[None]:
    """Read what all packages declare a single time: gevent asks for it before and after each module that it patches."""
    if not hasattr(metadata, "EntryPoints"):  # before Python 3.10
        yield
        return
    read, every = metadata.entry_points, metadata.entry_points()
    metadata.entry_points = every.select
    try:
        yield
    finally:
        metadata.entry_points = read


if __name__ == "__main__":
    del sys.path[0]  # this folder
    ModelServer(int(sys.argv[1])).run()
