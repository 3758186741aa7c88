"""The members of the requests about pipelines and their executions."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members, below

_PARALLEL = "ParallelismConfiguration.MaxParallelExecutionSteps"
_S3 = below("PipelineDefinitionS3Location", "Bucket ObjectKey")
_LIST = "CreatedAfter CreatedBefore SortBy SortOrder NextToken MaxResults"
_ONE_VERSION = {"PipelineVersionId": "leave it out: a pipeline has its latest definition alone."}
_NO_VERSIONS = {"PipelineDefinitionS3Location.VersionId": "leave it out: objects have no versions."}
_NO_MLFLOW = {"MlflowExperimentName": "leave it out: there is no MLflow server."}

PIPELINES: Mapping[str, Members] = {
    "CreatePipeline": Members(
        "PipelineName PipelineDisplayName PipelineDefinition PipelineDescription ClientRequestToken RoleArn Tags.Key "
        f"Tags.Value {_S3} {_PARALLEL}",
        instead=_NO_VERSIONS,
    ),
    "DeletePipeline": Members("PipelineName ClientRequestToken"),
    "DescribePipeline": Members("PipelineName", instead=_ONE_VERSION),
    "DescribePipelineDefinitionForExecution": Members("PipelineExecutionArn"),
    "DescribePipelineExecution": Members("PipelineExecutionArn"),
    "ListPipelineExecutionSteps": Members("PipelineExecutionArn NextToken MaxResults SortOrder"),
    "ListPipelineExecutions": Members(f"PipelineName {_LIST}"),
    "ListPipelineParametersForExecution": Members("PipelineExecutionArn NextToken MaxResults"),
    "ListPipelines": Members(f"PipelineNamePrefix {_LIST}"),
    "RetryPipelineExecution": Members(f"PipelineExecutionArn ClientRequestToken {_PARALLEL}"),
    "StartPipelineExecution": Members(
        "PipelineName PipelineExecutionDisplayName PipelineExecutionDescription ClientRequestToken "
        + below("PipelineParameters", "Name Value")
        + f" {_PARALLEL} SelectiveExecutionConfig.SourcePipelineExecutionArn"
        " SelectiveExecutionConfig.SelectedSteps.StepName",
        instead={**_ONE_VERSION, **_NO_MLFLOW},
    ),
    "StopPipelineExecution": Members("PipelineExecutionArn ClientRequestToken"),
    "UpdatePipeline": Members(
        f"PipelineName PipelineDisplayName PipelineDefinition PipelineDescription RoleArn {_S3} {_PARALLEL}",
        instead=_NO_VERSIONS,
    ),
    "UpdatePipelineExecution": Members(
        f"PipelineExecutionArn PipelineExecutionDescription PipelineExecutionDisplayName {_PARALLEL}"
    ),
}
