"""Models as they are kept: which containers serve, in which order, with which artefacts. A model never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_sagemaker.sagemaker.resources.table import Resource


@dataclass(frozen=True, slots=True)
class ContainerDefinition:
    """One container of a model, as far as it is executed."""

    hostname: str
    image: str
    model_data: str | None
    environment: Mapping[str, str]
    network_isolation: bool = False
    multi_model: bool = False
    """Whether `model_data` is the prefix of many models, of which each request names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(Resource):
    """A model and the containers of it."""

    containers: tuple[ContainerDefinition, ...]
