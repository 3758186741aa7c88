"""Which containers of endpoints take their code from a folder that somebody is writing in, instead of the model's.

The folders stand in the server's environment, where `local-sagemaker up --reload` puts them; by default there are none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from local_sagemaker.daemon import RELOAD_VARIABLE
from local_sagemaker.sagemaker.running.log_streams import endpoint_group

FOLDER_VARIABLE = "SAGEMAKER_LOCAL_RELOAD_FROM"
"""In the container's environment: its model server takes the code from there, and loads it again when it changes."""


def variables(group: str, hostname: str, alone: bool, server: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give what a container's environment needs for its code to be reloaded; nothing for most.

    Parameters
    ----------
    group : str
        The log group, which names the endpoint.
    hostname : str
        The container.
    alone : bool
        Whether it is its model's only one, which need not be named.
    server : mapping of str to str
        The server's own environment.
    """
    folders: Mapping[str, str] = json.loads(server.get(RELOAD_VARIABLE) or "{}")
    for name, folder in folders.items():
        endpoint, _, container = name.partition("/")
        if endpoint_group(endpoint) == group and (container == hostname or (alone and not container)):
            return {FOLDER_VARIABLE: folder}
    return {}
