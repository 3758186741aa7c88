"""The ranges of hyperparameters of which a tuning job says a value alone."""

from __future__ import annotations

from typing import Any

import pytest

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.tuning.requests import space_chosen_from
from local_sagemaker.sagemaker.tuning.strategies.parameters import Number, Space

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
SCIKIT_LEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"


def chosen_from(hints: dict[str, str], image: str = XGBOOST, **ranges: Any) -> Space:
    auto = [{"Name": name, "ValueHint": hint} for name, hint in hints.items()]
    request = {"HyperParameterTuningJobConfig": {"ParameterRanges": {"AutoParameters": auto, **ranges}}}
    return space_chosen_from(request, {"AlgorithmSpecification": {"TrainingImage": image}})


def test_a_parameter_of_the_images_algorithm_has_the_recommended_range() -> None:
    space = chosen_from({"eta": "0.2", "max_depth": "5"})
    assert sorted(space.numbers, key=lambda number: number.name) == [
        Number("eta", 0.1, 0.5, "Linear"),
        Number("max_depth", 0, 10, "Linear", integer=True),
    ]


def test_a_hint_outside_of_the_recommended_range_widens_it() -> None:
    low, high = chosen_from({"eta": "0.01"}), chosen_from({"gamma": "8"})
    assert (low.numbers[0].low, low.numbers[0].high) == (0.01, 0.5)
    assert (high.numbers[0].low, high.numbers[0].high) == (0.0, 8.0)


def test_ranges_that_are_given_stand_beside_them() -> None:
    given = [{"Name": "alpha", "MinValue": "0", "MaxValue": "2"}]
    space = chosen_from({"eta": "0.2"}, ContinuousParameterRanges=given)
    assert space.names == ["alpha", "eta"]
    assert space.numbers[0].high == 2.0


@pytest.mark.parametrize(
    ("hints", "image", "said"),
    [
        ({"colour": "1"}, XGBOOST, "AutoParameters.Name=colour"),
        ({"eta": "0.2"}, SCIKIT_LEARN, "give its range in IntegerParameterRanges"),
        ({"eta": "red"}, XGBOOST, "ValueHint of eta is no number: red"),
        ({"max_depth": "2.5"}, XGBOOST, "ValueHint of max_depth is no number: 2.5"),
        ({"eta": "0.2"}, "somebody/elses", "The local SageMaker has no image somebody/elses"),
    ],
)
def test_what_has_no_recommended_range_is_refused_by_name(hints: dict[str, str], image: str, said: str) -> None:
    with pytest.raises(AwsError) as caught:
        chosen_from(hints, image)
    assert caught.value.code == "ValidationException"
    assert said in caught.value.message
