"""`deploy-pipeline`: a release of one model of two containers in series, behind one endpoint.

Everything has a name that follows from what is in it, and each step first looks whether it is done, so a command that
was killed is simply run again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.artefacts.runs import Run
from pipeline.aws.session import Session
from pipeline.console import say, warn
from pipeline.deployment import endpoint, scaling
from pipeline.deployment.pipeline_model import CodeChoice, ensure_packaged_model, ensure_pipeline_model
from pipeline.deployment.updating import alarms, history
from pipeline.deployment.updating.alarms import Thresholds
from pipeline.deployment.updating.configuration import VARIANT, Hosting, ensure_config
from pipeline.deployment.updating.progress import wait_in_service
from pipeline.deployment.updating.traffic import Shift, Traffic
from pipeline.errors import BadInput, JobFailed
from pipeline.jobs.container_environment import Serving
from pipeline.jobs.model import Network
from pipeline.registry.packages import Version

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef, UpdateEndpointInputTypeDef


@dataclass(frozen=True, slots=True)
class Release:
    """How a model is brought to the endpoint, and what it runs on."""

    hosting: Hosting
    network: Network
    shift: Shift
    thresholds: Thresholds | None = field(default_factory=Thresholds)
    """None for an endpoint without alarms, whose updates nothing takes back."""

    @classmethod
    def usual(cls, session: Session) -> Release:
        """Return what is done when the user says nothing: one instance, all traffic at once, watched by alarms."""
        return cls(
            Hosting(session.instance_type, kms_key=session.kms_key),
            Network.of(session),
            Shift(Traffic.ALL_AT_ONCE, session.target.bake_seconds),
        )

    def check(self) -> None:
        """See that SageMaker would take it.

        Raises
        ------
        BadInput
            If it would not; the message names the option.
        """
        self.shift.check(self.hosting.instance_count)
        if bool(self.network.subnets) != bool(self.network.security_groups):
            raise BadInput("--subnets and --security-groups go together.")


def deploy(
    session: Session, run: Run, code: CodeChoice, serving: Serving = Serving.WSGI, release: Release | None = None
) -> str:
    """Create or update the endpoint so that it serves `run`; returns the model's name.

    Raises
    ------
    BadInput
        If there is an endpoint of that name which is not ours, or SageMaker would not take the release.
    JobFailed
        If the endpoint did not come in service, or the update was taken back; the message carries its `FailureReason`.
    """
    release = release or Release.usual(session)
    prepare(session, release)
    model_name = ensure_pipeline_model(session, run, code, serving, release.network)
    serve_model(session, model_name, release)
    return model_name


def deploy_version(session: Session, version: Version, release: Release) -> str:
    """Create or update the endpoint so that it serves a version of the registry; returns the model's name.

    Raises as `deploy` does, and `NotReady` where the version is not approved.
    """
    prepare(session, release)
    model_name = ensure_packaged_model(session, version, release.network)
    serve_model(session, model_name, release)
    return model_name


def prepare(session: Session, release: Release) -> None:
    """See that a release can be made, before anything is made for it; raises as `deploy` does."""
    release.check()
    present = endpoint.ours_at_rest(session)
    if present is not None and release.shift.traffic is not Traffic.ALL_AT_ONCE:
        _check_variants(session, present["EndpointConfigName"], release.shift.traffic)


def serve_model(session: Session, model_name: str, release: Release) -> None:
    """Bring the endpoint to a model of ours; raises as `deploy` does."""
    config = ensure_config(session, model_name, release.hosting)
    watching = alarms.ensure(session, release.thresholds) if release.thresholds else []
    serve(session, config, release.shift, release.hosting.instance_count, watching)


def serve(session: Session, config: str, shift: Shift, instance_count: int, watching: list[str]) -> None:
    """Bring the endpoint to `config`: created, updated with no request lost, or made anew when it had failed."""
    present = endpoint.ours_at_rest(session)
    if present is not None and present["EndpointStatus"] == "Failed":
        say(f"endpoint {session.name}: had failed; it is made anew")
        endpoint.delete(session)
        present = None
    if present is None:
        session.sagemaker.create_endpoint(EndpointName=session.name, EndpointConfigName=config, Tags=session.owner_tags)
    elif present["EndpointConfigName"] != config:
        _warn_of_alarms(session, watching)
        _note(session, present, config)
        _update(session, config, shift, instance_count, watching)
    elif present["EndpointStatus"] == "InService":
        say(f"endpoint {session.name}: serves this run already, in this way")
        return
    else:
        raise JobFailed(
            f"endpoint {session.name}: {present['EndpointStatus']}, with this run's configuration already. "
            f"{present.get('FailureReason', '')} Run `make teardown`, then `make deploy-pipeline`."
        )
    wait_in_service(session, config)


def _warn_of_alarms(session: Session, watching: list[str]) -> None:
    """Say which alarms have gone off before the update: SageMaker does not ask which model they went off for.

    The update is not refused: it may be the cure, and an alarm can be over by the time that the new instances are up.
    """
    if not watching:
        return
    for name in alarms.gone_off(session):
        warn(
            f"the alarm {name} is in state ALARM already: SageMaker takes the update back if it still is then. Wait "
            f"until it is OK, raise its threshold, or, where this update is the cure, give --no-alarms."
        )


def _note(session: Session, present: DescribeEndpointOutputTypeDef, config: str) -> None:
    """Record what the endpoint had, for `rollback`."""
    arn, current = present["EndpointArn"], present["EndpointConfigName"]
    recorded = history.read(session, arn)
    if history.rollback_under_way(session, arn):  # one that was cut off; this release takes its place
        history.end_rollback(session, arn)
    following = history.after_update(recorded, current, config)
    if following != recorded:
        history.write(session, arn, following)


def _update(session: Session, config: str, shift: Shift, instance_count: int, watching: list[str]) -> None:
    request: UpdateEndpointInputTypeDef = {
        "EndpointName": session.name,
        "EndpointConfigName": config,
        "DeploymentConfig": shift.deployment_config(instance_count, watching),
    }
    if scaling.found(session) is not None:  # keep as many instances as it has scaled to
        request["RetainAllVariantProperties"] = True
        request["ExcludeRetainedVariantProperties"] = [{"VariantPropertyType": "DataCaptureConfig"}]
    session.sagemaker.update_endpoint(**request)


def _check_variants(session: Session, config: str, traffic: Traffic) -> None:
    found = session.sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    if names := [variant["VariantName"] for variant in found if variant["VariantName"] != VARIANT]:
        raise BadInput(
            f"--traffic {traffic} takes a variant of the same name, {VARIANT}; endpoint {session.name} has "
            f"{', '.join(names)}. Use --traffic {Traffic.ALL_AT_ONCE}."
        )
