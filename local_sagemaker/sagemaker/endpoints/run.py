"""Runs what stands behind endpoints: brings deployments up, takes them down, and changes one for the next without
losing a request.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from local_sagemaker.sagemaker.endpoints import invocation
from local_sagemaker.sagemaker.endpoints.deployment import Deployment, VariantFailed
from local_sagemaker.sagemaker.endpoints.invocation import Invocation, InvocationResult
from local_sagemaker.sagemaker.endpoints.records import Endpoint, EndpointStatus, Plan, VariantPlan
from local_sagemaker.sagemaker.endpoints.supervision import BackOff, Supervisor
from local_sagemaker.sagemaker.models.model_data import ModelDataMissing
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.limits import INVOCATION_SECONDS, REASON_CHARACTERS
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.host import Host
from local_sagemaker.sagemaker.running.log_streams import endpoint_group, instance_id
from local_sagemaker.sagemaker.running.pipelines import RunningPipeline
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason, StopRequest

_log = logging.getLogger(__name__)


class _Hosted:
    """One endpoint's running side. `serving` is what requests go to; it is set and read without a lock."""

    def __init__(self, name: str, recovering: bool) -> None:
        self.name = name
        self.serving: Deployment | None = None
        self.supervisor: Supervisor | None = None
        self.stop = StopRequest()
        self.recovering = recovering
        self.settled = threading.Event()
        """Set once the endpoint serves, or will not."""
        self._workers: list[threading.Thread] = []

    def work(self, task: Callable[[], None]) -> None:
        """Do a task in a thread of this endpoint."""
        worker = threading.Thread(target=task, name=f"endpoint {self.name}", daemon=True)
        self._workers = [*(one for one in self._workers if one.is_alive()), worker]
        worker.start()

    def close(self, reason: StopReason) -> None:
        """End everything: a start under way, the watch, the containers."""
        self.stop.give(reason)
        for worker in self._workers:
            worker.join()
        if self.supervisor is not None:
            self.supervisor.stop()
        deployment, self.serving = self.serving, None
        if deployment is not None:
            deployment.stop()
        self.settled.set()


class Hosting:
    """All endpoints that run, and their way from status to status.

    Parameters
    ----------
    endpoints
        Their records.
    tags
        Dropped with an endpoint.
    host
        Where containers run.
    back_off
        How crashed containers are started again.
    """

    def __init__(self, endpoints: Resources[Endpoint], tags: Tags, host: Host, back_off: BackOff) -> None:
        self._endpoints = endpoints
        self._tags = tags
        self._host = host
        self._back_off = back_off
        self._hosted: dict[str, _Hosted] = {}
        self._closing = False

    def invoke(self, call: Invocation) -> InvocationResult:
        """Answer InvokeEndpoint. While an endpoint comes back after the server was away, its requests wait.

        Raises
        ------
        AwsError
            `ValidationError` if the endpoint is not in service.
        """
        hosted = self._hosted.get(call.endpoint)
        if hosted is None:
            raise invocation.not_found(call.endpoint)
        deployment = self._enter(hosted)
        try:
            return invocation.ask(deployment, call, self._host.arns)
        finally:
            deployment.leave()

    @staticmethod
    def _enter(hosted: _Hosted) -> Deployment:
        """Let a request into the deployment that serves; into its successor if they are just changing."""
        if hosted.serving is None and hosted.recovering:
            hosted.settled.wait(INVOCATION_SECONDS)
        while (deployment := hosted.serving) is not None:
            if deployment.enter():
                return deployment
        raise invocation.not_found(hosted.name)

    def create(self, name: str, plan: Plan) -> None:
        """Bring up a new endpoint."""
        hosted = self._hosted[name] = _Hosted(name, recovering=False)
        hosted.work(lambda: self._bring_up(hosted, plan))

    def update(self, name: str, plan: Plan) -> None:
        """Bring up an endpoint's next deployment and change over to it."""
        if (hosted := self._hosted.get(name)) is not None:
            hosted.work(lambda: self._change_over(hosted, plan))

    def share_out(self, name: str, plan: Plan) -> None:
        """Give an endpoint's traffic to its variants by new weights."""
        hosted = self._hosted.get(name)
        if hosted is not None and (deployment := hosted.serving) is not None:
            deployment.share_out(plan)

    def delete(self, name: str) -> None:
        """Take an endpoint down and forget it."""
        hosted = self._hosted.pop(name, None)
        threading.Thread(target=self._take_down, args=(name, hosted), name=f"delete {name}", daemon=True).start()

    def recover(self) -> None:
        """Bring back, at the server's start, every endpoint that was in service, and finish what was under way."""
        for kept in list(self._host.artefacts.iterdir()):
            self._tidy(kept.name)
        for endpoint in self._endpoints.all():
            match endpoint:
                case Endpoint(status=EndpointStatus.DELETING):
                    self._forget(endpoint.name)
                case Endpoint(status=EndpointStatus.CREATING, pending=Plan() as plan):
                    self.create(endpoint.name, plan)
                case Endpoint(deployed=Plan() as plan) if endpoint.status is not EndpointStatus.FAILED:
                    self._bring_back(endpoint, plan)

    def shut_down(self) -> None:
        """Stop every container; the records stay, for the next start."""
        self._closing = True
        closers = [
            threading.Thread(target=hosted.close, args=(StopReason.SHUT_DOWN,))
            for hosted in list(self._hosted.values())
        ]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()

    def _bring_up(self, hosted: _Hosted, plan: Plan) -> None:
        try:
            deployment = self._started(hosted, plan)
        except Stopped:
            return
        except Exception as error:
            self._set_failed(hosted.name, _reason(hosted.name, error))
        else:
            self._serve(hosted, deployment)
        finally:
            hosted.settled.set()

    def _change_over(self, hosted: _Hosted, plan: Plan) -> None:
        try:
            deployment = self._started(hosted, plan)
        except Stopped:
            return
        except Exception as error:
            self._keep_old(hosted, _reason(hosted.name, error))
        else:
            self._serve(hosted, deployment)

    def _bring_back(self, endpoint: Endpoint, plan: Plan) -> None:
        pending = endpoint.pending if endpoint.status is EndpointStatus.UPDATING else None
        status = EndpointStatus.SYSTEM_UPDATING if pending is None else EndpointStatus.UPDATING
        self._endpoints.change(endpoint.name, lambda record: replace(record, status=status))
        hosted = self._hosted[endpoint.name] = _Hosted(endpoint.name, recovering=True)

        def work() -> None:
            self._bring_up(hosted, plan)
            if pending not in (None, plan) and hosted.serving is not None:
                self._change_over(hosted, pending)

        hosted.work(work)

    def _started(self, hosted: _Hosted, plan: Plan) -> Deployment:
        directory = self._host.work / "endpoints" / hosted.name / secrets.token_hex(4)
        archives = self._host.artefacts / hosted.name / plan.copies
        pipelines = {v.name: self._pipeline(hosted.name, v, directory, archives) for v in plan.variants}
        deployment = Deployment(plan, pipelines, directory)
        deployment.start(hosted.stop)
        return deployment

    def _pipeline(self, endpoint: str, variant: VariantPlan, directory: Path, archives: Path) -> RunningPipeline:
        group, stream = endpoint_group(endpoint), f"{variant.name}/{instance_id()}"
        name = variant.name
        return self._host.pipeline(variant.containers, {}, directory / name, archives / name, group, stream)

    def _serve(self, hosted: _Hosted, deployment: Deployment) -> None:
        """Send requests to a deployment that is up; stop the one before it once it is empty."""
        before, watch_before = hosted.serving, hosted.supervisor
        hosted.serving = deployment
        hosted.supervisor = Supervisor(
            deployment, lambda reason: self._give_up(hosted, deployment, reason), self._back_off
        )
        self._change(hosted.name, lambda record: _serving(record, deployment.plan))
        if before is not None:
            with suppress(Stopped), hosted.stop.ending(before.stop):
                before.drain(INVOCATION_SECONDS)
        if watch_before is not None:  # not sooner: requests inside may be waiting for a container that it restarts
            watch_before.stop()
        if before is not None:
            before.stop()
        self._tidy(hosted.name)

    def _keep_old(self, hosted: _Hosted, reason: str) -> None:
        """Note that an update failed; what served before serves on."""
        status = EndpointStatus.IN_SERVICE if hosted.serving is not None else EndpointStatus.FAILED
        self._change(
            hosted.name,
            lambda record: replace(record, status=status, pending=None, failure_reason=reason[:REASON_CHARACTERS]),
        )
        self._tidy(hosted.name)

    def _give_up(self, hosted: _Hosted, deployment: Deployment, reason: str) -> None:
        """Take an endpoint out of service whose containers keep dying; an update under way may still save it."""
        if hosted.serving is not deployment:  # its successor serves already
            deployment.stop()
            return
        hosted.serving = None
        deployment.stop()
        self._change(
            hosted.name, lambda record: record if record.status is EndpointStatus.UPDATING else _failed(record, reason)
        )

    def _set_failed(self, name: str, reason: str) -> None:
        self._change(name, lambda record: _failed(record, reason))

    def _change(self, name: str, change: Callable[[Endpoint], Endpoint]) -> None:
        """Change a record, unless the endpoint is being deleted."""
        self._endpoints.change(
            name, lambda record: record if record.status is EndpointStatus.DELETING else change(record)
        )

    def _take_down(self, name: str, hosted: _Hosted | None) -> None:
        if hosted is not None:
            hosted.close(StopReason.BY_USER)
        if not self._closing:
            self._forget(name)

    def _tidy(self, name: str) -> None:
        """Remove the copies of artefacts that an endpoint needs no more; all, if there is no such endpoint."""
        directory = self._host.artefacts / name
        found = list(directory.iterdir()) if directory.exists() else []  # before the record, which comes before copies
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            shutil.rmtree(directory, ignore_errors=True)
            return
        needed = [plan.copies for plan in (endpoint.deployed, endpoint.pending) if plan is not None]
        for copies in found:
            if copies.name not in needed:
                shutil.rmtree(copies, ignore_errors=True)

    def _forget(self, name: str) -> None:
        shutil.rmtree(self._host.artefacts / name, ignore_errors=True)
        self._tags.forget(self._host.arns.of(Kind.ENDPOINT, name))
        self._endpoints.remove(name)


def _reason(endpoint: str, error: Exception) -> str:
    """Word a FailureReason; what nobody foresaw is the server's own fault, and goes to its log too."""
    if isinstance(error, VariantFailed | ModelDataMissing):
        return str(error)
    _log.error("endpoint %s could not be brought up", endpoint, exc_info=error)
    return f"InternalServerError: {type(error).__name__}: {error}"


def _serving(record: Endpoint, plan: Plan) -> Endpoint:
    pending = record.pending if record.pending != plan else None
    status = EndpointStatus.IN_SERVICE if pending is None else EndpointStatus.UPDATING
    return replace(record, status=status, deployed=plan, pending=pending)


def _failed(record: Endpoint, reason: str) -> Endpoint:
    return replace(record, status=EndpointStatus.FAILED, failure_reason=reason[:REASON_CHARACTERS])
