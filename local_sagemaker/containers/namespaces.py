"""Whether each container has an `/opt/ml` of its own here: a mount namespace (`inside/namespace.py`), as on Linux.

Where it has none, paths that are handed to a container are mapped into its base directory (`BaseDirectory.map`), and
code that names `/opt/ml` itself does not find it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

VARIABLE = "SAGEMAKER_LOCAL_NAMESPACES"
"""`off` in the server's environment: containers get no namespaces, as on systems that have none."""

_SCRIPT = Path(__file__).with_name("inside") / "namespace.py"

_SECONDS = 20.0

_MISSED = re.compile(
    r"(?:No such file or directory|Permission denied|Read-only file system|[Nn]on-existent directory|does not exist)"
    r"[^\n]{0,40}/opt/ml|/opt/ml[^\n]{0,200}(?:No such file or directory|Permission denied|does not exist|not found)"
)


@dataclass(frozen=True, slots=True)
class Namespace:
    """What a container's processes see of this machine, but for all the rest.

    Parameters
    ----------
    opt_ml : Path
        The directory that is `/opt/ml` for them.
    network : bool
        Whether they have this machine's network; else they have a loopback of their own only.
    root : Path or None
        An empty directory that is their `/`, with all of this machine's root in it, and their working directory.
    programs : Path or None
        The folder of an image's own programs.
    mounted_at : str
        Where in `/opt` they see that folder.
    """

    opt_ml: Path
    network: bool = True
    root: Path | None = None
    programs: Path | None = None
    mounted_at: str = ""


@cache
def unavailable() -> str | None:
    """Say why containers have no namespaces here, and what would help; None where they have. Tried once a process."""
    if os.environ.get(VARIABLE, "").lower() == "off":
        return f"{VARIABLE} is off"
    if sys.platform != "linux":
        return "only Linux has mount namespaces"
    if not Path("/opt").is_dir():
        return "there is no folder /opt; make one (sudo mkdir /opt)"
    if Path(sys.prefix).is_relative_to("/opt/ml") or _SCRIPT.is_relative_to("/opt/ml"):
        return "this Python or its packages lie in /opt/ml; install them elsewhere"
    return _tried()


def _tried() -> str | None:
    """Mount something in a process of its own: some systems let a namespace be made and then refuse the mount."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-I", "-S", str(_SCRIPT), directory]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.SubprocessError) as error:
            return f"they could not be tried: {error}"
    if done.returncode == 0:
        return None
    said = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
    return f"{said}; allow unprivileged user namespaces"


def no_isolation() -> str | None:
    """Say that a container is not cut off from the network although it was asked for; None where it is."""
    reason = unavailable()
    if reason is None:
        return None
    return f"EnableNetworkIsolation has no effect: the container can reach what you can reach, as {reason}."


def hint(said: str) -> str:
    """Explain an error of user code that looked for `/opt/ml` where there is none; empty for any other.

    Parameters
    ----------
    said : str
        What the container has said of its end.
    """
    reason = unavailable()
    if reason is None or not _MISSED.search(said):
        return ""
    return (
        f"(There is no /opt/ml on this machine: containers have no mount namespace here, as {reason}. Otherwise take "
        "the paths from SM_MODEL_DIR, SM_CHANNEL_… and the like, or from model_fn's model_dir.)"
    )
