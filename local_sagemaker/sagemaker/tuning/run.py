"""One run of a tuning job: training jobs, some at a time, until there were enough."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.resources.statuses import INTERNAL, JobStatus
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.running.job_run import JobFailed, JobRun
from local_sagemaker.sagemaker.running.stopping import StopReason, StopRequest, time_limit
from local_sagemaker.sagemaker.training.metrics import Metric
from local_sagemaker.sagemaker.training.operations import TrainingJobOperations
from local_sagemaker.sagemaker.tuning.completion import Progress
from local_sagemaker.sagemaker.tuning.early_stopping import MedianRule
from local_sagemaker.sagemaker.tuning.records import Trial, TuningJob, objective_of
from local_sagemaker.sagemaker.tuning.requests import space_chosen_from
from local_sagemaker.sagemaker.tuning.strategies.bayesian import BayesianSearch, SearchFailed
from local_sagemaker.sagemaker.tuning.strategies.parameters import Space
from local_sagemaker.sagemaker.tuning.strategies.search import GridSearch, RandomSearch, Search
from local_sagemaker.sagemaker.tuning.summaries import Outcome
from local_sagemaker.sagemaker.tuning.training_requests import training_request, trial_name


@dataclass(frozen=True, slots=True)
class _Source:
    """A training job definition, and the search over its parameters."""

    definition: Mapping[str, Any]
    objective: Mapping[str, str]
    search: Search


@dataclass(frozen=True, slots=True)
class _Active:
    """A training job that runs, and how many have failed in its place."""

    trial: Trial
    source: _Source
    failed: int = 0


class TuningRun(JobRun[TuningJob]):
    """Runs one job in the calling thread, and keeps its record up to date.

    Parameters
    ----------
    job : TuningJob
        The job's record, just created.
    jobs : Resources of TuningJob
        Where the record is kept.
    training : TrainingJobOperations
        Starts and stops training jobs.
    arn : str
        The job's ARN.
    """

    def __init__(self, job: TuningJob, jobs: Resources[TuningJob], training: TrainingJobOperations, arn: str) -> None:
        super().__init__(job, jobs)
        self._training = training
        self._arn = arn
        self._limits = job.config["ResourceLimits"]
        self._rule = MedianRule(job.objective(job.definitions[0].get("DefinitionName"))["Type"] == "Maximize")
        self._active: dict[str, _Active] = {}
        self._hopeless: set[str] = set()
        self._progress = Progress(job.config)
        self._numbered = 0

    def _work(self, stop: StopRequest) -> None:
        try:
            with ExitStack() as ends:
                sources = deque(self._source(definition, ends) for definition in self._job.definitions)
                ends.enter_context(stop.on_stop(self._training.running.wake))
                if "MaxRuntimeInSeconds" in self._limits:
                    ends.enter_context(time_limit(self._limits["MaxRuntimeInSeconds"], stop))
                self._search(sources, stop)
        except SearchFailed as error:
            raise JobFailed(f"{INTERNAL}: {error}") from error
        finally:
            if stop.reason is not StopReason.SHUT_DOWN:
                self._stop_all()
        if reason := self._progress.fruitless(final=True):
            raise JobFailed(reason)

    def _source(self, definition: Mapping[str, Any], ends: ExitStack) -> _Source:
        request, config = self._job.request, self._job.config
        space, objective = space_chosen_from(request, definition), objective_of(request, definition)
        search = _search_of(config, space, objective["Type"] == "Maximize", self._job.name)
        ends.callback(search.close)
        return _Source(definition, objective, search)

    def _search(self, sources: deque[_Source], stop: StopRequest) -> None:
        """Keep as many training jobs running as there may be, until there is nothing more to start or to wait for."""
        while not self._progress.done:
            stop.check()
            self._start_more(sources)
            if not self._active:
                return
            self._training.running.wait_until(lambda: stop.event.is_set() or bool(self._hopeless) or bool(self._over))
            self._stop_hopeless()
            for name in self._over:
                self._settle(self._active.pop(name))
            if reason := self._progress.fruitless(final=False):
                raise JobFailed(reason)

    def _start_more(self, sources: deque[_Source]) -> None:
        """Start training jobs, of each definition in turn."""
        most = self._limits.get("MaxNumberOfTrainingJobs")
        while sources and len(self._active) < self._limits["MaxParallelTrainingJobs"]:
            if most is not None and self._progress.started >= most:
                return
            source = sources.popleft()
            tuned = source.search.next()
            if tuned is not None:
                sources.append(source)
                self._progress.started += 1
                self._start(source, tuned)

    def _start(self, source: _Source, tuned: Mapping[str, str], failed: int = 0) -> None:
        self._numbered += 1
        name = trial_name(self._job.name, self._numbered)
        trial = Trial(name, tuned, source.definition.get("DefinitionName"))
        self._jobs.change(self._job.name, lambda job: replace(job, trials=(*job.trials, trial)))
        request = training_request(name, source.definition, source.objective, tuned, self._job.request.get("Tags"))
        try:
            self._training.start(request, self._arn, partial(self._hear, name, source.objective["MetricName"]))
        except AwsError as error:
            raise JobFailed(f"ClientError: the training job {name} was refused: {error.message}") from error
        self._active[name] = _Active(trial, source, failed)

    def _hear(self, name: str, objective: str, metric: Metric) -> None:
        """Take a metric of a training job that runs; called from its own thread."""
        if self._job.config.get("TrainingJobEarlyStoppingType") != "Auto" or metric.name != objective:
            return
        if self._rule.hear(name, metric.value):
            self._hopeless.add(name)
            self._training.running.wake()

    @property
    def _over(self) -> list[str]:
        return [name for name in self._active if not self._training.running.is_running(name)]

    def _settle(self, active: _Active) -> None:
        """Note what a training job has come to: another takes the place of one that failed by no doing of its own."""
        outcome = Outcome(active.trial, self._training.find(active.trial.name), active.source.objective)
        if self._to_be_retried(active, outcome):
            self._mark_retried(active.trial)
            self._start(active.source, active.trial.tuned, active.failed + 1)
            return
        self._progress.hear(outcome)
        active.source.search.report(active.trial.tuned, outcome.value)

    def _to_be_retried(self, active: _Active, outcome: Outcome) -> bool:
        attempts = active.source.definition.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)
        failed = outcome.job.status is JobStatus.FAILED and (outcome.job.failure_reason or "").startswith(INTERNAL)
        return failed and active.failed < attempts

    def _mark_retried(self, trial: Trial) -> None:
        retried = replace(trial, retried=True)
        self._jobs.change(
            self._job.name,
            lambda job: replace(job, trials=tuple(retried if one == trial else one for one in job.trials)),
        )

    def _stop_hopeless(self) -> None:
        while self._hopeless:
            self._stop(self._hopeless.pop())

    def _stop_all(self) -> None:
        """Stop what still runs, and wait for its end."""
        for name in self._active:
            self._stop(name)
        self._training.running.wait_until(lambda: len(self._over) == len(self._active))

    def _stop(self, name: str) -> None:
        with contextlib.suppress(AwsError):  # it has just ended
            self._training.stop({"TrainingJobName": name})

    def _stopped(self, reason: StopReason | None) -> None:
        late = f"MaxRuntimeExceeded: the job was to end within {self._limits.get('MaxRuntimeInSeconds')} s."
        self._end(JobStatus.STOPPED, late if reason is StopReason.OUT_OF_TIME else None)


def _search_of(config: Mapping[str, Any], space: Space, maximize: bool, name: str) -> Search:
    seed = config.get("RandomSeed")
    match config["Strategy"]:
        case "Grid":
            return GridSearch(space)
        case "Random":
            return RandomSearch(space, seed)
    return BayesianSearch(space, seed, maximize, config["ResourceLimits"]["MaxNumberOfTrainingJobs"], name)
