"""What commands that run in this process send: each call as boto3 was given it, each request as it goes on the wire.

By botocore's own events, as a caller of boto3 may register for them: no class of boto3, botocore or the SDK is changed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest
from botocore.model import OperationModel
from click.testing import CliRunner, Result

from pipeline.cli import cli

REGION = "eu-west-1"
USER = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""A user's environment, with the keys that AWS's documents use as examples."""

_DATA = re.compile(r"\.s3\.|^runtime\.")
"""Hosts to which data is sent."""
_BUCKET_HOST = re.compile(r"(.+)\.s3(?:\.[\w-]+)?\.amazonaws\.com")


@dataclass(frozen=True)
class Call:
    """One call of a command."""

    command: str
    service: str
    operation: str
    request: dict[str, Any]
    model: OperationModel
    number: int
    """Which of the commands it is of."""

    @property
    def name(self) -> str:
        """Service and operation, as botocore names them."""
        return f"{self.service}.{self.operation}"


@dataclass(frozen=True)
class Wire:
    """One request as AWS would get it."""

    command: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    """Empty where it is the user's data: of an object in S3, or of what an endpoint is asked."""

    @property
    def text(self) -> str:
        """All of it."""
        lines = "".join(f"{name}: {value}\n" for name, value in self.headers.items())
        return f"{self.url}\n{lines}{self.body.decode(errors='replace')}"


@dataclass
class Commands:
    """Runs commands as their user does, and keeps what they send."""

    calls: list[Call] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    sent_to: str | None = None
    """The server that answers in AWS's place; None where something else does."""
    said: dict[int, str] = field(default_factory=dict)
    """What each command said on standard error."""
    number: int = 0
    """How many were run."""
    _command: str = ""

    def run(self, *arguments: str, code: int = 0) -> Result:
        """Run `python -m pipeline`; the exit code must be `code`."""
        self._command = arguments[0]
        self.number += 1
        with own_packages():
            done = CliRunner().invoke(cli, arguments)
        self.said[self.number] = done.stderr
        assert done.exit_code == code, f"{arguments} gave {done.exit_code}\n{done.output}\n{done.exception!r}"
        return done

    def note(self, params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        service = model.service_model.service_name
        self.calls.append(Call(self._command, service, model.name, dict(params), model, self.number))

    def send(self, request: AWSPreparedRequest, **_: Any) -> None:
        headers = {name: _text(value) for name, value in request.headers.items()}
        is_data = _DATA.search(urlsplit(request.url).netloc)
        body = b"" if is_data or not isinstance(request.body, bytes | bytearray) else request.body
        self.wires.append(Wire(self._command, request.url, headers, bytes(body)))
        if self.sent_to is not None:
            request.url = at_the_server(request.url, self.sent_to)


def at_the_server(url: str, server: str) -> str:
    """Return where a server that answers for all of AWS takes what AWS takes at `url`: a bucket stands in the path."""
    parts = urlsplit(url)
    bucket = _BUCKET_HOST.fullmatch(parts.netloc)
    path = f"/{bucket[1]}{parts.path}" if bucket else parts.path
    return f"{server}{path}" + (f"?{parts.query}" if parts.query else "")


Handler = tuple[str, Callable[..., Any]]
"""An event of botocore's, and what is called then."""


@contextmanager
def watched(
    environment: Mapping[str, str], sent_to: str | None = None, more: Iterable[Handler] = ()
) -> Iterator[Commands]:
    """Watch all clients that are made within the block, whose variables of AWS and the commands are those given."""
    kept = dict(os.environ)
    commands = Commands(sent_to=sent_to)
    handlers = [("before-parameter-build", commands.note), ("before-send", commands.send), *more]
    for name in [name for name in os.environ if name.startswith(("AWS_", "PIPELINE_"))]:
        del os.environ[name]
    os.environ.update(environment)
    botocore.handlers.BUILTIN_HANDLERS.extend(handlers)  # of every session that is made from now on
    forget_clients()
    try:
        yield commands
    finally:
        forget_clients()
        for handler in handlers:
            botocore.handlers.BUILTIN_HANDLERS.remove(handler)
        os.environ.clear()
        os.environ.update(kept)


@contextmanager
def own_packages() -> Iterator[None]:
    """Forget the containers' packages that are imported meanwhile: `estimators` takes them from an artefact's code."""
    kept = set(sys.modules)
    try:
        yield
    finally:
        for name in sys.modules.keys() - kept:
            if name.partition(".")[0] in ("preprocessor", "classifier"):
                del sys.modules[name]


def forget_clients() -> None:
    """Have the SDK, which keeps its clients, make new ones; where it is not imported it has none."""
    if (utilities := sys.modules.get("sagemaker.core.utils.utils")) is not None:
        utilities.SageMakerClient.reset()


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
