"""The members of the model registry's requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from local_sagemaker.protocol.members import Members, below

_DESCRIBED = "it is kept and described"
_NO_KEYS = "what is stored is not encrypted"
_TAGS = "Tags.Key Tags.Value"
_LIST = "SortBy SortOrder NextToken MaxResults NameContains CreationTimeBefore CreationTimeAfter"
_EACH = "S3Uri ContentType ContentDigest"
_SOURCE = (
    "S3Uri S3DataType CompressionType ModelAccessConfig.AcceptEula HubAccessConfig.HubContentArn ManifestS3Uri ETag "
    "ManifestEtag"
)
_CONTAINER = (
    "ContainerHostname ImageDigest ProductId ModelInput.DataInputConfig Framework FrameworkVersion NearestModelName "
    "ModelDataETag IsCheckpoint BaseModel.HubContentName BaseModel.HubContentVersion BaseModel.RecipeName "
    "AdditionalS3DataSource.S3DataType AdditionalS3DataSource.S3Uri AdditionalS3DataSource.CompressionType "
    "AdditionalS3DataSource.ETag AdditionalModelDataSources.ChannelName "
    + below("AdditionalModelDataSources.S3DataSource", _SOURCE)
    + " "
    + below("ModelDataSource.S3DataSource", _SOURCE)
)
_SUPPORTED = (
    "SupportedTransformInstanceTypes SupportedRealtimeInferenceInstanceTypes SupportedContentTypes "
    "SupportedResponseMIMETypes"
)
_METRICS = {
    "ModelMetrics": (
        *("ModelQuality.Statistics", "ModelQuality.Constraints", "ModelDataQuality.Statistics"),
        *("ModelDataQuality.Constraints", "Bias.Report", "Bias.PreTrainingReport", "Bias.PostTrainingReport"),
        "Explainability.Report",
    ),
    "DriftCheckBaselines": (
        *("ModelQuality.Statistics", "ModelQuality.Constraints", "ModelDataQuality.Statistics"),
        *("ModelDataQuality.Constraints", "Bias.ConfigFile", "Bias.PreTrainingConstraints"),
        *("Bias.PostTrainingConstraints", "Explainability.Constraints", "Explainability.ConfigFile"),
    ),
}


def _joined(parts: Iterable[str]) -> str:
    return " ".join(parts)


def _specification(structure: str) -> tuple[str, str]:
    """Write what is honoured of an inference specification, and what is only described."""
    containers = f"{structure}.Containers"
    return below(containers, "Image ModelDataUrl Environment"), _joined(
        (below(containers, _CONTAINER), below(structure, _SUPPORTED))
    )


_INFERENCE, _ADDITIONAL = _specification("InferenceSpecification"), _specification("AdditionalInferenceSpecifications")
_ADDED = _specification("AdditionalInferenceSpecificationsToAdd")
_FILES = _joined(below(f"{name}.{place}", _EACH) for name, places in _METRICS.items() for place in places)
_CARD = "ModelCard.ModelCardContent ModelCard.ModelCardStatus"
_LIFE_CYCLE = below("ModelLifeCycle", "Stage StageStatus StageDescription")
_NOT_RUN = {
    "ValidationSpecification": "run a batch transform of the model, and register it then.",
    "SourceAlgorithmSpecification": "give InferenceSpecification.",
    "ManagedStorageType": "leave it out: the artefacts stay where they are in S3.",
}
_GROUP = Members("ModelPackageGroupName")

REGISTRY: Mapping[str, Members] = {
    "BatchDescribeModelPackage": Members("ModelPackageArnList"),
    "CreateModelPackage": Members(
        f"ModelPackageName ModelPackageGroupName ModelPackageDescription ModelPackageRegistrationType {_TAGS} "
        "ModelApprovalStatus ClientToken CustomerMetadataProperties SourceUri AdditionalInferenceSpecifications.Name "
        f"{_INFERENCE[0]} {_ADDITIONAL[0]}",
        {
            f"{_INFERENCE[1]} {_ADDITIONAL[1]} AdditionalInferenceSpecifications.Description": _DESCRIBED,
            _FILES: f"{_DESCRIBED}; as on AWS, nobody opens the files",
            "MetadataProperties.CommitId MetadataProperties.Repository MetadataProperties.GeneratedBy "
            f"MetadataProperties.ProjectId Domain Task SamplePayloadUrl {_CARD} {_LIFE_CYCLE}": _DESCRIBED,
            "SkipModelValidation": "a package is validated by a ValidationSpecification alone, which is refused",
            "SecurityConfig.KmsKeyId": _NO_KEYS,
        },
        only={"CertifyForMarketplace": (False,)},
        instead=_NOT_RUN,
    ),
    "CreateModelPackageGroup": Members(
        f"ModelPackageGroupName ModelPackageGroupDescription {_TAGS}",
        instead={"ManagedConfiguration": "leave it out: the artefacts stay where they are in S3."},
    ),
    "DeleteModelPackage": Members("ModelPackageName"),
    "DeleteModelPackageGroup": _GROUP,
    "DeleteModelPackageGroupPolicy": _GROUP,
    "DescribeModelPackage": Members("ModelPackageName", only={"IncludedData": ("AllData",)}),
    "DescribeModelPackageGroup": _GROUP,
    "GetModelPackageGroupPolicy": _GROUP,
    "ListModelPackageGroups": Members(f"{_LIST} CrossAccountFilterOption"),
    "ListModelPackages": Members(f"{_LIST} ModelApprovalStatus ModelPackageGroupName ModelPackageType"),
    "PutModelPackageGroupPolicy": Members("ModelPackageGroupName ResourcePolicy"),
    "UpdateModelPackage": Members(
        "ModelPackageArn ModelApprovalStatus ModelPackageRegistrationType ApprovalDescription "
        "CustomerMetadataProperties CustomerMetadataPropertiesToRemove AdditionalInferenceSpecificationsToAdd.Name "
        f"SourceUri {_INFERENCE[0]} {_ADDED[0]}",
        {
            f"{_INFERENCE[1]} {_ADDED[1]} AdditionalInferenceSpecificationsToAdd.Description {_CARD} {_LIFE_CYCLE}": (
                _DESCRIBED
            ),
            "ClientToken": "the same update twice leaves what it left once",
        },
    ),
}
