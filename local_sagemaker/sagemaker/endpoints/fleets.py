"""Makes and starts what an endpoint is to run: a fleet of containers for each variant, in a place of its own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from local_sagemaker.sagemaker.endpoints.deployment import Deployment, VariantPipeline
from local_sagemaker.sagemaker.endpoints.on_demand.multi_model import MultiModelPipeline
from local_sagemaker.sagemaker.endpoints.on_demand.serverless import ServerlessPipeline
from local_sagemaker.sagemaker.endpoints.records import Plan, VariantPlan
from local_sagemaker.sagemaker.models.records import ContainerDefinition
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

    def _pipeline(self, endpoint: str, variant: VariantPlan, directory: Path, archives: Path) -> VariantPipeline:
        group, name, own = endpoint_group(endpoint), variant.name, archives / variant.name

        def make(containers: Sequence[ContainerDefinition], copies: Path) -> InferencePipeline:
            instance = instance_id()
            place, stream = directory / name / instance, f"{name}/{instance}"
            return self._instance.pipeline(containers, {}, place, copies, group, stream)

        if variant.containers[0].multi_model:
            return MultiModelPipeline(variant.containers[0], make, own, variant.startup_seconds)
        make_all = partial(make, variant.containers, own)
        if variant.serverless is None:
            return make_all()
        return ServerlessPipeline(make_all, variant.serverless, variant.startup_seconds)
