"""Runs what stands behind endpoints: brings deployments up, takes them down, and changes one for the next without
losing a request.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from local_sagemaker.sagemaker.endpoints import guardrails, invocation
from local_sagemaker.sagemaker.endpoints.capture import Captures
from local_sagemaker.sagemaker.endpoints.deployment import Deployment, VariantFailed
from local_sagemaker.sagemaker.endpoints.fleets import Fleets
from local_sagemaker.sagemaker.endpoints.invocation import Invocation, InvocationResult
from local_sagemaker.sagemaker.endpoints.metrics import EndpointMetrics
from local_sagemaker.sagemaker.endpoints.records import Endpoint, EndpointStatus, Plan, VariantStatus
from local_sagemaker.sagemaker.endpoints.running import RunningEndpoint
from local_sagemaker.sagemaker.endpoints.shifting import AlarmStates, RolledBack, Shift
from local_sagemaker.sagemaker.endpoints.supervision import BackOff, Supervisor
from local_sagemaker.sagemaker.models.model_data import ModelDataMissing
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.limits import INVOCATION_SECONDS, REASON_CHARACTERS
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.handover import Handover
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.retrying import until_done
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason

_log = logging.getLogger(__name__)


class RunningEndpoints:
    """All endpoints that run, and their way from status to status.

    Parameters
    ----------
    endpoints : Resources of Endpoint
        Their records.
    tags : Tags
        Dropped with an endpoint.
    instance : ComputeInstance
        Where containers run.
    back_off : BackOff
        How crashed containers are started again.
    alarms : AlarmStates
        CloudWatch's alarms, which can stop an update.
    """

    def __init__(
        self,
        endpoints: Resources[Endpoint],
        tags: Tags,
        instance: ComputeInstance,
        back_off: BackOff,
        alarms: AlarmStates,
    ) -> None:
        self.captures = Captures(instance.objects)
        self.metrics = EndpointMetrics()
        self.alarms = alarms
        self._fleets = Fleets(instance)
        self._endpoints = endpoints
        self._tags = tags
        self._instance = instance
        self._back_off = back_off
        self._running: dict[str, RunningEndpoint] = {}
        self._lock = threading.Lock()
        self._closing = False

    def invoke(self, call: Invocation) -> InvocationResult:
        """Answer InvokeEndpoint. While an endpoint comes back after the server was away, its requests wait.

        Raises
        ------
        AwsError
            `ValidationError` if the endpoint is not in service, or takes asynchronous invocations only.
        """
        deployment = self._entered(call.endpoint, INVOCATION_SECONDS)
        try:
            if deployment.plan.asynchronous is not None:
                raise invocation.invalid(f"Endpoint {call.endpoint} is asynchronous: call InvokeEndpointAsync.")
            return self._ask(deployment, call, INVOCATION_SECONDS)
        finally:
            deployment.leave()

    def invoke_asynchronously(self, call: Invocation, seconds: float) -> InvocationResult:
        """Send an asynchronous request, for whose answer each container has so many seconds.

        Raises
        ------
        AwsError
            `ValidationError` if the endpoint is not in service.
        """
        deployment = self._entered(call.endpoint, None)
        try:
            return self._ask(deployment, call, seconds)
        finally:
            deployment.leave()

    def plan_of(self, endpoint: str) -> Plan:
        """Tell what an endpoint serves; raises `ValidationError` if it is not in service."""
        deployment = self._entered(endpoint, INVOCATION_SECONDS)
        deployment.leave()
        return deployment.plan

    def serving(self, endpoint: str) -> Deployment | None:
        """Tell what serves an endpoint right now; None if it is not there, or nothing does."""
        running = self._running.get(endpoint)
        return None if running is None else running.serving

    def _ask(self, deployment: Deployment, call: Invocation, seconds: float) -> InvocationResult:
        result = invocation.ask(deployment, call, self._instance.arns, self.metrics.note, seconds)
        if deployment.plan.capture is not None:
            self.captures.take(deployment.plan.capture, call, result)
        return result

    def _entered(self, endpoint: str, patience: float | None) -> Deployment:
        """Let a request into the deployment that serves, into its successor if they are just changing; the caller has
        it leave.
        """
        running = self._running.get(endpoint)
        if running is None:
            raise invocation.not_found(endpoint)
        if running.serving is None and running.recovering:
            running.start_ended.wait(patience)
        while (deployment := running.chosen()) is not None and not deployment.enter():
            pass
        if deployment is None:
            raise invocation.not_found(endpoint)
        return deployment

    def create(self, name: str, plan: Plan, handover: Handover) -> None:
        """Bring up a new endpoint, whose record is being written.

        Raises
        ------
        AwsError
            `ServiceUnavailable` if the server is stopping.
        """
        running = RunningEndpoint(name, recovering=False)
        with self._lock:
            if self._closing:
                raise refusals.stopping()
            running.work(lambda: self._bring_up(running, plan), handover, lambda: self._drop(running))
            self._running[name] = running

    def update(self, name: str, plan: Plan, handover: Handover) -> None:
        """Bring up an endpoint's next deployment, whose record is being written, and change over to it."""
        running = self._running.get(name)
        if running is None:  # the server could not bring it back when it started
            self.create(name, plan, handover)
        else:
            running.work(lambda: self._change_over(running, plan), handover)

    def share_out(self, name: str) -> None:
        """Give an endpoint's traffic to its variants by the weights in its record.

        Of two changes at once each reads what the later one has written.
        """
        if (running := self._running.get(name)) is None:
            return
        with running.turn:
            deployment, record = running.serving, self._endpoints.get(name)
            if deployment is None or record is None or record.deployed is None:
                return
            if record.deployed.copies == deployment.plan.copies:
                deployment.share_out(record.deployed)

    def delete(self, name: str, handover: Handover) -> None:
        """Take an endpoint down, whose record is being written, and forget it."""
        handover.thread(f"delete {name}", lambda: self._take_down(name))

    def recover(self) -> None:
        """Bring back, at the server's start, every endpoint that was in service, and finish what was under way."""
        for kept in list(self._instance.artefacts.iterdir()):
            self._remove_unneeded_copies(kept.name)
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
            still_running = list(self._running.values())
        closers = [threading.Thread(target=running.close, args=(StopReason.SHUT_DOWN,)) for running in still_running]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()

    def _bring_up(self, running: RunningEndpoint, plan: Plan) -> None:
        try:
            self._serve(running, self._fleets.started(running.name, plan, running.stop))
        except Stopped:
            return
        except Exception as error:
            self._set_failed(running.name, _reason(running.name, error))
        finally:
            running.start_ended.set()

    def _change_over(self, running: RunningEndpoint, plan: Plan) -> None:
        before, watch_before, begun = running.serving, running.supervisor, time.monotonic()
        try:
            self._enter(running.name, VariantStatus.CREATING)
            successor = self._fleets.started(running.name, plan, running.stop)
            self._shift(running, successor, begun)
            self._serve(running, successor)
        except Stopped:
            return
        except Exception as error:
            self._keep_old(running, _reason(running.name, error))
            return
        finally:
            running.shift = None
        if before is not None:
            self._retire(running, before, watch_before)

    def _shift(self, running: RunningEndpoint, successor: Deployment, begun: float) -> None:
        """Lead the traffic over to a successor as the update's DeploymentConfig asks; what stops that leads it back."""
        watch: Supervisor | None = None
        try:
            record = self._endpoints.get(running.name)
            rollout = guardrails.rollout(record.deployment_config if record else None, successor.plan)
            if rollout.at_once:
                return
            running.shift = shift = Shift(successor, rollout, self.alarms, begun)
            watch = Supervisor(successor, shift.fail, self._back_off)
            shift.run(running.stop, lambda status: self._enter(running.name, status))
        except BaseException:
            running.shift = None
            self._retire(running, successor, watch)
            raise
        watch.stop()  # who serves is watched by another

    def _enter(self, name: str, status: VariantStatus) -> None:
        """Note the stage of an update."""
        self._change(name, lambda record: record.at_stage(status))

    def _bring_back(self, endpoint: Endpoint, plan: Plan) -> None:
        pending = endpoint.pending if endpoint.status is EndpointStatus.UPDATING else None
        status = EndpointStatus.SYSTEM_UPDATING if pending is None else EndpointStatus.UPDATING
        self._endpoints.change(endpoint.name, lambda record: replace(record, status=status))
        running = self._running[endpoint.name] = RunningEndpoint(endpoint.name, recovering=True)

        def work() -> None:
            self._bring_up(running, plan)
            if pending not in (None, plan) and running.serving is not None:
                self._change_over(running, pending)

        with Handover() as handover:
            running.work(work, handover)

    def _serve(self, running: RunningEndpoint, deployment: Deployment) -> None:
        """Send requests to a deployment that is up, and say so in the record."""
        try:
            with running.turn:
                running.supervisor = Supervisor(
                    deployment, lambda reason: self._give_up(running, deployment, reason), self._back_off
                )
                running.serving = deployment
                self._change(running.name, lambda record: record.serving(deployment.plan))
        except BaseException:
            deployment.stop()
            raise
        self._remove_unneeded_copies(running.name)

    def _retire(self, running: RunningEndpoint, before: Deployment, watch: Supervisor | None) -> None:
        """Stop a deployment that another has followed, once it is empty."""
        with suppress(Stopped), running.stop.on_stop(before.stop):
            before.drain(before.longest_request)
        if watch is not None:  # not sooner: requests inside may be waiting for a container that it restarts
            watch.stop()
        until_done(f"the end of what endpoint {running.name} served before", before.stop)

    def _keep_old(self, running: RunningEndpoint, reason: str) -> None:
        """Note that an update failed; what served before serves on."""
        reason = reason[:REASON_CHARACTERS]
        with running.turn:
            status = EndpointStatus.IN_SERVICE if running.serving is not None else EndpointStatus.FAILED
            self._change(
                running.name,
                lambda record: replace(record, status=status, pending=None, failure_reason=reason, stage=None),
            )
        self._remove_unneeded_copies(running.name)

    def _give_up(self, running: RunningEndpoint, deployment: Deployment, reason: str) -> None:
        """Take an endpoint out of service whose containers keep dying; an update under way may still save it."""
        with running.turn:
            served = running.serving is deployment  # else its successor serves already
            if served:
                running.serving = None
            until_done(f"the end of endpoint {running.name}", deployment.stop)
            if served:
                self._change(
                    running.name,
                    lambda record: record if record.status is EndpointStatus.UPDATING else record.failed(reason),
                )

    def _set_failed(self, name: str, reason: str) -> None:
        self._change(name, lambda record: record.failed(reason))

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
            running = self._running.pop(name, None)
        if running is not None:
            until_done(f"the end of endpoint {name}", lambda: running.close(StopReason.BY_USER))
        if not self._closing:
            until_done(f"the deletion of endpoint {name}", lambda: self._forget(name))

    def _drop(self, running: RunningEndpoint) -> None:
        with self._lock:
            if self._running.get(running.name) is running:
                del self._running[running.name]

    def _remove_unneeded_copies(self, name: str) -> None:
        """Remove the copies of artefacts that an endpoint needs no more; all, if there is no such endpoint."""
        directory = self._instance.artefacts / name
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
        shutil.rmtree(self._instance.artefacts / name, ignore_errors=True)
        shutil.rmtree(self._instance.work / "endpoints" / name, ignore_errors=True)
        with self._endpoints.transaction():  # one step, or a tag that comes between is left to the next of this name
            self._tags.forget(self._instance.arns.of(Kind.ENDPOINT, name))
            self._endpoints.remove(name)


def _reason(endpoint: str, error: Exception) -> str:
    """Word a FailureReason; what nobody foresaw is the server's own fault, and goes to its log too."""
    if isinstance(error, VariantFailed | ModelDataMissing | RolledBack):
        return str(error)
    _log.error("endpoint %s could not be brought up", endpoint, exc_info=error)
    return f"InternalServerError: {type(error).__name__}: {error}"
