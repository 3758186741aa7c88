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
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.limits import INVOCATION_SECONDS, REASON_CHARACTERS
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.handover import Handover
from local_sagemaker.sagemaker.running.host import Host
from local_sagemaker.sagemaker.running.log_streams import endpoint_group, instance_id
from local_sagemaker.sagemaker.running.perseverance import until_done
from local_sagemaker.sagemaker.running.pipelines import RunningPipeline
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason, StopRequest

_log = logging.getLogger(__name__)


class _Hosted:
    """One endpoint's running side. `serving` is what requests go to; they read it without the lock."""

    def __init__(self, name: str, recovering: bool) -> None:
        self.name = name
        self.turn = threading.Lock()
        """Held while what serves and the record of it change together. Never asked for within a transaction."""
        self.serving: Deployment | None = None
        self.supervisor: Supervisor | None = None
        self.stop = StopRequest()
        self.recovering = recovering
        self.settled = threading.Event()
        """Set once the endpoint serves, or will not."""
        self._workers: list[threading.Thread] = []
        self._last: Deployment | None = None

    def work(self, task: Callable[[], None], handover: Handover, undone: Callable[[], None] | None = None) -> None:
        """Do a task in a thread of this endpoint, for what is being written to its record."""
        worker = handover.thread(f"endpoint {self.name}", task, undone)
        self._workers = [*(one for one in self._workers if one.is_alive()), worker]

    def close(self, reason: StopReason) -> None:
        """End everything: a start under way, the watch, the containers. If it does not succeed it can be done again."""
        self.stop.give(reason)
        for worker in self._workers:
            worker.join()
        with self.turn:
            if self.supervisor is not None:
                self.supervisor.stop()
            self._last, self.serving = self.serving or self._last, None
        if self._last is not None:
            self._last.stop()
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
        self._lock = threading.Lock()
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

    def create(self, name: str, plan: Plan, handover: Handover) -> None:
        """Bring up a new endpoint, whose record is being written.

        Raises
        ------
        AwsError
            `ServiceUnavailable` if the server is stopping.
        """
        hosted = _Hosted(name, recovering=False)
        with self._lock:
            if self._closing:
                raise refusals.stopping()
            hosted.work(lambda: self._bring_up(hosted, plan), handover, lambda: self._drop(hosted))
            self._hosted[name] = hosted

    def update(self, name: str, plan: Plan, handover: Handover) -> None:
        """Bring up an endpoint's next deployment, whose record is being written, and change over to it."""
        hosted = self._hosted.get(name)
        if hosted is None:  # the server could not bring it back when it started
            self.create(name, plan, handover)
        else:
            hosted.work(lambda: self._change_over(hosted, plan), handover)

    def share_out(self, name: str) -> None:
        """Give an endpoint's traffic to its variants by the weights in its record.

        Of two changes at once each reads what the later one has written.
        """
        if (hosted := self._hosted.get(name)) is None:
            return
        with hosted.turn:
            deployment, record = hosted.serving, self._endpoints.get(name)
            if deployment is None or record is None or record.deployed is None:
                return
            if record.deployed.copies == deployment.plan.copies:
                deployment.share_out(record.deployed)

    def delete(self, name: str, handover: Handover) -> None:
        """Take an endpoint down, whose record is being written, and forget it."""
        handover.thread(f"delete {name}", lambda: self._take_down(name))

    def recover(self) -> None:
        """Bring back, at the server's start, every endpoint that was in service, and finish what was under way."""
        for kept in list(self._host.artefacts.iterdir()):
            self._tidy(kept.name)
        for endpoint in self._endpoints.all():
            match endpoint:
                case Endpoint(status=EndpointStatus.DELETING):
                    self._forget(endpoint.name)
                case Endpoint(status=EndpointStatus.CREATING, pending=Plan() as plan):
                    with Handover() as handover:
                        self.create(endpoint.name, plan, handover)
                case Endpoint(deployed=Plan() as plan) if endpoint.status is not EndpointStatus.FAILED:
                    self._bring_back(endpoint, plan)

    def shut_down(self) -> None:
        """Stop every container; the records stay, for the next start."""
        with self._lock:
            self._closing = True
            running = list(self._hosted.values())
        closers = [threading.Thread(target=hosted.close, args=(StopReason.SHUT_DOWN,)) for hosted in running]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()

    def _bring_up(self, hosted: _Hosted, plan: Plan) -> None:
        try:
            self._serve(hosted, self._started(hosted, plan))
        except Stopped:
            return
        except Exception as error:
            self._set_failed(hosted.name, _reason(hosted.name, error))
        finally:
            hosted.settled.set()

    def _change_over(self, hosted: _Hosted, plan: Plan) -> None:
        before, watch_before = hosted.serving, hosted.supervisor
        try:
            self._serve(hosted, self._started(hosted, plan))
        except Stopped:
            return
        except Exception as error:
            self._keep_old(hosted, _reason(hosted.name, error))
            return
        if before is not None:
            self._retire(hosted, before, watch_before)

    def _bring_back(self, endpoint: Endpoint, plan: Plan) -> None:
        pending = endpoint.pending if endpoint.status is EndpointStatus.UPDATING else None
        status = EndpointStatus.SYSTEM_UPDATING if pending is None else EndpointStatus.UPDATING
        self._endpoints.change(endpoint.name, lambda record: replace(record, status=status))
        hosted = self._hosted[endpoint.name] = _Hosted(endpoint.name, recovering=True)

        def work() -> None:
            self._bring_up(hosted, plan)
            if pending not in (None, plan) and hosted.serving is not None:
                self._change_over(hosted, pending)

        with Handover() as handover:
            hosted.work(work, handover)

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
        """Send requests to a deployment that is up, and say so in the record."""
        try:
            with hosted.turn:
                hosted.supervisor = Supervisor(
                    deployment, lambda reason: self._give_up(hosted, deployment, reason), self._back_off
                )
                hosted.serving = deployment
                self._change(hosted.name, lambda record: _serving(record, deployment.plan))
        except BaseException:
            deployment.stop()
            raise
        self._tidy(hosted.name)

    def _retire(self, hosted: _Hosted, before: Deployment, watch: Supervisor | None) -> None:
        """Stop a deployment that another has followed, once it is empty."""
        with suppress(Stopped), hosted.stop.ending(before.stop):
            before.drain(before.longest_request)
        if watch is not None:  # not sooner: requests inside may be waiting for a container that it restarts
            watch.stop()
        until_done(f"the end of what endpoint {hosted.name} served before", before.stop)

    def _keep_old(self, hosted: _Hosted, reason: str) -> None:
        """Note that an update failed; what served before serves on."""
        reason = reason[:REASON_CHARACTERS]
        with hosted.turn:
            status = EndpointStatus.IN_SERVICE if hosted.serving is not None else EndpointStatus.FAILED
            self._change(
                hosted.name, lambda record: replace(record, status=status, pending=None, failure_reason=reason)
            )
        self._tidy(hosted.name)

    def _give_up(self, hosted: _Hosted, deployment: Deployment, reason: str) -> None:
        """Take an endpoint out of service whose containers keep dying; an update under way may still save it."""
        with hosted.turn:
            served = hosted.serving is deployment  # else its successor serves already
            if served:
                hosted.serving = None
            until_done(f"the end of endpoint {hosted.name}", deployment.stop)
            if served:
                self._change(
                    hosted.name,
                    lambda record: record if record.status is EndpointStatus.UPDATING else _failed(record, reason),
                )

    def _set_failed(self, name: str, reason: str) -> None:
        self._change(name, lambda record: _failed(record, reason))

    def _change(self, name: str, change: Callable[[Endpoint], Endpoint]) -> None:
        """Change a record, unless the endpoint is being deleted."""
        until_done(
            f"a change of endpoint {name}",
            lambda: self._endpoints.change(
                name, lambda record: record if record.status is EndpointStatus.DELETING else change(record)
            ),
        )

    def _take_down(self, name: str) -> None:
        with self._lock:
            hosted = self._hosted.pop(name, None)
        if hosted is not None:
            until_done(f"the end of endpoint {name}", lambda: hosted.close(StopReason.BY_USER))
        if not self._closing:
            until_done(f"the deletion of endpoint {name}", lambda: self._forget(name))

    def _drop(self, hosted: _Hosted) -> None:
        with self._lock:
            if self._hosted.get(hosted.name) is hosted:
                del self._hosted[hosted.name]

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
        shutil.rmtree(self._host.work / "endpoints" / name, ignore_errors=True)
        with self._endpoints.transaction():  # one step, or a tag that comes between is left to the next of this name
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
