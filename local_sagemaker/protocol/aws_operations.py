"""AWS's operations as botocore's models have them: which there are, and which one a request to a REST service means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel


@cache
def of_family(prefix: str) -> Mapping[str, Mapping[str, OperationModel]]:
    """Find every operation of the services whose names begin alike, by service and name."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    loader = Loader()
    services = [name for name in loader.list_available_services("service-2") if name.startswith(prefix)]
    models = (ServiceModel(loader.load_service_model(name, "service-2"), name) for name in services)
    return {model.service_name: _operations(model) for model in models}


def meant(prefix: str, method: str, path: str) -> str | None:
    """Name the operation that a request to a REST service of a family means.

    Parameters
    ----------
    prefix : str
        What the names of the family's services begin with.
    method, path : str
        Of the request; the path without its query.
    """
    for operations in of_family(prefix).values():
        for name, operation in operations.items():
            if operation.http["method"] == method and _pattern(operation.http["requestUri"]).fullmatch(path):
                return name
    return None


def _operations(model: ServiceModel) -> Mapping[str, OperationModel]:
    return {name: model.operation_model(name) for name in model.operation_names}


@cache
def _pattern(uri: str) -> re.Pattern[str]:
    literals = re.split(r"\{\w+\+?\}", uri.partition("?")[0])
    return re.compile("[^/]+".join(re.escape(literal) for literal in literals))
