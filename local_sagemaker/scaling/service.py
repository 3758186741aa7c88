"""Application Auto Scaling, put together; all other services' requests are handed on."""

from __future__ import annotations

from typing import Protocol

from local_sagemaker.cloudwatch.metrics import Metrics
from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.protocol.json_service import JsonService
from local_sagemaker.scaling.operations import ScalingOperations
from local_sagemaker.scaling.request_members import SCALING
from local_sagemaker.scaling.store import Store
from local_sagemaker.scaling.tracking import Ask, Tracking

_SERVICE = "application-autoscaling"
_LARGEST = 1_000_000


class Services(Protocol):
    """What answers the rest."""

    def answer(self, request: Request) -> Response:
        """Carry one request out."""


class Scaling:
    """Answers Application Auto Scaling's requests.

    Parameters
    ----------
    database : Database
        The durable store, with `store.SCHEMA`.
    services : Services
        What answers the other services.
    metrics : Metrics
        CloudWatch's.
    sagemaker, cloudwatch : Ask
        Call operations of these services.
    """

    def __init__(
        self, database: Database, services: Services, metrics: Metrics, sagemaker: Ask, cloudwatch: Ask
    ) -> None:
        store = Store(database)
        self.tracking = Tracking(store, metrics, sagemaker)
        self.service = JsonService(_SERVICE, ScalingOperations(store, self.tracking, cloudwatch).handlers, SCALING)
        self._services = services

    def answer(self, request: Request) -> Response:
        """Carry one request out.

        Raises
        ------
        AwsError
            What the service would answer, or the name of an operation that is not executed here.
        """
        if request.service != _SERVICE:
            return self._services.answer(request)
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        if not self.service.handles(operation):
            message = f"{operation} is not part of the local SageMaker's Application Auto Scaling."
            raise AwsError("UnknownOperationException", message)
        answer = self.service.call(operation, request.body.up_to(_LARGEST))
        return Response(200, {"Content-Type": "application/x-amz-json-1.1"}, answer)
