"""`rollback`: the endpoint goes back to the configuration before, as fast as it can."""

from __future__ import annotations

from pipeline.aws.session import Session
from pipeline.console import say
from pipeline.deployment import endpoint
from pipeline.deployment.updating import history
from pipeline.deployment.updating.progress import wait_in_service
from pipeline.deployment.updating.traffic import Shift, Traffic
from pipeline.errors import NotReady


def rollback(session: Session) -> str:
    """Bring the endpoint back to the configuration before; returns its name.

    A rollback that was cut off is carried on, not begun again one configuration further back.

    Raises
    ------
    NotReady
        If there is no endpoint, or nothing is known of a configuration before, or it was deleted.
    JobFailed
        If it does not come in service.
    """
    present = endpoint.ours_at_rest(session)
    if present is None:
        raise endpoint.not_deployed(session)
    arn, current = present["EndpointArn"], present["EndpointConfigName"]
    goal = history.rollback_under_way(session, arn)
    if goal is None:
        goal = _goal(session, arn, current)
        history.begin_rollback(session, arn, goal)
    say(f"endpoint {session.name}: back from {current} to {goal}")
    if goal != current:
        shift = Shift(Traffic.ALL_AT_ONCE, bake_seconds=0)  # without alarms: they may well have gone off
        session.sagemaker.update_endpoint(
            EndpointName=session.name, EndpointConfigName=goal, DeploymentConfig=shift.deployment_config(1, [])
        )
        wait_in_service(session, goal)
    history.end_rollback(session, arn)
    return goal


def _goal(session: Session, arn: str, current: str) -> str:
    goal = history.before(history.read(session, arn), current)
    if goal is None:
        raise NotReady(
            f"Nothing is known of a configuration of endpoint {session.name} before {current}. `make deploy-pipeline` "
            f"with --run brings another run."
        )
    if endpoint.describe_config(session, goal) is None:
        raise NotReady(f"The configuration before, {goal}, was deleted: `make deploy-pipeline` makes another.")
    return goal
