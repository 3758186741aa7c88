"""Makes and starts what an endpoint is to run: a fleet of containers for each variant, in a place of its own."""

from __future__ import annotations

import secrets
from pathlib import Path

from local_sagemaker.sagemaker.endpoints.deployment import Deployment
from local_sagemaker.sagemaker.endpoints.records import Plan, VariantPlan
from local_sagemaker.sagemaker.endpoints.serverless import ServerlessPipeline
from local_sagemaker.sagemaker.running.inference_pipeline import InferencePipeline
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.log_streams import endpoint_group, instance_id
from local_sagemaker.sagemaker.running.stopping import StopRequest


class Fleets:
    """Starts deployments.

    Parameters
    ----------
    instance : ComputeInstance
        Where containers run.
    """

    def __init__(self, instance: ComputeInstance) -> None:
        self._instance = instance

    def started(self, endpoint: str, plan: Plan, stop: StopRequest) -> Deployment:
        """Start what an endpoint is to run.

        Raises
        ------
        VariantFailed, ModelDataMissing
            If a variant does not come up.
        Stopped
            If the start is to stop.
        """
        directory = self._instance.work / "endpoints" / endpoint / secrets.token_hex(4)
        archives = self._instance.artefacts / endpoint / plan.copies
        pipelines = {v.name: self._pipeline(endpoint, v, directory, archives) for v in plan.variants}
        deployment = Deployment(plan, pipelines, directory)
        deployment.start(stop)
        return deployment

    def _pipeline(
        self, endpoint: str, variant: VariantPlan, directory: Path, archives: Path
    ) -> InferencePipeline | ServerlessPipeline:
        group, name = endpoint_group(endpoint), variant.name

        def make() -> InferencePipeline:
            instance = instance_id()
            place, stream = directory / name / instance, f"{name}/{instance}"
            return self._instance.pipeline(variant.containers, {}, place, archives / name, group, stream)

        return (
            make()
            if variant.serverless is None
            else ServerlessPipeline(make, variant.serverless, variant.startup_seconds)
        )
