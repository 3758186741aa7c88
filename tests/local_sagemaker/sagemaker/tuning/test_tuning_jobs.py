"""Tuning jobs: real training jobs with chosen hyperparameters, and the best of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.sagemaker.cloud import IMAGE, Cloud
from tests.local_sagemaker.sagemaker.processes import until

X: dict[str, Any] = {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}]}


def kinds(*values: str) -> dict[str, Any]:
    return {"CategoricalParameterRanges": [{"Name": "kind", "Values": list(values)}]}


def value(summary: dict[str, Any]) -> float:
    return float(summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def most(jobs: int, parallel: int = 2) -> dict[str, int]:
    return {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": parallel}


@pytest.fixture
def name(name: str) -> str:
    """A name as short as a tuning job's has to be."""
    return name.replace("test-", "t-")


def test_a_random_search_trains_and_names_the_best(cloud: Cloud, name: str) -> None:
    described = cloud.tune(name, ranges=X, limits=most(4), static={"constant": "7"}, Tags=[{"Key": "a", "Value": "b"}])
    assert described["HyperParameterTuningJobStatus"] == "Completed", described.get("FailureReason")
    assert described["TrainingJobStatusCounters"]["Completed"] == 4
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    tried = cloud.tried(name)
    assert all(re.fullmatch(rf"{name}-00[1-4]-[0-9a-f]{{8}}", one["TrainingJobName"]) for one in tried)
    for one in tried:
        assert value(one) == pytest.approx(1 - abs(float(one["TunedHyperParameters"]["x"]) - 0.3))
    best = described["BestTrainingJob"]
    assert value(best) == max(value(one) for one in tried)
    assert described["OverallBestTrainingJob"] == best
    training = cloud.sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert training["TuningJobArn"] == described["HyperParameterTuningJobArn"]
    assert training["HyperParameters"]["constant"] == "7"
    assert training["HyperParameters"]["_tuning_objective_metric"] == "score"
    assert training["HyperParameters"]["x"] == best["TunedHyperParameters"]["x"]
    assert cloud.get(training["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://tests/"))
    assert cloud.sagemaker.list_tags(ResourceArn=training["TrainingJobArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    static = described["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static["_tuning_objective_metric"] == "score"
    [listed] = cloud.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)["HyperParameterTuningJobSummaries"]
    assert listed["TrainingJobStatusCounters"] == described["TrainingJobStatusCounters"]
    assert listed["Strategy"] == "Random"


def test_a_seed_makes_the_same_choices_again(cloud: Cloud, name: str) -> None:
    for job in (f"{name}a", f"{name}b"):
        cloud.tune(job, ranges=X, limits=most(2), config={"RandomSeed": 5})
    first, second = ([one["TunedHyperParameters"] for one in cloud.tried(f"{name}{job}")] for job in "ab")
    assert first == second
    assert first[0] != first[1]


def test_a_grid_tries_every_combination_once(cloud: Cloud, name: str) -> None:
    grid = {"CategoricalParameterRanges": [*kinds("good", "bad")["CategoricalParameterRanges"], *_X_VALUES]}
    described = cloud.tune(name, ranges=grid, strategy="Grid", limits={"MaxParallelTrainingJobs": 4})
    tried = [one["TunedHyperParameters"] for one in cloud.tried(name)]
    assert sorted((one["kind"], one["x"]) for one in tried) == [
        ("bad", "0.2"),
        ("bad", "0.3"),
        ("good", "0.2"),
        ("good", "0.3"),
    ]
    assert described["BestTrainingJob"]["TunedHyperParameters"] == {"kind": "good", "x": "0.3"}


_X_VALUES = [{"Name": "x", "Values": ["0.2", "0.3"]}]


def test_a_bayesian_search_runs_to_its_end(cloud: Cloud, name: str) -> None:
    pytest.importorskip("optuna")
    described = cloud.tune(name, ranges={**X, **kinds("good", "bad")}, strategy="Bayesian", limits=most(6, 3))
    assert described["HyperParameterTuningJobStatus"] == "Completed", described.get("FailureReason")
    assert described["ObjectiveStatusCounters"]["Succeeded"] == 6
    assert value(described["BestTrainingJob"]) == max(value(one) for one in cloud.tried(name))


def test_as_many_run_at_once_as_may_and_a_stop_ends_them(cloud: Cloud, name: str) -> None:
    cloud.start_tuning(name, ranges=kinds("waiting"), limits=most(5))
    until(lambda: [one["TrainingJobStatus"] for one in cloud.tried(name)] == ["InProgress"] * 2)
    until(lambda: "waiting" in cloud.log_lines("/aws/sagemaker/TrainingJobs", name))
    cloud.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    described = cloud.tuned(name)
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    assert described["TrainingJobStatusCounters"]["Stopped"] == 2
    assert described["TrainingJobStatusCounters"]["InProgress"] == 0


def test_training_jobs_that_fail_are_counted_and_the_others_go_on(cloud: Cloud, name: str) -> None:
    described = cloud.tune(name, ranges=kinds("good", "failing", "silent"), strategy="Grid", limits=_GRID)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 2}
    assert described["BestTrainingJob"]["TunedHyperParameters"] == {"kind": "good"}


_GRID = {"MaxParallelTrainingJobs": 3}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("failing", "All training jobs failed."), ("silent", "No objective metrics found after running 2 training jobs.")],
)
def test_a_search_without_any_result_has_failed(cloud: Cloud, name: str, kind: str, reason: str) -> None:
    described = cloud.tune(name, ranges=kinds(kind), limits=most(2))
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"].startswith(reason)
    assert "BestTrainingJob" not in described


def test_a_hopeless_training_job_is_stopped_early(cloud: Cloud, name: str) -> None:
    """The last one is worse than the three before it, and would go on for ten minutes."""
    described = cloud.tune(
        name,
        ranges={"CategoricalParameterRanges": [{"Name": "x", "Values": ["0.3", "0.31", "0.32", "0.9"]}]},
        strategy="Grid",
        limits={"MaxParallelTrainingJobs": 1},
        static={"kind": "slow-when-bad"},
        config={"TrainingJobEarlyStoppingType": "Auto"},
    )
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["Completed"] == 3
    assert described["TrainingJobStatusCounters"]["Stopped"] == 1
    [stopped] = cloud.tried(name, StatusEquals="Stopped")
    assert stopped["TunedHyperParameters"] == {"x": "0.9"}
    assert (stopped["ObjectiveStatus"], value(stopped)) == ("Succeeded", pytest.approx(0.4))


def test_a_target_ends_the_search(cloud: Cloud, name: str) -> None:
    criteria = {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.1}}
    described = cloud.tune(name, ranges=X, limits=most(50, 1), config=criteria)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert len(cloud.tried(name)) == 1


def test_several_definitions_take_turns(cloud: Cloud, name: str) -> None:
    described = cloud.tune(name, ranges=X, limits=most(1))
    one = described["TrainingJobDefinition"]
    objective = {"Type": "Maximize", "MetricName": "score"}
    common = {key: one[key] for key in ("AlgorithmSpecification", "RoleArn", "OutputDataConfig", "ResourceConfig")}
    static = {key: text for key, text in one["StaticHyperParameters"].items() if not key.startswith("_")}
    definitions = [
        {
            **common,
            "DefinitionName": kind,
            "TuningObjective": objective,
            "HyperParameterRanges": X,
            "StaticHyperParameters": {**static, "kind": kind},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }
        for kind in ("bad", "good")
    ]
    cloud.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=f"{name}b",
        HyperParameterTuningJobConfig={"Strategy": "Random", "ResourceLimits": most(4), "RandomSeed": 3},
        TrainingJobDefinitions=definitions,
    )
    both = cloud.tuned(f"{name}b")
    assert both["HyperParameterTuningJobStatus"] == "Completed", both.get("FailureReason")
    tried = cloud.tried(f"{name}b")
    assert [one["TrainingJobDefinitionName"] for one in tried] == ["bad", "good", "bad", "good"]
    assert both["BestTrainingJob"]["TrainingJobDefinitionName"] == "good"


def test_training_jobs_are_listed_by_their_objective_and_in_pages(cloud: Cloud, name: str) -> None:
    cloud.tune(name, ranges=X, limits=most(3))
    ordered = cloud.tried(name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert [value(one) for one in ordered] == sorted((value(one) for one in ordered), reverse=True)
    paged = cloud.tried(name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending", MaxResults=1)
    assert [one["TrainingJobName"] for one in paged] == [one["TrainingJobName"] for one in ordered]
    assert cloud.tried(name, StatusEquals="Failed") == []


def test_a_definition_is_described_with_its_instance_however_it_was_named(cloud: Cloud, name: str) -> None:
    instance = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
    definition = {"HyperParameterTuningResourceConfig": instance}
    described = cloud.tune(name, ranges=X, limits=most(1), definition=definition)
    assert described["TrainingJobDefinition"]["ResourceConfig"] == instance
    assert described["TrainingJobDefinition"]["HyperParameterTuningResourceConfig"] == instance


def test_a_deleted_tuning_job_leaves_its_training_jobs(cloud: Cloud, name: str) -> None:
    cloud.tune(name, ranges=X, limits=most(1))
    [one] = cloud.tried(name)
    cloud.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    with pytest.raises(ClientError, match="Could not find"):
        cloud.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert cloud.sagemaker.describe_training_job(TrainingJobName=one["TrainingJobName"])["TrainingJobStatus"]


_OTHER_METRIC = {
    "AlgorithmSpecification": {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "other", "Regex": "x"}],
    }
}
_PARENT = {"ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "earlier"}]}


def scaled(low: str, high: str, scale: str) -> dict[str, Any]:
    return {
        "ContinuousParameterRanges": [{"Name": "x", "MinValue": low, "MaxValue": high, "ScalingType": scale}],
    }


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"strategy": "Hyperband"}, "HyperParameterTuningJobConfig.Strategy=Hyperband"),
        ({"WarmStartConfig": {**_PARENT, "WarmStartType": "TransferLearning"}}, "WarmStartConfig"),
        ({"definition": _OTHER_METRIC}, "Provide a metric in the metric definitions"),
        ({"limits": {"MaxParallelTrainingJobs": 1}}, "needs ResourceLimits.MaxNumberOfTrainingJobs"),
        ({"strategy": "Grid"}, "categorical parameters only"),
        ({"strategy": "Grid", "ranges": kinds("a", "b"), "limits": most(3)}, "2 combinations"),
        ({"static": {"x": "1"}}, "The hyperparameter x has a range, and is static, too."),
        ({"ranges": scaled("0", "1", "Logarithmic")}, "greater than 0"),
        ({"ranges": scaled("0", "1", "ReverseLogarithmic")}, "0 <= x < 1"),
        ({"ranges": scaled("1", "0", "Linear")}, "greater than its MaxValue"),
        ({"ranges": scaled("a", "1", "Linear")}, '"a" is no number'),
        ({"ranges": {}}, "no parameter range"),
        ({"ranges": {"AutoParameters": [{"Name": "x", "ValueHint": "1"}]}}, "AutoParameters.Name=x"),
        ({"Autotune": {"Mode": "Enabled"}, "ranges": {}}, "no parameter range"),
        ({"definition": {"ResourceConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large"}}}, "InstanceCount=2"),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(
    cloud: Cloud, name: str, request_: dict[str, Any], named: str
) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.start_tuning(name, **{"ranges": X, **request_})
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert named in caught.value.response["Error"]["Message"]
