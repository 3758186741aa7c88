"""The environment variables of a container: the image's, what a process needs of this machine, and the definition's.

Nothing else of the server's environment gets in; above all not the user's AWS credentials. A container reaches the
local endpoint only, with credentials that mean nothing elsewhere.
"""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local_sagemaker.clients.variables import with_start_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_sagemaker.containers.base_directory import BaseDirectory

FROM_THIS_MACHINE = ("PATH", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def container_environment(
    base: BaseDirectory,
    region: str | None,
    definition: Mapping[str, str],
    server: Mapping[str, str] = os.environ,
    image: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Put together a container's environment; the definition's variables win.

    Parameters
    ----------
    base : BaseDirectory
        The container's base directory; values of the definition that name `/opt/ml/…` are mapped into it.
    region : str or None
        The AWS region; None takes the server's.
    definition : mapping of str to str
        What the user gave with the model or the training job.
    server : mapping of str to str
        The server's own environment.
    image : mapping of str to str
        What the image sets (`Runtime.variables`).
    """
    region = region or server.get("AWS_REGION") or server.get("AWS_DEFAULT_REGION") or "us-east-1"
    environment = {
        **{name: server[name] for name in FROM_THIS_MACHINE if name in server},
        **_image_variables(base.inside),
        **image,
        **_local_aws(region, server),
        **{name: _mapped(base, name, value) for name, value in definition.items()},
    }
    if "AWS_ENDPOINT_URL" in environment:
        environment["PYTHONPATH"] = with_start_up(environment.get("PYTHONPATH", ""))
    return environment


def _mapped(base: BaseDirectory, name: str, value: str) -> str:
    """Map a variable's value; a path list entry by entry."""
    if name != "PYTHONPATH":
        return base.map(value)
    return os.pathsep.join(map(base.map, value.split(os.pathsep)))


def _image_variables(base: BaseDirectory) -> dict[str, str]:
    """The ENV lines that the images' Dockerfiles share (deep-learning-containers), with local paths."""
    return {
        "HOME": str(base.temporary),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONBREAKPOINT": "local_sagemaker_breakpoint.wait",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONUNBUFFERED": "1",
        "SAGEMAKER_BASE_DIR": str(base.root),
        "SM_CHECKPOINT_CONFIG_FILE": str(base.configuration / "checkpointconfig.json"),
        "SM_INPUT": str(base.input),
        "SM_INPUT_DATA_CONFIG_FILE": str(base.configuration / "inputdataconfig.json"),
        "SM_INPUT_TRAINING_CONFIG_FILE": str(base.configuration / "hyperparameters.json"),
        "SM_MODEL_DIR": str(base.model),
        "TEMP": str(base.temporary),
        "TMPDIR": str(base.temporary),
    }


def _local_aws(region: str, server: Mapping[str, str]) -> dict[str, str]:
    """What boto3 needs for the local endpoint, and nothing of the user's own configuration."""
    variables = {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": region,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    endpoint = server.get("AWS_ENDPOINT_URL", "")
    if urlsplit(endpoint).hostname in LOOPBACK:
        variables["AWS_ENDPOINT_URL"] = endpoint
    return variables
