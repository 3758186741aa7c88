"""Checks a CreateHyperParameterTuningJob request for what the service model does not say, before a job is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from local_sagemaker.containers.images.image import UnsupportedImage
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.training import metrics
from local_sagemaker.sagemaker.training.requests import check_training
from local_sagemaker.sagemaker.tuning.auto_parameters import with_ranges
from local_sagemaker.sagemaker.tuning.records import definitions_of, objective_of, ranges_of
from local_sagemaker.sagemaker.tuning.strategies import bayesian
from local_sagemaker.sagemaker.tuning.strategies.parameters import Space, space_of
from local_sagemaker.sagemaker.tuning.strategies.search import RandomSearch
from local_sagemaker.sagemaker.tuning.training_requests import OBJECTIVE_HYPERPARAMETER, training_request, trial_name

_NO_OBJECTIVE = (
    "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions."
)


def check_tuning(request: Mapping[str, Any], objects: ObjectStore, region: str) -> None:
    """Check a request, and the training jobs that it would lead to.

    Raises
    ------
    AwsError
        `ValidationException` if there is no end, no objective or nothing to choose, or a training job would be refused.
    """
    if ("TrainingJobDefinition" in request) == ("TrainingJobDefinitions" in request):
        raise refusals.invalid("Give either TrainingJobDefinition or TrainingJobDefinitions.")
    definitions = definitions_of(request)
    names = [definition.get("DefinitionName") for definition in definitions]
    if len(definitions) > 1 and (None in names or len(set(names)) < len(names)):
        raise refusals.invalid("Each of several TrainingJobDefinitions needs a DefinitionName of its own.")
    for definition in definitions:
        space = space_chosen_from(request, definition)
        _check_strategy(request["HyperParameterTuningJobConfig"], space, len(definitions))
        _check_static(definition, space)
        _check_objective(request, definition)
        check_training(_example(request, definition, space), objects, region)


def space_chosen_from(request: Mapping[str, Any], definition: Mapping[str, Any]) -> Space:
    """Read what a definition's hyperparameters are chosen from.

    Raises
    ------
    AwsError
        `ValidationException` for a range that is none, or a parameter without a range that has no recommended one.
    """
    image = definition["AlgorithmSpecification"].get("TrainingImage", "")
    return space_of(with_ranges(ranges_of(request, definition), image))


def _check_strategy(config: Mapping[str, Any], space: Space, definitions: int) -> None:
    strategy, most = config["Strategy"], config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    if not (space.numbers or space.choices):
        raise refusals.invalid("There is no parameter range to choose hyperparameters from.")
    if strategy == "Grid":
        if space.numbers:
            raise refusals.invalid("Grid search takes categorical parameters only.")
        combinations = math.prod(len(choice.values) for choice in space.choices)
        if most not in (None, combinations) and definitions == 1:
            raise refusals.invalid(
                f"The grid has {combinations} combinations, and MaxNumberOfTrainingJobs is {most}: leave it out."
            )
    elif most is None:
        raise refusals.invalid(f"The strategy {strategy} needs ResourceLimits.MaxNumberOfTrainingJobs.")
    if strategy == "Bayesian" and not bayesian.available():
        raise refusals.unsupported("the strategy Bayesian without Optuna", 'pip install "local-sagemaker[tuning]".')


def _check_objective(request: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
    """Refuse an objective that is none of the definition's metrics, nor of the image's own algorithm."""
    algorithm = definition["AlgorithmSpecification"]
    if "TrainingImage" not in algorithm:
        raise refusals.invalid("AlgorithmSpecification needs a TrainingImage.")
    asked = {"AlgorithmSpecification": algorithm, "HyperParameters": definition.get("StaticHyperParameters", {})}
    try:
        names = [given["Name"] for given in metrics.definitions_of(asked)]
    except UnsupportedImage as error:
        raise refusals.invalid(str(error)) from error
    if objective_of(request, definition).get("MetricName") not in names:
        raise refusals.invalid(_NO_OBJECTIVE)


def _check_static(definition: Mapping[str, Any], space: Space) -> None:
    both = sorted(set(space.names) & {*definition.get("StaticHyperParameters", {}), OBJECTIVE_HYPERPARAMETER})
    if both:
        raise refusals.invalid(f"The hyperparameter {both[0]} has a range, and is static, too.")


def _example(request: Mapping[str, Any], definition: Mapping[str, Any], space: Space) -> Mapping[str, Any]:
    """Make one training job's request, to see what CreateTrainingJob would say of it."""
    name = trial_name(request["HyperParameterTuningJobName"], 1)
    tuned = RandomSearch(space, 0).next()
    return training_request(name, definition, objective_of(request, definition), tuned, request.get("Tags"))
