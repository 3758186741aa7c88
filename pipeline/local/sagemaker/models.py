"""Models: which containers serve, in which order, with which artefacts. A model never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.local.containers.image import UnsupportedImage, check
from pipeline.local.errors import AwsError
from pipeline.local.s3.objects import ObjectStore
from pipeline.local.sagemaker import refusals, s3_uris
from pipeline.local.sagemaker.arns import Arns, Kind
from pipeline.local.sagemaker.listing import query
from pipeline.local.sagemaker.resources import Resource, Resources, now
from pipeline.local.sagemaker.tags import Tags

PRIMARY = "primary"
"""What AWS calls the container of a model that has only one."""

_NOT_OF_A_CONTAINER = {
    "ModelPackageName": "give Image and ModelDataUrl.",
    "AdditionalModelDataSources": "put all files into the one model.tar.gz.",
    "MultiModelConfig": "create a model for each artefact.",
    "InferenceSpecificationName": "give Image and ModelDataUrl.",
}


@dataclass(frozen=True, slots=True)
class ContainerDefinition:
    """One container of a model, as far as it is executed."""

    hostname: str
    image: str
    model_data: str | None
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(Resource):
    """A model and the containers of it."""

    containers: tuple[ContainerDefinition, ...]


class ModelOperations:
    """CreateModel, DescribeModel, ListModels and DeleteModel."""

    def __init__(self, models: Resources[Model], objects: ObjectStore, tags: Tags, arns: Arns) -> None:
        self._models = models
        self._objects = objects
        self._tags = tags
        self._arns = arns

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateModel.

        Raises
        ------
        AwsError
            `ValidationException` if the name is taken, a model artefact is not in S3, an image is not the scikit-learn
            one, or the request asks for what is not executed here.
        """
        name, time = request["ModelName"], now()
        containers = container_definitions(request)
        for container in containers:
            self._check(container)
            if request.get("EnableNetworkIsolation"):
                refusals.refuse_code_from_s3(container.environment.get("SAGEMAKER_SUBMIT_DIRECTORY"))
        arn = self._arns.of(Kind.MODEL, name)
        with self._models.transaction():
            if not self._models.add(
                Model(name=name, request=request, created=time, modified=time, containers=containers)
            ):
                raise refusals.already_exists(Kind.MODEL, arn)
            self._tags.set(arn, request.get("Tags", ()))
        return {"ModelArn": arn}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeModel."""
        model = self.find(request["ModelName"])
        return {
            "EnableNetworkIsolation": False,
            **{member: value for member, value in model.request.items() if member != "Tags"},
            "ModelArn": self._arns.of(Kind.MODEL, model.name),
            "CreationTime": model.created,
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListModels."""
        models, token = self._models.page(query(request))
        summaries = [
            {"ModelName": model.name, "ModelArn": self._arns.of(Kind.MODEL, model.name), "CreationTime": model.created}
            for model in models
        ]
        return {"Models": summaries, **({"NextToken": token} if token else {})}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteModel; endpoints that serve the model keep serving it."""
        arn = self._arns.of(Kind.MODEL, request["ModelName"])
        with self._models.transaction():
            if not self._models.remove(request["ModelName"]):
                raise refusals.not_found(Kind.MODEL, arn)
            self._tags.forget(arn)
        return {}

    def find(self, name: str) -> Model:
        """Read a model; raises `ValidationException` if it is not there."""
        model = self._models.get(name)
        if model is None:
            raise refusals.not_found(Kind.MODEL, self._arns.of(Kind.MODEL, name))
        return model

    def _check(self, container: ContainerDefinition) -> None:
        try:
            check(container.image)
        except UnsupportedImage as error:
            raise refusals.invalid(str(error)) from error
        if container.model_data is not None:
            check_model_data(self._objects, container.model_data)


def container_definitions(request: Mapping[str, Any]) -> tuple[ContainerDefinition, ...]:
    """Read the containers of a CreateModel request.

    Raises
    ------
    AwsError
        `ValidationException` if they are not one PrimaryContainer, or 2 to 15 Containers executed serially.
    """
    primary, several = request.get("PrimaryContainer"), request.get("Containers", ())
    if bool(primary) == bool(several):
        raise refusals.invalid("Exactly one of PrimaryContainer and Containers must be given.")
    if request.get("InferenceExecutionConfig", {}).get("Mode") == "Direct":
        raise refusals.unsupported("InferenceExecutionConfig.Mode=Direct", "containers are executed serially.")
    if primary:
        return (_definition(primary, PRIMARY),)
    if len(several) == 1:
        return (_definition(several[0], PRIMARY),)
    return _serial(several)


def _serial(members: Sequence[Mapping[str, Any]]) -> tuple[ContainerDefinition, ...]:
    definitions = tuple(_definition(member, f"container-{place}") for place, member in enumerate(members, start=1))
    names = [definition.hostname for definition in definitions]
    for name in names:
        if names.count(name) > 1:
            raise refusals.invalid(f'Two containers have the ContainerHostname "{name}"; each needs its own.')
    return definitions


def _definition(member: Mapping[str, Any], default_hostname: str) -> ContainerDefinition:
    refusals.refuse_members(member, _NOT_OF_A_CONTAINER, where="ContainerDefinition.")
    if member.get("Mode") == "MultiModel":
        raise refusals.unsupported("ContainerDefinition.Mode=MultiModel", "create a model for each artefact.")
    if "Image" not in member:
        raise refusals.invalid("A container needs an Image.")
    return ContainerDefinition(
        hostname=member.get("ContainerHostname", default_hostname),
        image=member["Image"],
        model_data=_model_data(member),
        environment=member.get("Environment", {}),
    )


def _model_data(member: Mapping[str, Any]) -> str | None:
    source = member.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return member.get("ModelDataUrl")
    if source["S3DataType"] != "S3Object" or source["CompressionType"] != "Gzip":
        raise refusals.unsupported("an uncompressed ModelDataSource", "give one model.tar.gz (S3Object, Gzip).")
    uri: str = source["S3Uri"]
    return uri


def check_model_data(objects: ObjectStore, uri: str) -> None:
    """See that a model artefact is there.

    Raises
    ------
    AwsError
        `ValidationException`, in AWS's words, if it is not.
    """
    place = s3_uris.parse(uri)
    try:
        objects.head(place.bucket, place.key)
    except AwsError as error:
        raise refusals.invalid(f"Could not find model data at {uri}.") from error
