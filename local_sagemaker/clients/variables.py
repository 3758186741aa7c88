"""The environment variables that point a shell's AWS clients at a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

START_UP = Path(__file__).parent / "start_up"
"""The folder whose `sitecustomize` keeps Python's clients here."""

SDK_DEFAULTS = Path(__file__).parent / "sdk_defaults" / "config.yaml"
"""What the SageMaker SDKs read as their administrator's settings: no telemetry."""

_SDK_VARIABLE = "SAGEMAKER_ADMIN_CONFIG_OVERRIDE"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_HERE = ("127.0.0.1", "localhost")


def client_variables(url: str, region: str, present: Mapping[str, str]) -> dict[str, str]:
    """Put together the variables.

    Parameters
    ----------
    url : str
        The server's.
    region : str
        The region that clients are to be of.
    present : mapping of str to str
        The environment that they are added to; what it holds of paths and proxies is kept.
    """
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": with_start_up(present.get("PYTHONPATH", "")),
        _SDK_VARIABLE: present.get(_SDK_VARIABLE) or str(SDK_DEFAULTS),
        **_past_proxies(present),
    }


def with_start_up(python_path: str) -> str:
    """Put the folder of the start-up hook first in a PYTHONPATH."""
    others = [entry for entry in python_path.split(os.pathsep) if entry and entry != str(START_UP)]
    return os.pathsep.join([str(START_UP), *others])


def _past_proxies(present: Mapping[str, str]) -> dict[str, str]:
    """Let no proxy be asked for what is on this machine."""
    if not any(name.lower() in _PROXIES and value for name, value in present.items()):
        return {}
    listed = [entry for entry in (present.get("no_proxy") or present.get("NO_PROXY", "")).split(",") if entry]
    without = ",".join([*listed, *(host for host in _HERE if host not in listed)])
    return {"NO_PROXY": without, "no_proxy": without}
