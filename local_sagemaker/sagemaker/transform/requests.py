"""Checks a CreateTransformJob request for what the service model does not say, before a job is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources import refusals, s3_uris
from local_sagemaker.sagemaker.resources.limits import check_transform_limits
from local_sagemaker.sagemaker.transform.data.data_processing import DataProcessing, from_request
from local_sagemaker.sagemaker.transform.data.jsonpath import BadPath
from local_sagemaker.sagemaker.transform.data.parsing import READABLE, record_format


def check_transform(request: Mapping[str, Any], objects: ObjectStore, region: str) -> None:
    """Check a request.

    Raises
    ------
    AwsError
        `ValidationException` if a limit is exceeded, the input has no objects, a filter cannot be read, or the request
        asks for what is not executed here.
    """
    check_transform_limits(request)
    source = request["TransformInput"]
    if source.get("SplitType") in ("RecordIO", "TFRecord"):
        raise refusals.unsupported(f"SplitType={source['SplitType']}", "use Line or None.")
    if source["DataSource"]["S3DataSource"]["S3DataType"] != "S3Prefix":
        kind = source["DataSource"]["S3DataSource"]["S3DataType"]
        raise refusals.unsupported(f"S3DataType={kind} of a transform job", "use S3Prefix.")
    s3_uris.parse(request["TransformOutput"]["S3OutputPath"])
    _check_processing(request)
    _check_input(source["DataSource"]["S3DataSource"]["S3Uri"], objects, region)


def _check_processing(request: Mapping[str, Any]) -> None:
    content_type, accept = request["TransformInput"].get("ContentType"), request["TransformOutput"].get("Accept")
    try:
        processing = from_request(request.get("DataProcessing", {}), content_type)
    except BadPath as error:
        raise refusals.invalid(f"DataProcessing: {error}.") from error
    if processing == DataProcessing(content_type):
        return
    takes = f"DataProcessing takes {', '.join(READABLE)}"
    if record_format(content_type) is None and (processing.join or processing.changes_input):
        raise refusals.invalid(f"{takes}; TransformInput.ContentType is {content_type}.")
    if accept is not None and processing.changes_output and record_format(accept) is None:
        raise refusals.invalid(f"{takes}; TransformOutput.Accept is {accept}.")


def _check_input(uri: str, objects: ObjectStore, region: str) -> None:
    try:
        found = s3_uris.below(objects, s3_uris.parse(uri))
    except AwsError as error:
        if error.code != "NoSuchBucket":
            raise
        found = []
    if not found:
        raise refusals.invalid(s3_uris.nothing_found(uri, region, "the model's execution role"))
