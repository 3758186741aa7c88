"""What of this pipeline costs money, since when, and by the hour as far as AWS's price list says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import botocore.exceptions

from pipeline.aws.ownership import is_ours
from pipeline.deployment import endpoint
from pipeline.deployment.updating import alarms

if TYPE_CHECKING:
    from pipeline.aws.session import Session

_MONTHLY_ALARM = 0.10
"""Dollars for a standard alarm, in most regions."""
_MONTHLY_KEY = 1.0
"""Dollars for a key of KMS, in every region."""
_HOURS_A_MONTH = 730


@dataclass(frozen=True, slots=True)
class Cost:
    """One thing that is billed for."""

    kind: str
    name: str
    what: str
    """How much of what."""
    since: str | None
    hourly: float | None
    """Dollars; None where the price list does not say, or nothing is billed."""
    is_billed: bool

    @property
    def line(self) -> str:
        """The same for people."""
        price = "price unknown" if self.hourly is None else f"${self.hourly:.4f} an hour"
        if not self.is_billed:
            price = "which is free here, not on AWS"
        since = f" since {self.since}" if self.since else ""
        return f"{self.kind} {self.name}: {self.what}{since}, {price}"


def costs(session: Session) -> list[Cost]:
    """List what this pipeline is billed for; where nothing is billed, what would be on AWS, without prices."""
    return [*_endpoint(session), *_training_jobs(session), *_transform_jobs(session), *_alarms(session), *_key(session)]


def _endpoint(session: Session) -> Iterator[Cost]:
    found = endpoint.describe(session)
    if found is None or found["EndpointStatus"] in ("Failed", "Deleting"):
        return
    if not is_ours(session, found["EndpointArn"]):
        return
    config = session.sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
    counts = {item["VariantName"]: item.get("CurrentInstanceCount") for item in found.get("ProductionVariants", [])}
    for variant in config["ProductionVariants"]:
        count = counts.get(variant["VariantName"]) or variant.get("InitialInstanceCount", 1)
        yield _of_instances(session, "endpoint", session.name, variant["InstanceType"], count, found["CreationTime"])


def _training_jobs(session: Session) -> Iterator[Cost]:
    pages = session.sagemaker.get_paginator("list_training_jobs")
    for page in pages.paginate(NameContains=session.name, StatusEquals="InProgress"):
        for job in page["TrainingJobSummaries"]:
            if is_ours(session, job["TrainingJobArn"]):
                found = session.sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])
                resources = found["ResourceConfig"]
                type_, count = resources.get("InstanceType", "unknown"), resources.get("InstanceCount", 1)
                yield _of_instances(
                    session, "training job", job["TrainingJobName"], type_, count, job["CreationTime"], "Training"
                )


def _transform_jobs(session: Session) -> Iterator[Cost]:
    pages = session.sagemaker.get_paginator("list_transform_jobs")
    for page in pages.paginate(NameContains=session.name, StatusEquals="InProgress"):
        for job in page["TransformJobSummaries"]:
            if is_ours(session, job["TransformJobArn"]):
                found = session.sagemaker.describe_transform_job(TransformJobName=job["TransformJobName"])
                resources = found["TransformResources"]
                type_, count = resources["InstanceType"], resources["InstanceCount"]
                yield _of_instances(
                    session,
                    "batch transform",
                    job["TransformJobName"],
                    type_,
                    count,
                    job["CreationTime"],
                    "Batch Transform",
                )


def _alarms(session: Session) -> Iterator[Cost]:
    for name in alarms.ours(session):
        hourly = _MONTHLY_ALARM / _HOURS_A_MONTH if session.target.bills else None
        yield Cost("alarm", name, "standard resolution", None, hourly, session.target.bills)


def _key(session: Session) -> Iterator[Cost]:
    found = session.infrastructure
    if found and found.made_key and found.kms_key:
        hourly = _MONTHLY_KEY / _HOURS_A_MONTH if session.target.bills else None
        yield Cost("key", found.kms_key, "of bootstrap", None, hourly, session.target.bills)


def _of_instances(
    session: Session, kind: str, name: str, type_: str, count: int, since: datetime, component: str = "Hosting"
) -> Cost:
    price = _hourly_price(session, type_, component) if session.target.bills else None
    hourly = None if price is None else price * count
    return Cost(kind, name, f"{count} x {type_}", f"{since:%Y-%m-%d %H:%M}", hourly, session.target.bills)


def _hourly_price(session: Session, instance_type: str, component: str) -> float | None:
    """Return AWS's price of an instance; None where the price list does not answer, or in more than one way."""
    wanted = {"regionCode": session.region, "instanceName": instance_type, "component": component}
    try:
        found = session.pricing.get_products(
            ServiceCode="AmazonSageMaker",
            Filters=[{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in wanted.items()],
        )
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
        return None  # it is said to be unknown; what runs is worth knowing without it
    prices = {price for product in found["PriceList"] for price in _on_demand(json.loads(str(product)))}
    return prices.pop() if len(prices) == 1 else None


def _on_demand(product: dict[str, Any]) -> Iterator[float]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            if dimension["unit"].lower() in ("hrs", "hours"):
                yield float(dimension["pricePerUnit"]["USD"])
