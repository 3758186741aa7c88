"""Endpoint configurations as they are kept: which models an endpoint serves, as production variants with weights."""

from __future__ import annotations

from dataclasses import dataclass

from local_sagemaker.sagemaker.resources.table import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig(Resource):
    """An endpoint configuration; its request says all there is."""
