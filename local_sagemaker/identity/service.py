"""The actions of STS and IAM that are ours, and all others handed on to moto with the role that they are about."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qsl

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.http.region import current_region
from local_sagemaker.identity import answers, made_up, roles
from local_sagemaker.identity.journal import Journal
from local_sagemaker.identity.roles import ACCOUNT, EXECUTION_ROLE, Role

_SESSION = "local-sagemaker"
_STS = "https://sts.amazonaws.com/doc/2011-06-15/"
_IAM = "https://iam.amazonaws.com/doc/2010-05-08/"
_LARGEST_FORM = 1_000_000
_LISTING = ("ListRoles", "GetAccountAuthorizationDetails")
_Form = Mapping[str, str]
_log = logging.getLogger(__name__)

FormRequest = Callable[[str, str, Mapping[str, str]], Request]


class Moto(Protocol):
    """What keeps the roles that are created."""

    def answer(self, request: Request) -> Response:
        """Carry one request out."""


class Identity:
    """Answers STS and IAM.

    Parameters
    ----------
    moto : Moto
        Answers what is not ours.
    journal : Journal
        What was done to roles and policies, which moto forgets when the server stops.
    form_request : callable
        Makes a request of a service's signing name, a region and a form.
    """

    def __init__(self, moto: Moto, journal: Journal, form_request: FormRequest) -> None:
        self._moto = moto
        self._journal = journal
        self._form_request = form_request
        self._lock = threading.Lock()
        self._paths = {EXECUTION_ROLE: "/"}
        self._deleted = journal.deleted_roles
        self._created = next(iter(journal), None) is not None
        """Whether moto has been asked for anything: from then on it keeps every role."""
        self._told = False
        """Whether moto knows what was done before the server started."""

    def answer(self, request: Request) -> Response:
        """Carry one request out, of another service too.

        Raises
        ------
        AwsError
            What STS or IAM would answer.
        """
        if request.service not in ("iam", "sts"):
            return self._moto.answer(request)
        form = _form(request)
        action = form.get("Action", "")
        if request.service == "sts":
            return _caller() if action == "GetCallerIdentity" else self._moto.answer(request)
        with self._lock:
            if action == "SimulatePrincipalPolicy":
                return self._simulate(form)
            if action == "GetRole" and not self._created:
                return self._role(form.get("RoleName", ""))
            return self._hand_on(request, action, form)

    def _simulate(self, form: _Form) -> Response:
        """Nothing that a role wants to do is kept from it here."""
        arn = form.get("PolicySourceArn", "")
        role = roles.from_arn(arn)
        if role is None and ":iam::" not in arn:
            raise AwsError("InvalidInput", f"Invalid Entity Arn: {arn}")
        if role is not None:
            self._require(role.name)
            self._paths.setdefault(role.name, role.path)
        actions = _members(form, "ActionNames")
        resources = list(_members(form, "ResourceArns")) or ["*"]
        allowed = (_allowed(action, resource) for action in actions for resource in resources)
        parts = [answers.element("IsTruncated", "false"), answers.group("EvaluationResults", allowed)]
        return answers.result("SimulatePrincipalPolicy", _IAM, parts)

    def _role(self, name: str) -> Response:
        self._require(name)
        role = Role(name, self._paths.get(name, "/"))
        return answers.result("GetRole", _IAM, [answers.group("Role", role.described())])

    def _require(self, name: str) -> None:
        if name in self._deleted or not roles.is_name(name):
            raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)

    def _hand_on(self, request: Request, action: str, form: _Form) -> Response:
        self._created = True
        self._tell()
        response = self._carry_out(request, action, form)
        if response.status == HTTPStatus.OK:
            self._journal.add(form, *made_up.by(action, form))
        return response

    def _tell(self) -> None:
        """Tell moto, once, what was done before the server started."""
        if self._told:
            return
        self._told = True
        for change in self._journal:
            action = change.form["Action"]
            request = self._form_request("iam", current_region(), change.form)
            if self._carry_out(request, action, change.form).status != HTTPStatus.OK:
                _log.warning("IAM does not take %s again: %s", action, change.form)
            made_up.restore(action, change.form, change.made)

    def _carry_out(self, request: Request, action: str, form: _Form) -> Response:
        name = form.get("RoleName", "")
        if action == "CreateRole":
            self._deleted.discard(name)
        elif action in _LISTING:
            self._create(EXECUTION_ROLE)
        elif name:
            self._require(name)
            self._create(name)
        response = self._moto.answer(request)
        if action == "DeleteRole" and response.status == 200:
            self._deleted.add(name)
        return response

    def _create(self, name: str) -> None:
        """Let moto have a role that is taken to be there."""
        from moto.iam.models import iam_backends

        backend, role = iam_backends[ACCOUNT]["aws"], Role(name, self._paths.get(name, "/"))
        if name in self._deleted or any(known.name == name for known in backend.roles.values()):
            return
        made = backend.create_role(name, roles.TRUST_POLICY, role.path, "", "", [], "3600")
        del backend.roles[made.id]
        made.id = role.id
        backend.roles[role.id] = made


def _caller() -> Response:
    role = Role(EXECUTION_ROLE)
    facts = {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{EXECUTION_ROLE}/{_SESSION}",
        "UserId": f"{role.id}:{_SESSION}",
        "Account": ACCOUNT,
    }
    return answers.result("GetCallerIdentity", _STS, (answers.element(name, text) for name, text in facts.items()))


def _allowed(action: str, resource: str) -> str:
    facts = {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": "allowed"}
    return answers.group("member", (answers.element(name, text) for name, text in facts.items()))


def _members(form: _Form, name: str) -> Iterator[str]:
    number = 1
    while (text := form.get(f"{name}.member.{number}")) is not None:
        yield text
        number += 1


def _form(request: Request) -> _Form:
    """Read a form, and leave it to be read again by moto."""
    body = request.body.up_to(_LARGEST_FORM + 1)
    if len(body) > _LARGEST_FORM:
        raise AwsError("RequestEntityTooLarge", f"A request has at most {_LARGEST_FORM:,} bytes.", 413)
    request.environ["wsgi.input"] = io.BytesIO(body)
    request.environ["CONTENT_LENGTH"] = str(len(body))
    return {**request.query, **dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))}
