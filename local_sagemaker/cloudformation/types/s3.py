"""`AWS::S3::Bucket`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.cloudformation.types.resource_type import Call, Taken, found, ignoring
from local_sagemaker.http.region import DEFAULT_REGION, current_region


class Bucket:
    """A bucket of our S3."""

    taken = Taken(
        "BucketName",
        {
            "BucketEncryption": "objects are not encrypted",
            "LifecycleConfiguration": "no object expires",
            "LoggingConfiguration": "no access is logged",
            "OwnershipControls": "everything belongs to one account",
            "PublicAccessBlockConfiguration": "nothing is public",
            "Tags": "buckets have no tags",
            "VersioningConfiguration": "there are no versions",
        },
        replacing="BucketName",
    )

    def physical_id(self, properties: Mapping[str, Any], generated: str) -> str:
        """See `ResourceType`."""
        return str(properties.get("BucketName", generated.lower()))

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """See `ResourceType`."""
        return found(call, "s3", "HeadBucket", {"Bucket": physical_id}, "NoSuchBucket")

    def create(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        request: dict[str, Any] = {"Bucket": physical_id}
        if current_region() != DEFAULT_REGION:
            request["CreateBucketConfiguration"] = {"LocationConstraint": current_region()}
        call("s3", "CreateBucket", request)

    def update(self, call: Call, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """See `ResourceType`."""

    def delete(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        ignoring(call, "s3", "DeleteBucket", {"Bucket": physical_id}, "NoSuchBucket")

    def attributes(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """See `ResourceType`."""
        return {
            "Arn": f"arn:aws:s3:::{physical_id}",
            "DomainName": f"{physical_id}.s3.amazonaws.com",
            "RegionalDomainName": f"{physical_id}.s3.{current_region()}.amazonaws.com",
        }
