"""The command-line options that say how a model is brought to the endpoint, and what it runs on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec

import click

if TYPE_CHECKING:
    from pipeline.aws.session import Session
    from pipeline.deployment.deploy import Release

P = ParamSpec("P")

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class Duration(click.ParamType[int]):
    """A time such as 90s, 10m, 2h or 1d; a number alone counts seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return it in seconds."""
        if isinstance(value, int):
            return value
        if (found := re.fullmatch(r"(\d+)([smhd]?)", value)) is None:
            self.fail(f"{value!r} is no time such as 90s, 10m, 2h or 1d.", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


class Percentage(click.ParamType[int]):
    """A share such as 10%."""

    name = "percentage"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return how many percent."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,3})%?", value)
        if found is None or not 1 <= int(found[1]) <= 100:
            self.fail(f"{value!r} is no share from 1% to 100%.", param, ctx)
        return int(found[1])


_OPTIONS = [
    click.option(
        "--instance-type", "own_type", envvar="INSTANCE_TYPE", help="Of the endpoint.  [default: that of all commands]"
    ),
    click.option(
        "--instance-count",
        type=click.IntRange(min=1),
        default=1,
        envvar="INSTANCE_COUNT",
        show_default=True,
        help="How many instances.",
    ),
    click.option(
        "--traffic",
        type=click.Choice(["canary", "linear", "all-at-once"]),
        default="all-at-once",
        envvar="TRAFFIC",
        show_default=True,
        help="How an update shifts traffic to the new model; canary and linear take two instances or more.",
    ),
    click.option(
        "--traffic-size",
        envvar="TRAFFIC_SIZE",
        metavar="COUNT|PERCENT%",
        help="Of the canary, or of each linear step.  [default: one instance, or a tenth of them]",
    ),
    click.option(
        "--bake",
        type=Duration(),
        envvar="BAKE",
        help="How long each step of an update is watched before the next.  [default: 5m; 0 on the local target]",
    ),
    click.option(
        "--max-p99",
        type=click.FloatRange(min=0, min_open=True),
        default=1000.0,
        show_default=True,
        metavar="MILLISECONDS",
        help="Above this latency of the slowest in a hundred requests the alarm goes off.",
    ),
    click.option("--alarms/--no-alarms", default=True, show_default=True, help="Whether alarms take an update back."),
    click.option(
        "--capture", type=Percentage(), envvar="CAPTURE", help="Keep this share of the requests in S3.  [default: none]"
    ),
    click.option("--subnets", help="Of the model's network, with commas.  [default: those of bootstrap]"),
    click.option("--security-groups", help="Of the model's network, with commas.  [default: those of bootstrap]"),
    click.option("--kms-key", help="Encrypts the instances' disks and what is captured.  [default: that of bootstrap]"),
    click.option(
        "--network-isolation/--no-network-isolation",
        default=True,
        show_default=True,
        help="Whether the containers reach nothing at all.",
    ),
]


def release_options(command: Callable[P, Any]) -> Callable[P, Any]:
    """Give a command the options of a release."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def as_release(session: Session, given: dict[str, Any]) -> Release:
    """Return what the options say."""
    from pipeline.deployment.deploy import Release
    from pipeline.deployment.updating.alarms import Thresholds
    from pipeline.deployment.updating.configuration import Hosting
    from pipeline.deployment.updating.traffic import Shift, Size, Traffic

    size, bake, count = given["traffic_size"], given["bake"], given["instance_count"]
    shift = Shift(
        Traffic(given["traffic"]),
        session.target.bake_seconds if bake is None else bake,
        Size.parse(size) if size else None,
    )
    shift.check(count)  # before the account is asked for anything
    kms_key = given["kms_key"] or session.kms_key
    return Release(
        Hosting(given["own_type"] or session.instance_type, count, given["capture"], kms_key),
        _network(session, given),
        shift,
        Thresholds(p99_milliseconds=given["max_p99"]) if given["alarms"] else None,
    )


def _network(session: Session, given: dict[str, Any]) -> Any:
    from pipeline.jobs.model import Network

    subnets, groups = _parts(given["subnets"]), _parts(given["security_groups"])
    usual = Network.of(session)
    return Network(given["network_isolation"], subnets or usual.subnets, groups or usual.security_groups)


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
