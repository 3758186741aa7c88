"""EventBridge Scheduler's operations over the durable store."""

from __future__ import annotations

from collections.abc import Callable

from local_sagemaker.database import Database
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.protocol.json_service import JsonService
from local_sagemaker.protocol.rest_json_service import RestJsonService
from local_sagemaker.scheduler.firing import Firing
from local_sagemaker.scheduler.operations import GroupOperations, ScheduleOperations
from local_sagemaker.scheduler.request_members import SCHEDULER
from local_sagemaker.scheduler.store import SCHEMA, ScheduleStore
from local_sagemaker.scheduler.targets import Call, Targets


class Scheduler:
    """EventBridge Scheduler; fires its schedules once it is started.

    Parameters
    ----------
    database : Database
        The durable store, with `SCHEMA`.
    call : Call
        Calls an operation of a service.
    handles : callable
        Tells whether SageMaker here has an operation.
    """

    SCHEMA = SCHEMA

    def __init__(self, database: Database, call: Call, handles: Callable[[str], bool]) -> None:
        store, targets = ScheduleStore(database), Targets(call, handles)
        self._firing = Firing(store, targets)
        schedules, groups = ScheduleOperations(store, targets, self._firing), GroupOperations(store, self._firing)
        self._service = RestJsonService(JsonService("scheduler", {**schedules.handlers, **groups.handlers}, SCHEDULER))

    def answer(self, request: Request) -> Response:
        """Carry one request out.

        Raises
        ------
        AwsError
            What EventBridge Scheduler answers.
        """
        return self._service.answer(request)

    def start(self) -> None:
        """Fire what is due, and go on firing."""
        self._firing.start()

    def shut_down(self) -> None:
        """Fire no more; what falls due fires at the next start."""
        self._firing.shut_down()
