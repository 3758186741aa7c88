"""ListTrainingJobsForHyperParameterTuningJob's filter, order and pages; there are some hundreds of entries at most."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local_sagemaker.protocol import page_tokens
from local_sagemaker.sagemaker.resources.refusals import invalid
from local_sagemaker.sagemaker.tuning.summaries import Outcome

_DEFAULT_PAGE = 10
_KEYS: Mapping[str, Callable[[Outcome], Any]] = {
    "Name": lambda one: one.job.name,
    "CreationTime": lambda one: (one.job.created, one.job.name),
    "Status": lambda one: (one.job.status, one.job.name),
    "FinalObjectiveMetricValue": lambda one: -math.inf if one.value is None else one.value,
}


def page_of(outcomes: Sequence[Outcome], request: Mapping[str, Any]) -> tuple[Sequence[Outcome], str | None]:
    """Choose the entries of one page, and write the token of the next if there is one.

    With FinalObjectiveMetricValue as the order, only training jobs that have one are listed.

    Raises
    ------
    AwsError
        `ValidationException` if the token is not one of this list in this order.
    """
    order, direction = request.get("SortBy", "Name"), request.get("SortOrder", "Ascending")
    of = (request["HyperParameterTuningJobName"], order, direction)
    found = [one for one in outcomes if _asked_for(one, request)]
    found.sort(key=_KEYS[order], reverse=direction == "Descending")
    start = _start(request.get("NextToken"), of)
    end = start + request.get("MaxResults", _DEFAULT_PAGE)
    return found[start:end], page_tokens.written([float(end)], of) if end < len(found) else None


def _asked_for(one: Outcome, request: Mapping[str, Any]) -> bool:
    if request.get("SortBy") == "FinalObjectiveMetricValue" and one.value is None:
        return False
    return request.get("StatusEquals") in (None, one.job.status)


def _start(token: str | None, of: tuple[str, ...]) -> int:
    if not token:
        return 0
    try:
        return int(page_tokens.place(token, [0.0], of)[0])
    except page_tokens.ForeignToken as error:
        raise invalid(
            f'Invalid pagination token because "{token}" was not given by this list in this order.'
        ) from error
