"""CloudFormation's operations over the durable store."""

from __future__ import annotations

from local_sagemaker.cloudformation.change_sets import ChangeSetOperations
from local_sagemaker.cloudformation.describing import DescribingOperations
from local_sagemaker.cloudformation.request_members import CLOUDFORMATION
from local_sagemaker.cloudformation.run import StackRuns
from local_sagemaker.cloudformation.stacks import StackOperations
from local_sagemaker.cloudformation.store import SCHEMA, StackStore
from local_sagemaker.cloudformation.templates import TemplateOperations
from local_sagemaker.cloudformation.types.resource_type import Call
from local_sagemaker.database import Database
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.protocol.json_service import JsonService
from local_sagemaker.protocol.query_service import QueryService


class CloudFormation:
    """CloudFormation; owns the stacks that are being made, changed or removed.

    Parameters
    ----------
    database : Database
        The durable store, with `SCHEMA`.
    call : Call
        Calls an operation of a service, as a client does.
    """

    SCHEMA = SCHEMA

    def __init__(self, database: Database, call: Call) -> None:
        store = StackStore(database)
        self._runs = StackRuns(store, call)
        stacks = StackOperations(store, self._runs)
        groups = (stacks, ChangeSetOperations(store, stacks, self._runs), DescribingOperations(store))
        handlers = {name: handler for group in groups for name, handler in group.handlers.items()}
        handlers |= TemplateOperations(store).handlers
        self._service = QueryService(JsonService("cloudformation", handlers, CLOUDFORMATION))

    def answer(self, request: Request) -> Response:
        """Carry one request out.

        Raises
        ------
        AwsError
            What CloudFormation answers.
        """
        return self._service.answer(request)

    def recover(self) -> None:
        """Go on with what was under way when the server stopped."""
        self._runs.recover()

    def shut_down(self) -> None:
        """Stop between two resources."""
        self._runs.shut_down()
