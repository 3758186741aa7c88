"""What a container's environment says: of the model that it serves, which `status` reads there, and to the image."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

RUN_VARIABLE = "PIPELINE_RUN"
"""The run whose model it serves."""
CODE_VARIABLE = "PIPELINE_CODE_SHA256"
"""The digest of the code that serves it."""
MANIFEST_VARIABLE = "PIPELINE_MANIFEST_SHA256"
"""The digest of its artefact's manifest.json; another one is not served."""


class Serving(StrEnum):
    """What stands between the image's gunicorn and our code."""

    WSGI = "wsgi"
    """Our own WSGI application: nothing is installed at the start, and no framework handles the requests."""
    TOOLKIT = "toolkit"
    """AWS's serving toolkit, as for anybody's `inference.py`: it installs the code at each start and runs Flask."""


_WSGI_MODULE = "serving"
_GUNICORN_MODULE = "gunicorn_settings"
_CODE = "/opt/ml/model/code"
_SERVED_BY = {
    Serving.WSGI: {
        "SAGEMAKER_SERVING_MODULE": f"{_WSGI_MODULE}:application",
        "PYTHONPATH": _CODE,
        "SAGEMAKER_USE_NGINX": "false",
        "GUNICORN_CMD_ARGS": "--preload",
    },
    Serving.TOOLKIT: {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": _CODE,
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
    },
}


def image_environment(serving: Serving, code: Mapping[str, str]) -> dict[str, str]:
    """Return what the image needs to be told (docs/aws-image.md says why).

    Parameters
    ----------
    serving : Serving
        What was asked for.
    code : mapping of str to str
        The code that serves, by path. That of a model which was trained before there was a WSGI application has none,
        and is served by the toolkit; before there were settings of gunicorn's, it is served without them.
    """
    if serving is Serving.TOOLKIT or f"{_WSGI_MODULE}.py" not in code:
        return dict(_SERVED_BY[Serving.TOOLKIT])
    environment = dict(_SERVED_BY[Serving.WSGI])
    if f"{_GUNICORN_MODULE}.py" in code:
        environment["GUNICORN_CMD_ARGS"] += f" --config=python:{_GUNICORN_MODULE}"
    return environment
