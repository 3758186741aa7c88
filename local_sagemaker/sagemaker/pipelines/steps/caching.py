"""Finds the result of an earlier run of a step that can stand for a new one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from local_sagemaker.sagemaker.pipelines.definition.step_kinds import StepKind
from local_sagemaker.sagemaker.pipelines.records import PipelineExecution, StepExecution, StepStatus


def key_of(kind: StepKind, request: Mapping[str, Any]) -> str | None:
    """Put what makes a result of a step reusable into one key; None for steps that are not cached.

    As on AWS it is the request's words that count, not what is in the objects that they name.
    """
    if not kind.cache_key:
        return None
    parts = {place: _at(request, place) for place in kind.cache_key}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def results(
    executions: Iterable[PipelineExecution], step: StepExecution, cached_for: timedelta, time: datetime
) -> Iterator[tuple[PipelineExecution, StepExecution]]:
    """Find earlier runs with a step's key that are young enough, in the executions' order.

    A result that the cache itself gave does not count: else it would never get old.
    """
    for execution in executions:
        earlier = execution.step(step.name)
        if earlier is not None and _is_result(earlier, step) and time - (earlier.ended or time) <= cached_for:
            yield execution, earlier


def _is_result(earlier: StepExecution, step: StepExecution) -> bool:
    borrowed = earlier.cached_from or earlier.reused_from
    return earlier.status is StepStatus.SUCCEEDED and earlier.cache_key == step.cache_key and not borrowed


def _at(request: Mapping[str, Any], place: str) -> Any:
    found: Any = request
    for member in place.split("."):
        found = found.get(member) if isinstance(found, Mapping) else None
    return found
