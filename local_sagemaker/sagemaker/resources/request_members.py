"""The members of SageMaker's requests: the written list of what is honoured and what says nothing on one machine."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members, below
from local_sagemaker.sagemaker.resources.members import reasons
from local_sagemaker.sagemaker.resources.members.pipelines import PIPELINES
from local_sagemaker.sagemaker.resources.members.processing import PROCESSING

_NO_ACCOUNT = reasons.NO_ACCOUNT
_NO_NETWORK = reasons.NO_NETWORK
_NO_KEYS = reasons.NO_KEYS
_OWN_DISK = reasons.OWN_DISK
_ONE_MACHINE = "it is described; on this machine, each variant and each job runs as one instance"
_AT_ONCE = "there is no capacity to wait for: a job starts at once"
_NOT_WATCHED = "there are no metrics but those in FinalMetricDataList"
_NO_PULL = "no image is pulled"

_TAGS = reasons.TAGS
_VPC = {"VpcConfig.SecurityGroupIds VpcConfig.Subnets": _NO_NETWORK}
_LIST = reasons.LIST
_LIST_OF_CHANGING = reasons.LIST_OF_CHANGING


def _container(structure: str) -> tuple[str, Mapping[str, str], Mapping[str, str]]:
    names = "ContainerHostname Image Mode ModelDataUrl Environment ModelPackageName InferenceSpecificationName"
    source = below(f"{structure}.ModelDataSource.S3DataSource", "S3Uri S3DataType CompressionType")
    image = below(f"{structure}.ImageConfig", "RepositoryAccessMode")
    credentials = f"{structure}.ImageConfig.RepositoryAuthConfig.RepositoryCredentialsProviderArn"
    return (
        f"{below(structure, names)} {source}",
        {f"{image} {credentials}": _NO_PULL},
        {
            f"{structure}.AdditionalModelDataSources": "put all files into the one model.tar.gz.",
            f"{structure}.MultiModelConfig": "leave it out: models stay loaded until there are too many.",
        },
    )


_PRIMARY, _SEVERAL = _container("PrimaryContainer"), _container("Containers")
_ROUTING = "DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration"
_DEPLOYMENT = " ".join(
    (
        below(_ROUTING, "Type WaitIntervalInSeconds CanarySize.Type CanarySize.Value"),
        below(f"{_ROUTING}.LinearStepSize", "Type Value"),
        below("DeploymentConfig.BlueGreenUpdatePolicy", "TerminationWaitInSeconds MaximumExecutionTimeoutInSeconds"),
        below("DeploymentConfig.RollingUpdatePolicy", "WaitIntervalInSeconds MaximumExecutionTimeoutInSeconds"),
        below("DeploymentConfig.RollingUpdatePolicy.MaximumBatchSize", "Type Value"),
        "DeploymentConfig.AutoRollbackConfiguration.Alarms.AlarmName",
    )
)
_ROLLBACK = {
    "DeploymentConfig.RollingUpdatePolicy.RollbackMaximumBatchSize": "leave it out: a rollback takes all "
    "traffic back at once, as without it."
}

_ASYNC_OUTPUT = "AsyncInferenceConfig.OutputConfig"

SAGEMAKER: Mapping[str, Members] = {
    **PROCESSING,
    "AddTags": Members(f"ResourceArn {_TAGS}"),
    "CreateEndpoint": Members(
        f"EndpointName EndpointConfigName {_TAGS} {_DEPLOYMENT}",
        instead=_ROLLBACK,
    ),
    "CreateEndpointConfig": Members(
        f"EndpointConfigName {_TAGS} "
        + below(
            "ProductionVariants",
            "VariantName ModelName InitialVariantWeight ContainerStartupHealthCheckTimeoutInSeconds "
            "ServerlessConfig.MemorySizeInMB ServerlessConfig.MaxConcurrency ServerlessConfig.ProvisionedConcurrency",
        )
        + " "
        + below(
            "DataCaptureConfig",
            "EnableCapture InitialSamplingPercentage DestinationS3Uri CaptureOptions.CaptureMode "
            "CaptureContentTypeHeader.CsvContentTypes CaptureContentTypeHeader.JsonContentTypes",
        )
        + " AsyncInferenceConfig.ClientConfig.MaxConcurrentInvocationsPerInstance "
        + below(
            _ASYNC_OUTPUT,
            "S3OutputPath S3FailurePath NotificationConfig.SuccessTopic NotificationConfig.ErrorTopic "
            "NotificationConfig.IncludeInferenceResponseIn",
        ),
        {
            f"DataCaptureConfig.KmsKeyId {_ASYNC_OUTPUT}.KmsKeyId": _NO_KEYS,
            "ProductionVariants.InstanceType ProductionVariants.InitialInstanceCount": _ONE_MACHINE,
            below("ProductionVariants.RoutingConfig", "RoutingStrategy")
            + " "
            + below(
                "ProductionVariants.RoutingConfig.PrefixAwareRoutingConfig", "PrefixLength ConcurrencyThreshold"
            ): "there is one instance to route to",
            "ProductionVariants.VolumeSizeInGB": _OWN_DISK,
            "ProductionVariants.ModelDataDownloadTimeoutInSeconds": "artefacts are copied from this machine's disk",
            "ProductionVariants.VariantInstanceProvisionTimeoutInSeconds": "there is no instance to wait for",
            "ExecutionRoleArn": _NO_ACCOUNT,
            "EnableNetworkIsolation": "it is of inference components, which are refused; a model has its own",
            "KmsKeyId": _NO_KEYS,
            "MetricsConfig.EnableEnhancedMetrics MetricsConfig.EnableDetailedObservability "
            "MetricsConfig.MetricPublishFrequencyInSeconds": "utilization is not measured; the rest is there at once",
            **_VPC,
        },
        only={"ProductionVariants.EnableSSMAccess": (False,)},
        instead={
            "ShadowProductionVariants": "make an endpoint of the shadow's model, and send it the same requests.",
            "ProductionVariants.InstancePools": "give InstanceType and InitialInstanceCount.",
            "ProductionVariants.ManagedInstanceScaling": "give InitialInstanceCount.",
        },
    ),
    "CreateModel": Members(
        f"ModelName {_TAGS} EnableNetworkIsolation InferenceExecutionConfig.Mode {_PRIMARY[0]} {_SEVERAL[0]}",
        {
            **_PRIMARY[1],
            **_SEVERAL[1],
            "ExecutionRoleArn": _NO_ACCOUNT,
            **_VPC,
        },
        only={"PrimaryContainer.MultiModelConfig.ModelCacheSetting": ("Enabled",)},
        instead={**_PRIMARY[2], **_SEVERAL[2]},
    ),
    "CreateTrainingJob": Members(
        f"TrainingJobName HyperParameters Environment EnableNetworkIsolation "
        f"RetryStrategy.MaximumRetryAttempts {_TAGS} "
        + below(
            "AlgorithmSpecification",
            "TrainingImage TrainingInputMode MetricDefinitions.Name MetricDefinitions.Regex ContainerEntrypoint "
            "ContainerArguments",
        )
        + " "
        + below("InputDataConfig", "ChannelName ContentType CompressionType RecordWrapperType InputMode")
        + " "
        + below("InputDataConfig.DataSource.S3DataSource", "S3DataType S3Uri S3DataDistributionType InstanceGroupNames")
        + " OutputDataConfig.S3OutputPath OutputDataConfig.CompressionType ResourceConfig.InstanceType"
        " ResourceConfig.InstanceCount StoppingCondition.MaxRuntimeInSeconds StoppingCondition.MaxWaitTimeInSeconds"
        " CheckpointConfig.S3Uri CheckpointConfig.LocalPath "
        + below("ResourceConfig.InstanceGroups", "InstanceGroupName InstanceType InstanceCount")
        + " "
        + below("ResourceConfig.InstancePreferences", "InstanceType InstanceCount"),
        {
            "RoleArn": _NO_ACCOUNT,
            "EnableManagedSpotTraining StoppingCondition.MaxPendingTimeInSeconds "
            "ResourceConfig.KeepAlivePeriodInSeconds": _AT_ONCE,
            "EnableInterContainerTrafficEncryption": "there is one container",
            "OutputDataConfig.KmsKeyId ResourceConfig.VolumeKmsKeyId": _NO_KEYS,
            "ResourceConfig.VolumeSizeInGB": _OWN_DISK,
            "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries": _NOT_WATCHED,
            below("DebugHookConfig", "LocalPath S3OutputPath HookParameters")
            + " "
            + below("DebugHookConfig.CollectionConfigurations", "CollectionName CollectionParameters"): "the "
            "scikit-learn image has no debugger hook",
            below(
                "ProfilerConfig", "S3OutputPath ProfilingIntervalInMilliseconds ProfilingParameters DisableProfiler"
            ): "nothing is profiled",
            "InfraCheckConfig.EnableInfraCheck": "it checks accelerators, and there are none",
            "SessionChainingConfig.EnableSessionTagChaining": _NO_ACCOUNT,
            **_VPC,
            **reasons.EXPERIMENT,
        },
        only={"RemoteDebugConfig.EnableRemoteDebug": (False,)},
        instead={
            "ServerlessJobConfig": "give AlgorithmSpecification.TrainingImage and ResourceConfig.",
            "TensorBoardOutputConfig": "write to SM_OUTPUT_DATA_DIR, which becomes output.tar.gz.",
            "AlgorithmSpecification.AlgorithmName": "give TrainingImage.",
            "ResourceConfig.TrainingPlanArn": "give InstanceType and InstanceCount.",
            "ResourceConfig.InstancePreferences.TrainingPlanArns": "leave it out: a job starts at once without a plan.",
            "InputDataConfig.DataSource": "put the data into S3, and give S3DataSource.",
            "InputDataConfig.ShuffleConfig": "shuffle in the script.",
        },
    ),
    "CreateTransformJob": Members(
        f"TransformJobName ModelName {_TAGS} MaxConcurrentTransforms MaxPayloadInMB BatchStrategy Environment "
        "ModelClientConfig.InvocationsTimeoutInSeconds ModelClientConfig.InvocationsMaxRetries "
        + below("TransformInput", "ContentType CompressionType SplitType")
        + " "
        + below("TransformInput.DataSource.S3DataSource", "S3DataType S3Uri")
        + " TransformOutput.S3OutputPath TransformOutput.Accept TransformOutput.AssembleWith "
        + below("DataProcessing", "InputFilter OutputFilter JoinSource"),
        {
            "TransformResources.InstanceType TransformResources.InstanceCount": _ONE_MACHINE,
            "TransformOutput.KmsKeyId TransformResources.VolumeKmsKeyId": _NO_KEYS,
            **reasons.EXPERIMENT,
        },
    ),
    "DeleteEndpoint": Members("EndpointName"),
    "DeleteEndpointConfig": Members("EndpointConfigName"),
    "DeleteModel": Members("ModelName"),
    "DeleteTags": Members("ResourceArn TagKeys"),
    "DeleteTrainingJob": Members("TrainingJobName"),
    "DescribeEndpoint": Members("EndpointName"),
    "DescribeEndpointConfig": Members("EndpointConfigName"),
    "DescribeModel": Members("ModelName"),
    "DescribeTrainingJob": Members("TrainingJobName"),
    "DescribeTransformJob": Members("TransformJobName"),
    "ListEndpointConfigs": Members(_LIST),
    "ListEndpoints": Members(_LIST_OF_CHANGING),
    "ListModels": Members(_LIST),
    "ListTags": Members("ResourceArn NextToken MaxResults"),
    "ListTrainingJobs": Members(f"{_LIST_OF_CHANGING} WarmPoolStatusEquals TrainingPlanArnEquals"),
    "ListTransformJobs": Members(_LIST_OF_CHANGING),
    "Search": Members(
        "Resource SearchExpression.Filters.Name SearchExpression.Filters.Operator SearchExpression.Filters.Value "
        + below("SearchExpression.NestedFilters", "NestedPropertyName Filters.Name Filters.Operator Filters.Value")
        + " SearchExpression.SubExpressions SearchExpression.Operator SortBy SortOrder NextToken MaxResults",
        {"CrossAccountFilterOption": "there is one account"},
    ),
    "StopTrainingJob": Members("TrainingJobName"),
    "StopTransformJob": Members("TransformJobName"),
    "UpdateEndpoint": Members(
        "EndpointName EndpointConfigName RetainAllVariantProperties "
        f"ExcludeRetainedVariantProperties.VariantPropertyType RetainDeploymentConfig {_DEPLOYMENT}",
        instead=_ROLLBACK,
    ),
    "UpdateEndpointWeightsAndCapacities": Members(
        "EndpointName DesiredWeightsAndCapacities.VariantName DesiredWeightsAndCapacities.DesiredWeight",
        {"DesiredWeightsAndCapacities.DesiredInstanceCount": _ONE_MACHINE},
    ),
    **PIPELINES,
}

RUNTIME: Mapping[str, Members] = {
    "InvokeEndpoint": Members(
        "Content-Type Accept X-Amzn-SageMaker-Target-Variant X-Amzn-SageMaker-Custom-Attributes "
        "X-Amzn-SageMaker-Inference-Id X-Amzn-SageMaker-Target-Model",
        instead={
            "X-Amzn-SageMaker-Target-Container-Hostname": "leave it out: containers are executed serially.",
        },
    ),
    "InvokeEndpointAsync": Members(
        "X-Amzn-SageMaker-Content-Type X-Amzn-SageMaker-Accept X-Amzn-SageMaker-Custom-Attributes "
        "X-Amzn-SageMaker-Inference-Id X-Amzn-SageMaker-InputLocation X-Amzn-SageMaker-S3OutputPathExtension "
        "X-Amzn-SageMaker-Filename X-Amzn-SageMaker-RequestTTLSeconds X-Amzn-SageMaker-InvocationTimeoutSeconds"
    ),
}
"""The runtime's members, by their headers."""
