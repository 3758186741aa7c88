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
        What the names of the family's services begin with; the service of that very name has one path for all.
    method, path : str
        Of the request; the path without its query.
    """
    routes = _routes(prefix)
    return next((name for wanted, uri, name in routes if wanted == method and _pattern(uri).fullmatch(path)), None)


@cache
def _routes(prefix: str) -> tuple[tuple[str, str, str], ...]:
    """List method, path and name of each operation; the models, which are large, are let go."""
    from botocore.loaders import Loader

    loader = Loader()
    services = [name for name in loader.list_available_services("service-2") if name.startswith(prefix)]
    models = (loader.load_service_model(name, "service-2") for name in services if name != prefix)  # which is no REST
    return tuple(
        (operation["http"]["method"], operation["http"]["requestUri"], name)
        for model in models
        for name, operation in model["operations"].items()
    )


def _operations(model: ServiceModel) -> Mapping[str, OperationModel]:
    return {name: model.operation_model(name) for name in model.operation_names}


@cache
def _pattern(uri: str) -> re.Pattern[str]:
    literals = re.split(r"\{\w+\+?\}", uri.partition("?")[0])
    return re.compile("[^/]+".join(re.escape(literal) for literal in literals))
