"""The services whose requests are forms and whose answers are XML."""

from __future__ import annotations

from urllib.parse import parse_qsl

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request, Response, new_request_id
from local_sagemaker.protocol import query_form, query_xml
from local_sagemaker.protocol.json_service import JsonService, service_model

_LARGEST_FORM = 4_000_000


class QueryService:
    """One service's operations over forms.

    Parameters
    ----------
    operations : JsonService
        The operations; they are checked against the service's model as JSON's are.
    """

    def __init__(self, operations: JsonService) -> None:
        self._operations = operations

    def answer(self, request: Request) -> Response:
        """Carry one request out.

        Raises
        ------
        AwsError
            `InvalidAction` for what is none of the operations, and what the operation raises.
        """
        form = _form(request)
        action = form.get("Action", "")
        if not self._operations.handles(action):
            service = self._operations.name
            raise AwsError("InvalidAction", f"{action or 'No action'} of {service} is not part of the local SageMaker.")
        operation = service_model(self._operations.name).operation_model(action)
        answer = self._operations.ask(action, query_form.parameters(form, operation.input_shape))
        return Response(200, {"Content-Type": "text/xml"}, query_xml.document(operation, answer, new_request_id()))


def _form(request: Request) -> dict[str, str]:
    body = request.body.up_to(_LARGEST_FORM + 1)
    if len(body) > _LARGEST_FORM:
        raise AwsError("RequestEntityTooLarge", f"A request has at most {_LARGEST_FORM:,} bytes.", 413)
    return {**request.query, **dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))}
