"""Multi-model variants: a container for each model that requests name, started by the first of them.

On AWS one container loads and unloads the models; here each has a container of its own, and those that were asked for
longest ago end when there are too many.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.endpoints.on_demand.cold_start import ColdStart
from local_sagemaker.sagemaker.models.model_data import ModelDataMissing
from local_sagemaker.sagemaker.models.records import ContainerDefinition
from local_sagemaker.sagemaker.running.inference_pipeline import (
    InferencePipeline,
    PipelineContainer,
    PipelineResponse,
)
from local_sagemaker.sagemaker.running.stopping import StopRequest

MOST_LOADED = 8
"""Models that have a container at once; more only while requests are inside all of them."""

_SWITCH = {"SAGEMAKER_MULTI_MODEL": "true"}
"""What the container of a multi-model endpoint finds in its environment."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model that was asked for."""

    pipeline: ColdStart
    folder: Path
    """What was copied for it; no two have one, so an end and a new beginning of a model do not meet."""

    def end(self) -> None:
        self.pipeline.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class MultiModelPipeline:
    """Stands where an inference pipeline stands, and has one for each model.

    Parameters
    ----------
    container : ContainerDefinition
        The variant's container, whose `model_data` is the prefix below which the models are.
    make : callable
        Makes a pipeline of containers, not started yet, whose artefacts are copied to a folder.
    archives : Path
        Where the models are copied to.
    startup_seconds : float
        How long a container may take until it answers its health check.
    """

    def __init__(
        self,
        container: ContainerDefinition,
        make: Callable[[Sequence[ContainerDefinition], Path], InferencePipeline],
        archives: Path,
        startup_seconds: float,
    ) -> None:
        self._container = container
        self._make = make
        self._archives = archives
        self._startup_seconds = startup_seconds
        self._loaded: OrderedDict[str, _Loaded] = OrderedDict()
        self._inside: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def containers(self) -> tuple[PipelineContainer, ...]:
        """None that anybody needs to watch: a container that has ended is started by the next request."""
        return ()

    def start(self, timeout: float, stop: StopRequest) -> None:
        """Forget what an earlier server copied; models are loaded when they are asked for."""
        shutil.rmtree(self._archives, ignore_errors=True)

    def invoke(
        self,
        target_model: str,
        body: bytes,
        content_type: str | None,
        accept: str | None,
        timeout: float,
        custom_attributes: str | None = None,
    ) -> PipelineResponse:
        """Send a request to a model, which is loaded first if it is not.

        Raises
        ------
        InvocationFailed
            If the model's container does not come up, dies or does not answer in time.
        AwsError
            `ValidationError` if there is no such model below the prefix.
        """
        loaded = self._enter(target_model)
        try:
            return loaded.pipeline.invoke((body, content_type, accept, timeout, custom_attributes))
        except ModelDataMissing as error:
            self._forget(target_model)
            raise AwsError("ValidationError", str(error)) from error
        finally:
            self._leave(target_model)

    def stop(self) -> None:
        """End all containers."""
        with self._lock:
            every = list(self._loaded.values())
            self._loaded.clear()
        for loaded in every:
            loaded.end()

    def _enter(self, target: str) -> _Loaded:
        with self._lock:
            if target not in self._loaded:
                folder = self._archives / secrets.token_hex(8)
                pipeline = ColdStart(partial(self._made, target, folder), self._startup_seconds)
                self._loaded[target] = _Loaded(pipeline, folder)
            self._loaded.move_to_end(target)
            self._inside[target] += 1
            return self._loaded[target]

    def _forget(self, target: str) -> None:
        """Let a model that is not there take no place of one that is; the last request for it does so."""
        with self._lock:
            loaded = self._loaded.pop(target, None) if self._inside[target] == 1 else None
        if loaded is not None:
            loaded.end()

    def _leave(self, target: str) -> None:
        """Let go of a model, and end those that nobody has asked for in longest where there are too many."""
        with self._lock:
            self._inside[target] -= 1
            if not self._inside[target]:
                del self._inside[target]
            idle = [name for name in self._loaded if name not in self._inside]
            surplus = [self._loaded.pop(name) for name in idle[: max(0, len(self._loaded) - MOST_LOADED)]]
        for loaded in surplus:
            loaded.end()

    def _made(self, target: str, folder: Path) -> InferencePipeline:
        prefix = (self._container.model_data or "").rstrip("/")
        one = replace(
            self._container,
            model_data=f"{prefix}/{target.lstrip('/')}",
            environment={**self._container.environment, **_SWITCH},
        )
        return self._make([one], folder)
