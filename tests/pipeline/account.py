"""An account for the commands: moto's, with UpdateEndpoint, which moto has not got; all that is sent is noted."""

from __future__ import annotations

import json
from typing import Any

from botocore.loaders import create_loader
from moto.core.exceptions import JsonRESTError
from moto.sagemaker.models import sagemaker_backends

from pipeline.aws.rehearsal import is_looking
from pipeline.aws.session import Choices, Session
from pipeline.aws.target import Target

_LOADER = create_loader()
"""Keeps the service models, which take longer to read than all else here."""


class Account:
    """What the commands of one account sent."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.requests: list[tuple[str, dict[str, Any]]] = []
        """Those that change something, in order."""
        self.update_fails = False
        self._tags: dict[str, str] = {}

    def session(self, **choices: Any) -> Session:
        """Return the session of a new command."""
        self.requests = []
        session = Session(self._target, Choices(role_arn="arn:aws:iam::123456789012:role/mine", **choices))
        session._botocore.register_component("data_loader", _LOADER)
        session._botocore.register("before-parameter-build", self._note)
        session._botocore.register("before-call.sagemaker.UpdateEndpoint", self._update)
        session._botocore.register("before-call.application-autoscaling.ListTagsForResource", self._scaling_tags)
        return session

    def sent(self, operation: str) -> dict[str, Any]:
        """Return the request of an operation, which was sent once."""
        (request,) = (request for name, request in self.requests if name == operation)
        return request

    @property
    def operations(self) -> list[str]:
        """The names of what was sent, in order."""
        return [name for name, _ in self.requests]

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if not is_looking(model.name):
            self.requests.append((model.name, dict(params)))
        if model.name == "RegisterScalableTarget":
            self._tags = params["Tags"]

    def _scaling_tags(self, **_: Any) -> tuple[Any, dict[str, Any]]:
        """Answer what moto does not: the tags of the one scalable target."""
        return type("Answer", (), {"status_code": 200}), {"Tags": self._tags}

    def _update(self, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        request = json.loads(params["body"])
        backend = sagemaker_backends["123456789012"]["eu-west-1"]
        endpoint = backend.endpoints[request["EndpointName"]]
        if request["EndpointConfigName"] not in backend.endpoint_configs:
            raise JsonRESTError("ValidationException", request["EndpointConfigName"])
        if self.update_fails:
            endpoint.failure_reason = "The containers did not pass the ping health check."
        else:
            endpoint.endpoint_config_name = request["EndpointConfigName"]
        return type("Answer", (), {"status_code": 200}), {"EndpointArn": endpoint.arn}
