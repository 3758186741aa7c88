"""What `breakpoint()` does in a container: pdb waits for whoever attaches with `local-sagemaker attach`.

A container has no terminal, so the debugger listens on a unix socket. That works under network isolation, too, and in a
model server's worker others are served meanwhile (gevent's sockets yield). Where the socket is stands in a file of the
container's `breakpoints/` folder, by which the command finds it.
"""

import contextlib
import json
import os
import pdb
import socket
import sys
import tempfile
from pathlib import Path
from types import FrameType


class AttachedDebugger(pdb.Pdb):
    """pdb over one connection; when that ends, the code goes on as if there were no breakpoint."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.detached = False
        self._typed = connection.makefile("r", encoding="utf-8", errors="replace")
        super().__init__(stdin=self, stdout=self)  # type: ignore[arg-type]  # it needs three methods of a file
        self.prompt = "(pdb) "

    def readline(self) -> str:
        try:
            return self._typed.readline()
        except OSError:  # the other end has gone without a word
            return ""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # nobody reads it any more
            self.connection.sendall(text.encode("utf-8", "replace"))

    def flush(self) -> None:
        """Nothing is held back."""

    def do_EOF(self, arg: str) -> bool:  # noqa: N802  # pdb's name for the end of what is typed
        """Go on without a debugger: whoever had attached has left."""
        self.detached = True
        self.clear_all_breaks()
        self.set_continue()
        self.connection.close()
        return True


_debugger: "AttachedDebugger | None" = None


def wait() -> None:
    """Stop where `breakpoint()` was called, until somebody attaches; one who has attached already is asked again."""
    global _debugger  # a debugger stays attached from one breakpoint to the next
    frame = sys._getframe().f_back
    assert frame is not None
    if _debugger is None or _debugger.detached:
        _debugger = AttachedDebugger(_attached(frame))
    _debugger.set_trace(frame)


def _attached(frame: FrameType) -> socket.socket:
    """Say where the code stands and wait for a connection."""
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    folder = Path(os.environ["SAGEMAKER_BASE_DIR"], "breakpoints")
    folder.mkdir(mode=0o700, exist_ok=True)
    announcement = folder / str(os.getpid())
    with contextlib.ExitStack() as held:
        private = held.enter_context(tempfile.TemporaryDirectory(prefix="sagemaker-local-", dir="/tmp"))
        listening = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        address = str(Path(private, "pdb"))
        listening.bind(address)
        listening.listen(1)
        unfinished = folder / f".{announcement.name}"
        unfinished.write_text(json.dumps({"socket": address, "place": place, "process": os.getpid()}), encoding="utf-8")
        unfinished.replace(announcement)
        print(f"breakpoint at {place}: attach with `local-sagemaker attach`", file=sys.stderr, flush=True)
        try:
            return listening.accept()[0]
        finally:
            announcement.unlink()
