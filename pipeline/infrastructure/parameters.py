"""The template, and what a user chooses of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

TEMPLATE = Path(__file__).parent / "template.yaml"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user names; None leaves it as it is, or as the template has it."""

    bucket: str | None = None
    role_arn: str | None = None
    creates_key: bool | None = None
    kms_key: str | None = None
    subnets: str | None = None
    security_groups: str | None = None
    budget: int | None = None
    budget_email: str | None = None

    def check(self) -> None:
        """See that what belongs together is there.

        Raises
        ------
        BadInput
            If a part is missing, or two contradict each other.
        """
        if bool(self.subnets) != bool(self.security_groups):
            raise BadInput("--subnets and --security-groups belong together: give both, or neither.")
        if self.budget and not self.budget_email:
            raise BadInput("--budget needs --budget-email: the address that AWS writes to.")
        if self.creates_key and self.kms_key:
            raise BadInput("--create-key makes a key and --kms-key names one: give one of the two.")

    def _named(self) -> dict[str, str | None]:
        return {
            "ExistingBucketName": self.bucket,
            "ExistingExecutionRoleArn": self.role_arn,
            "CreateKmsKey": None if self.creates_key is None else str(self.creates_key).lower(),
            "ExistingKmsKeyArn": self.kms_key,
            "SubnetIds": self.subnets,
            "SecurityGroupIds": self.security_groups,
            "MonthlyBudget": None if self.budget is None else str(self.budget),
            "BudgetEmail": self.budget_email,
        }

    def parameters(self, name: str, present: Collection[str]) -> list[ParameterTypeDef]:
        """Return the template's parameters: what is named, and of the others what they are, where there is a stack.

        Parameters
        ----------
        name : str
            The pipeline's.
        present : collection of str
            The parameters that the stack has already.
        """
        found: list[ParameterTypeDef] = [{"ParameterKey": "PipelineName", "ParameterValue": name}]
        for key, value in self._named().items():
            if value is not None:
                found.append({"ParameterKey": key, "ParameterValue": value})
            elif key in present:
                found.append({"ParameterKey": key, "UsePreviousValue": True})
        return found
