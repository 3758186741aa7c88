"""The members of requests about processing jobs."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members, below
from local_sagemaker.sagemaker.resources.members import reasons

_CLUSTER = "ProcessingResources.ClusterConfig"
_OUTPUTS = "ProcessingOutputConfig.Outputs"
_S3_INPUT = below("ProcessingInputs.S3Input", "S3Uri LocalPath S3DataType S3CompressionType")
_S3_OUTPUT = below(f"{_OUTPUTS}.S3Output", "S3Uri LocalPath S3UploadMode")
_APPLICATION = below("AppSpecification", "ImageUri ContainerEntrypoint ContainerArguments")

PROCESSING: Mapping[str, Members] = {
    "CreateProcessingJob": Members(
        f"ProcessingJobName Environment {reasons.TAGS} {_APPLICATION} ProcessingInputs.InputName {_S3_INPUT} "
        f"{_OUTPUTS}.OutputName {_S3_OUTPUT} {_CLUSTER}.InstanceCount {_CLUSTER}.InstanceType "
        f"{below(f'{_CLUSTER}.InstancePreferences', 'InstanceType InstanceCount')} "
        "StoppingCondition.MaxRuntimeInSeconds NetworkConfig.EnableNetworkIsolation",
        {
            "RoleArn": reasons.NO_ACCOUNT,
            f"{_CLUSTER}.VolumeSizeInGB": reasons.OWN_DISK,
            f"{_CLUSTER}.VolumeKmsKeyId ProcessingOutputConfig.KmsKeyId": reasons.NO_KEYS,
            "ProcessingInputs.S3Input.S3DataDistributionType": "one instance gets all objects",
            "NetworkConfig.EnableInterContainerTrafficEncryption": reasons.ONE_CONTAINER,
            "NetworkConfig.VpcConfig.SecurityGroupIds NetworkConfig.VpcConfig.Subnets": reasons.NO_NETWORK,
            **reasons.EXPERIMENT,
        },
        only={
            "ProcessingInputs.AppManaged": (False,),
            "ProcessingInputs.S3Input.S3InputMode": ("File",),
            f"{_OUTPUTS}.AppManaged": (False,),
        },
        instead={
            "ProcessingInputs.AppManaged": "have it downloaded by an S3Input, or by the script.",
            "ProcessingInputs.DatasetDefinition": "put the data into S3, and give S3Input.",
            "ProcessingInputs.S3Input.S3InputMode": "use File.",
            f"{_OUTPUTS}.AppManaged": "have it uploaded by an S3Output, or by the script.",
            f"{_OUTPUTS}.FeatureStoreOutput": "give S3Output.",
        },
    ),
    "DeleteProcessingJob": Members("ProcessingJobName"),
    "DescribeProcessingJob": Members("ProcessingJobName"),
    "ListProcessingJobs": Members(reasons.LIST_OF_CHANGING),
    "StopProcessingJob": Members("ProcessingJobName"),
}
