"""Types that nothing is made for: a stack keeps them as records, and says so."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.cloudformation.types.resource_type import ACCOUNT, Call, Taken
from local_sagemaker.http.region import current_region


@dataclass(frozen=True)
class Recorded:
    """A type that is a record alone.

    Parameters
    ----------
    names : str
        Its properties.
    reason : str
        What is true here instead.
    identifier : str
        The property that is the physical id; empty: a generated name.
    replacing : str
        Properties whose change makes another one.
    arn : str
        Its ARN with `{id}`, `{region}` and `{account}` in it; empty: it has none.
    random : bool
        Whether AWS gives it a random id rather than a name.
    """

    names: str
    reason: str
    identifier: str = ""
    replacing: str = ""
    arn: str = ""
    random: bool = False

    @property
    def taken(self) -> Taken:
        """See `ResourceType`."""
        return Taken(self.names, replacing=self.replacing or self.identifier, nothing_made=self.reason)

    def physical_id(self, properties: Mapping[str, Any], generated: str) -> str:
        """See `ResourceType`."""
        return str(uuid.uuid4()) if self.random else str(properties.get(self.identifier, generated))

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """See `ResourceType`."""
        return False

    def create(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""

    def update(self, call: Call, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """See `ResourceType`."""

    def delete(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""

    def attributes(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """See `ResourceType`."""
        arn = self.arn.format(id=physical_id, region=current_region(), account=ACCOUNT)
        return {"Arn": arn, "KeyId": physical_id} if arn else {}


KMS_KEY = Recorded(
    "BypassPolicyLockoutSafetyCheck Description EnableKeyRotation Enabled KeyPolicy KeySpec KeyUsage MultiRegion "
    "Origin PendingWindowInDays RotationPeriodInDays Tags",
    "nothing is encrypted with it",
    replacing="KeySpec KeyUsage MultiRegion Origin",
    arn="arn:aws:kms:{region}:{account}:key/{id}",
    random=True,
)
KMS_ALIAS = Recorded("AliasName TargetKeyId", "nothing is encrypted with its key", "AliasName")
BUCKET_POLICY = Recorded("Bucket PolicyDocument", "no policy is enforced", "Bucket")
BUDGET = Recorded(
    "Budget NotificationsWithSubscribers ResourceTags", "nothing here costs money, and nobody is notified"
)
