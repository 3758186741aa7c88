"""The ranges of AutoParameters: those that are recommended for an image's own algorithm, wide enough for the hint.

Which ranges Autotune chooses AWS does not publish; its guides recommend some.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.containers.images.catalogue import UnsupportedImage, find
from local_sagemaker.sagemaker.resources import refusals

_ADVICE = "give its range in IntegerParameterRanges, ContinuousParameterRanges or CategoricalParameterRanges."


def with_ranges(ranges: Mapping[str, Any], image: str) -> Mapping[str, Any]:
    """Put a range in the place of each of the AutoParameters.

    Parameters
    ----------
    ranges : mapping
        ParameterRanges.
    image : str
        The URI of the training image.

    Raises
    ------
    AwsError
        `ValidationException` if no range is recommended for a parameter, or its hint is no number.
    """
    given = ranges.get("AutoParameters", ())
    if not given:
        return ranges
    known = _recommended(image)
    for auto in given:
        if auto["Name"] not in known:
            raise refusals.unsupported(f"AutoParameters.Name={auto['Name']} for {image}", _ADVICE)
    found = [(type(known[auto["Name"]][0]), _range(auto, known[auto["Name"]])) for auto in given]
    return {
        **ranges,
        "IntegerParameterRanges": [*ranges.get("IntegerParameterRanges", ()), *(one for of, one in found if of is int)],
        "ContinuousParameterRanges": [
            *ranges.get("ContinuousParameterRanges", ()),
            *(one for of, one in found if of is float),
        ],
    }


def _recommended(image: str) -> Mapping[str, tuple[float, float]]:
    try:
        return find(image).image.training.recommended_ranges
    except UnsupportedImage as error:
        raise refusals.invalid(str(error)) from error


def _range(auto: Mapping[str, str], known: tuple[float, float]) -> dict[str, str]:
    number = type(known[0])
    try:
        hint = number(auto["ValueHint"])
    except ValueError as error:
        raise refusals.invalid(f"ValueHint of {auto['Name']} is no number: {auto['ValueHint']}.") from error
    return {"Name": auto["Name"], "MinValue": str(min(known[0], hint)), "MaxValue": str(max(known[1], hint))}
