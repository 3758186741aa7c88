"""Following an endpoint until it serves, with a line for each change, and why it does not when it does not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pipeline.aws.log_reading import LogSource, read
from pipeline.aws.session import Session
from pipeline.aws.statuses import CHANGING
from pipeline.console import say
from pipeline.deployment.updating import alarms
from pipeline.errors import JobFailed, NotReady

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

_LOG_LINES = 10
_LOG_MINUTES = 15.0


def wait_in_service(session: Session, config: str) -> None:
    """Wait until the endpoint serves with `config`; a rehearsal has nothing to wait for.

    Raises
    ------
    JobFailed
        If it does not; the message has SageMaker's reason and the containers' last lines.
    """
    if session.rehearsal is not None:
        return
    found = _at_rest(session)
    if found["EndpointStatus"] == "InService" and found["EndpointConfigName"] == config:
        return
    what = (
        "the update failed and the former model still serves."
        if found["EndpointStatus"] == "InService"
        else f"{found['EndpointStatus']}."
    )
    raise JobFailed("\n".join([f"endpoint {session.name}: {what} {_reason(session, found)}", *_last_lines(session)]))


def _at_rest(session: Session) -> DescribeEndpointOutputTypeDef:
    began, last = time.monotonic(), ""
    while True:
        found = session.sagemaker.describe_endpoint(EndpointName=session.name)
        if (now := _stage(found)) != last:
            say(f"endpoint {session.name}: {now} ({time.monotonic() - began:.0f} s)")
            last = now
        if found["EndpointStatus"] not in CHANGING:
            return found
        time.sleep(session.target.poll_seconds)


def _stage(found: DescribeEndpointOutputTypeDef) -> str:
    """Return the status, and what SageMaker says of each variant that is under way."""
    pending = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
    stages = {
        f"{status['Status']}{': ' + status['StatusMessage'] if status.get('StatusMessage') else ''}"
        for variant in pending
        for status in variant.get("VariantStatus", [])
    }
    return " ".join([found["EndpointStatus"], *([f"({'; '.join(sorted(stages))})"] if stages else [])])


def _reason(session: Session, found: DescribeEndpointOutputTypeDef) -> str:
    reason = found.get("FailureReason", "SageMaker gives no reason.")
    gone_off = alarms.gone_off(session)
    return f"{reason} Alarms that have gone off: {', '.join(gone_off)}." if gone_off else reason


def _last_lines(session: Session) -> list[str]:
    try:
        lines = list(read(session, LogSource.ENDPOINT, _LOG_MINUTES, follow=False))[-_LOG_LINES:]
    except NotReady:
        return []
    return ["the last lines of the containers (`make logs` has more):", *(f"  {line.message}" for line in lines)]
