"""The whole life of a pipeline, every command of it, with `TARGET=aws`: answered by a local SageMaker, then by moto.

Both lives are the same commands. The local SageMaker executes what they ask for. moto executes nothing, so jobs and the
endpoint do there what they did in the first life; it lacks some operations, and `ANSWERED` names them.
"""

from __future__ import annotations

import io
import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.response import StreamingBody
from moto import mock_aws
from moto.sagemaker.models import sagemaker_backends

from local_sagemaker import daemon
from local_sagemaker.state import StateDirectory
from pipeline.aws import target
from pipeline.aws.storage import Location
from tests.integration import strangers
from tests.integration.watching import REGION, USER, Call, Commands, Handler, Wire, watched
from tests.pipeline.infrastructure.moto_stacks import applied_outputs

NAME = "the-longest-name-that-it-has"
TEXT = "The new graphics card renders polygons"
ALARM = f"{NAME}-5xx-errors"

_SAMPLE = ("--dataset", "sample", "--profile", "seed")
_PATIENT = ("--max-p99", "60000")  # of a machine that is busy
_TWO = ("--instance-count", "2")
_CURRENT = ("deploy-pipeline", "--code", "current", "--serving", "toolkit", "--bake", "0s", *_PATIENT)
GOES_OFF = ("deploy-pipeline", *_TWO, "--traffic", "linear", "--traffic-size", "50%", "--bake", "20s", *_PATIENT)
"""The update during which an alarm goes off."""

LIFE: tuple[tuple[str, ...], ...] = (
    ("bootstrap", "--yes", "--create-key", "--subnets", "subnet-1", "--security-groups", "sg-1"),
    ("status",),
    ("prepare", *_SAMPLE),
    ("tune", *_SAMPLE, "--set", "ranges.classifier.alpha=[0.01, 0.1]", "--output", "tuned.toml"),
    ("train", *_SAMPLE),
    ("estimators", TEXT),
    ("register",),
    ("reject",),
    ("approve",),
    ("deploy-pipeline", "--latest-approved", "--ttl", "2h", *_PATIENT),
    ("invoke", TEXT),
    ("scale", "--min", "2", "--max", "4", "--target-invocations", "100"),
    ("logs",),
    ("status",),
    ("train", *_SAMPLE, "--set", "classifier.alpha=0.1", "--spot"),
    ("deploy-pipeline", *_TWO, "--traffic", "canary", "--bake", "1s", "--ttl", "3h", "--capture", "10%", *_PATIENT),
    GOES_OFF,
    ("rollback",),
    ("invoke", TEXT),
    ("scale", "--off"),
    ("explain", TEXT),
    ("evaluate",),
    ("evaluate", "--batch"),
    ("report", "--output", "report"),
    ("batch-transform", "--input", "in.csv", "--output", "out.csv", "--text-column", "text", "--instances", "2"),
    ("batch-transform", "--input", "s3://{bucket}/{name}/mine/", "--output", "s3://{bucket}/{name}/answers/"),
    (*_CURRENT, "--ttl", "0"),
    (*_CURRENT, "--ttl", "4h"),
    ("logs", "--of", "training"),
    ("scale", "--max", "2", "--target-invocations", "100"),
    ("status",),
    ("teardown", "--data", "--yes"),
    ("bootstrap", "--yes", "--delete", "--data"),
    ("smoke", "--yes"),
)


@dataclass
class Life:
    """What all the commands sent, and what was there before them and after."""

    commands: Commands = field(default_factory=Commands)
    local_words: tuple[str, ...] = ()
    """What only this machine has."""
    made: dict[str, list[dict[str, bytes]]] = field(default_factory=dict)
    """What each job wrote: by its name, the files below each of its places in S3."""
    jobs: list[str] = field(default_factory=list)
    """The jobs' names, in order."""
    answers: dict[tuple[int, bytes], tuple[bytes, str]] = field(default_factory=dict)
    """What the endpoint answered: by the command's number and what it was sent, the body and its type."""
    before: dict[str, list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)

    @property
    def calls(self) -> list[Call]:
        return self.commands.calls

    @property
    def wires(self) -> list[Wire]:
        return self.commands.wires

    @property
    def bucket(self) -> str:
        """The bucket that `bootstrap` made."""
        bucket: str = next(call.request["Bucket"] for call in self.calls if call.operation == "PutObject")
        return bucket


Clients = Callable[[str], Any]
"""Makes a client of the account's owner, who looks on; what he sends is not the commands'."""


@contextmanager
def on_local(state: Path, here: Path) -> Iterator[Life]:
    """Live it on a local SageMaker, which answers in AWS's place and executes."""
    server = daemon.ensure_running(StateDirectory(state))
    owner = boto3.Session("local", "local", region_name=REGION)  # before anything is watched
    life = Life()
    words = (f":{urlsplit(server.url).port}", "127.0.0.1", "localhost", "local-sagemaker")
    life.local_words = (*words, *map(str, (state, here, Path.cwd(), Path.home())))

    def clients(name: str) -> Any:
        return owner.client(name, endpoint_url=server.url)  # type: ignore[call-overload]

    def alarmed(commands: Commands) -> None:
        thread = threading.Thread(target=_go_off_while_baking, args=(clients,))
        thread.start()
        _update_is_taken_back(commands, clients)
        thread.join()

    try:
        _live(life, here, clients, _Recorder(life, clients).handlers, alarmed, server.url)
        yield life
    finally:
        daemon.stop(StateDirectory(state))


@contextmanager
def on_moto(first: Life, here: Path) -> Iterator[Life]:
    """Live it on moto, in which jobs and the endpoint do what they did in the first life."""
    life = Life()
    owner = boto3.Session(USER["AWS_ACCESS_KEY_ID"], USER["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
    with mock_aws(), applied_outputs(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers = _InFrontOfMoto(life, first, owner.client)
        _live(life, here, owner.client, answers.handlers, lambda commands: answers.alarmed(commands), None)
        yield life


def _live(
    life: Life,
    here: Path,
    clients: Clients,
    handlers: list[Handler],
    alarmed: Callable[[Commands], None],
    sent_to: str | None,
) -> None:
    strangers.make(clients, NAME)
    life.before = strangers.listing(clients)
    (here / "in.csv").write_text(f"text\n{TEXT}\n" * 20)
    environment = {**USER, "TARGET": "aws", "PIPELINE_NAME": NAME}
    with pytest.MonkeyPatch.context() as patch, watched(environment, sent_to, handlers) as commands:
        patch.setattr(target, "AWS", replace(target.AWS, poll_seconds=0.2))  # both are quicker than AWS
        patch.chdir(here)
        life.commands = commands
        for arguments in LIFE:
            if arguments is GOES_OFF:
                alarmed(commands)
            else:
                commands.run(*_with_places(life, clients, arguments))
    life.after = strangers.listing(clients)


def _with_places(life: Life, clients: Clients, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Write the bucket into a command that wants it, and a text of the user's own into the bucket."""
    if not any("{bucket}" in argument for argument in arguments):
        return arguments
    clients("s3").put_object(Bucket=life.bucket, Key=f"{NAME}/mine/texts.csv", Body=TEXT.encode())
    return tuple(argument.format(bucket=life.bucket, name=NAME) for argument in arguments)


def _update_is_taken_back(commands: Commands, clients: Clients) -> None:
    said = commands.run(*GOES_OFF, code=1).stderr
    assert "the former model still serves" in said
    assert ALARM in said
    clients("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="a test")


def _go_off_while_baking(clients: Clients) -> None:
    sagemaker, deadline = clients("sagemaker"), time.monotonic() + 240
    while time.monotonic() < deadline:
        found = sagemaker.describe_endpoint(EndpointName=NAME).get("PendingDeploymentSummary", {})
        variants = found.get("ProductionVariants", [])
        if any(status["Status"] == "Baking" for item in variants for status in item.get("VariantStatus", [])):
            _go_off(clients)
            return
        time.sleep(0.1)


def _go_off(clients: Clients) -> None:
    clients("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="a test")


def _places_of(request: dict[str, Any]) -> list[Location]:
    """Return where a job writes."""
    if "TransformJobName" in request:
        return [Location.parse(request["TransformOutput"]["S3OutputPath"])]
    output = f"{request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{request['TrainingJobName']}"
    checkpoints = [request["CheckpointConfig"]["S3Uri"]] if "CheckpointConfig" in request else []
    return [Location.parse(uri) for uri in (output, *checkpoints)]


def _job_name(params: dict[str, Any]) -> str | None:
    return params.get("TransformJobName") or params.get("TrainingJobName")


class _Recorder:
    """Keeps what jobs wrote and the endpoint answered, for a life where nothing is executed."""

    def __init__(self, life: Life, clients: Clients) -> None:
        self._life, self._s3 = life, clients("s3")
        self._places: dict[str, list[Location]] = {}
        self.handlers: list[Handler] = [
            ("before-parameter-build.sagemaker.CreateTrainingJob", self._begun),
            ("before-parameter-build.sagemaker.CreateTransformJob", self._begun),
            ("after-call.sagemaker.DescribeTrainingJob", self._described),
            ("after-call.sagemaker.DescribeTransformJob", self._described),
            ("before-parameter-build.sagemaker-runtime.InvokeEndpoint", self._asked),
            ("after-call.sagemaker-runtime.InvokeEndpoint", self._answered),
        ]

    def _begun(self, params: dict[str, Any], **_: Any) -> None:
        name = _job_name(params)
        assert name
        self._life.jobs.append(name)
        self._places[name] = _places_of(params)

    def _described(self, parsed: dict[str, Any], **_: Any) -> None:
        name = _job_name(parsed)
        status = parsed.get("TrainingJobStatus") or parsed.get("TransformJobStatus")
        if name not in self._places or status != "Completed" or name in self._life.made:
            return
        self._life.made[name] = [self._below(place) for place in self._places[name]]

    def _below(self, place: Location) -> dict[str, bytes]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=f"{place.key}/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {
            key.removeprefix(place.key): self._s3.get_object(Bucket=place.bucket, Key=key)["Body"].read()
            for key in keys
        }

    def _asked(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = (self._life.commands.number, _as_bytes(params["Body"]))

    def _answered(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        body = parsed["Body"].read()
        parsed["Body"] = StreamingBody(io.BytesIO(body), len(body))
        self._life.answers[context["asked"]] = (body, parsed.get("ContentType", ""))


ANSWERED = {
    "application-autoscaling.ListTagsForResource": "moto lacks it",
    "logs.FilterLogEvents": "nothing logs in moto, so there is no group",
    "pricing.GetProducts": "moto lacks it",
    "sagemaker-runtime.InvokeEndpoint": "nothing serves in moto",
    "sagemaker.DeleteModelPackage": "moto lacks it",
    "sagemaker.DeleteModelPackageGroup": "moto lacks it",
    "sagemaker.UpdateEndpoint": "moto lacks it",
}
"""What moto is not asked, and why: all else it answers itself."""


class _InFrontOfMoto:
    """Answers what moto lacks, and executes what it does not: each job writes what it wrote in the first life."""

    def __init__(self, life: Life, first: Life, clients: Clients) -> None:
        self._life, self._first, self._clients = life, first, clients
        self._goes_off = False
        self._scaling_tags: dict[str, str] = {}
        answers = {
            "application-autoscaling.ListTagsForResource": lambda **_: {"Tags": self._scaling_tags},
            "logs.FilterLogEvents": lambda **_: {"events": []},
            "pricing.GetProducts": lambda **_: {"PriceList": []},
            "sagemaker-runtime.InvokeEndpoint": self._invoked,
            "sagemaker.DeleteModelPackage": _deleted_package,
            "sagemaker.DeleteModelPackageGroup": _deleted_group,
            "sagemaker.UpdateEndpoint": self._updated,
        }
        assert answers.keys() == ANSWERED.keys()
        self.handlers: list[Handler] = [
            *((f"before-call.{_event(name)}", _answering(answer)) for name, answer in answers.items()),
            ("before-parameter-build.sagemaker.CreateTrainingJob", self._executed),
            ("before-parameter-build.sagemaker.CreateTransformJob", self._executed),
            ("before-parameter-build.application-autoscaling.RegisterScalableTarget", self._registered),
            ("before-parameter-build.sagemaker-runtime.InvokeEndpoint", self._asked),
        ]

    def alarmed(self, commands: Commands) -> None:
        """Run the update that an alarm takes back."""
        self._goes_off = True
        _update_is_taken_back(commands, self._clients)

    def _registered(self, params: dict[str, Any], **_: Any) -> None:
        self._scaling_tags = params["Tags"]

    def _executed(self, params: dict[str, Any], **_: Any) -> None:
        name = _job_name(params)
        assert name
        self._life.jobs.append(name)
        made = self._first.made[self._first.jobs[len(self._life.jobs) - 1]]
        for place, written in zip(_places_of(params), made, strict=True):
            for key, content in written.items():
                self._clients("s3").put_object(Bucket=place.bucket, Key=place.key + key, Body=content)

    def _asked(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = (self._life.commands.number, _as_bytes(params["Body"]))

    def _invoked(self, context: dict[str, Any], **_: Any) -> dict[str, Any]:
        body, kind = self._first.answers[context["asked"]]
        return {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": kind}

    def _updated(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        request = json.loads(params["body"])
        backend = _moto()
        endpoint, wanted = backend.endpoints[request["EndpointName"]], request["EndpointConfigName"]
        assert wanted in backend.endpoint_configs
        if self._goes_off:
            self._goes_off = False
            _go_off(self._clients)
            endpoint.failure_reason = "The deployment was rolled back because of an alarm."
        else:
            endpoint.endpoint_config_name = wanted
        return {"EndpointArn": endpoint.arn}


def _moto() -> Any:
    return sagemaker_backends["123456789012"][REGION]


def _deleted_package(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    name = json.loads(params["body"])["ModelPackageName"]
    del _moto().model_packages[_moto().model_package_name_mapping.get(name, name)]
    return {}


def _deleted_group(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    name = json.loads(params["body"])["ModelPackageGroupName"]
    packages = _moto().model_packages.values()
    assert not [item for item in packages if item.model_package_group_name == name], "as SageMaker refuses"
    del _moto().model_package_groups[name]
    return {}


def _answering(answer: Callable[..., dict[str, Any]]) -> Callable[..., tuple[Any, dict[str, Any]]]:
    def answered(**about: Any) -> tuple[Any, dict[str, Any]]:
        return SimpleNamespace(status_code=200, headers={}, content=b""), answer(**about)

    return answered


def _event(name: str) -> str:
    """Return an operation's name as botocore's events have it: with the service's id."""
    service, operation = name.split(".")
    ids = {"application-autoscaling": "application-auto-scaling", "logs": "cloudwatch-logs"}
    return f"{ids.get(service, service)}.{operation}"


def _as_bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else str(body).encode()
