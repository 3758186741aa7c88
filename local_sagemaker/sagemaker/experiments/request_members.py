"""The members of the requests about experiments."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members, below

_TAGS = "Tags.Key Tags.Value"
_LIST = "SortBy SortOrder NextToken MaxResults CreatedAfter CreatedBefore"
_METADATA = {below("MetadataProperties", "CommitId Repository GeneratedBy ProjectId"): "it is kept and described"}
_STATUS = {below("Status", "PrimaryStatus Message"): "it is kept and described"}
_COMPONENT = "TrialComponentName DisplayName StartTime EndTime Parameters InputArtifacts OutputArtifacts"
_BOTH = Members("TrialComponentName TrialName")

METRICS: Mapping[str, Members] = {
    "BatchGetMetrics": Members(below("MetricQueries", "MetricName ResourceArn MetricStat Period XAxisType Start End")),
    "BatchPutMetrics": Members(f"TrialComponentName {below('MetricData', 'MetricName Timestamp Step Value')}"),
}
"""Of SageMaker Metrics, which botocore has as a service of its own."""

EXPERIMENTS: Mapping[str, Members] = {
    "AssociateTrialComponent": _BOTH,
    "CreateExperiment": Members(f"ExperimentName DisplayName Description {_TAGS}"),
    "CreateTrial": Members(f"TrialName DisplayName ExperimentName {_TAGS}", _METADATA),
    "CreateTrialComponent": Members(f"{_COMPONENT} {_TAGS}", {**_METADATA, **_STATUS}),
    "DeleteExperiment": Members("ExperimentName"),
    "DeleteTrial": Members("TrialName"),
    "DeleteTrialComponent": Members("TrialComponentName"),
    "DescribeExperiment": Members("ExperimentName"),
    "DescribeTrial": Members("TrialName"),
    "DescribeTrialComponent": Members("TrialComponentName"),
    "DisassociateTrialComponent": _BOTH,
    "ListExperiments": Members(_LIST),
    "ListTrialComponents": Members(f"{_LIST} ExperimentName TrialName SourceArn"),
    "ListTrials": Members(f"{_LIST} ExperimentName TrialComponentName"),
    "UpdateExperiment": Members("ExperimentName DisplayName Description"),
    "UpdateTrial": Members("TrialName DisplayName"),
    "UpdateTrialComponent": Members(
        f"{_COMPONENT} ParametersToRemove InputArtifactsToRemove OutputArtifactsToRemove", _STATUS
    ),
}
