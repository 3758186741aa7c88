"""Durations in ISO 8601's form, as `CacheConfig.ExpireAfter` has them."""

from __future__ import annotations

import re
from datetime import timedelta

from local_sagemaker.sagemaker.pipelines.definition.refusals import unparsable

_FORM = re.compile(
    r"P?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.IGNORECASE,
)
_DAYS = {"years": 365, "months": 30, "weeks": 7, "days": 1}


def read(text: str) -> timedelta:
    """Read a duration; years have 365 days and months 30. AWS's examples leave the `P` out, so it may be missing.

    Examples
    --------
    >>> read("PT1H")
    datetime.timedelta(seconds=3600)
    >>> read("30dT5h").days
    30
    """
    match = _FORM.fullmatch(text)
    parts = {unit: int(amount) for unit, amount in match.groupdict().items() if amount} if match else {}
    if not parts:
        raise unparsable(f"Invalid ExpireAfter '{text}': a duration of ISO 8601 is needed, such as PT1H or P30D.")
    days = sum(_DAYS[unit] * parts.get(unit, 0) for unit in _DAYS)
    try:
        return timedelta(days, **{unit: amount for unit, amount in parts.items() if unit not in _DAYS})
    except OverflowError as error:
        raise unparsable(f"Invalid ExpireAfter '{text}': it is too long.") from error
