"""CreateEndpoint, DescribeEndpoint, ListEndpoints, UpdateEndpoint and DeleteEndpoint."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.endpoints import capture, guardrails
from local_sagemaker.sagemaker.endpoints.records import Endpoint, EndpointStatus, Plan, Stage, VariantPlan
from local_sagemaker.sagemaker.models.model_data import check_model_data
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.table import now
from local_sagemaker.sagemaker.running.handover import Handover

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_sagemaker.s3.store.objects import ObjectStore
    from local_sagemaker.sagemaker.endpoint_configs.operations import EndpointConfigOperations
    from local_sagemaker.sagemaker.endpoints.run import RunningEndpoints
    from local_sagemaker.sagemaker.models.operations import ModelOperations
    from local_sagemaker.sagemaker.resources.arns import Arns
    from local_sagemaker.sagemaker.resources.table import Resources
    from local_sagemaker.sagemaker.resources.tags import Tags


_BUSY = (EndpointStatus.CREATING, EndpointStatus.UPDATING, EndpointStatus.SYSTEM_UPDATING, EndpointStatus.DELETING)
_DESIRED = {"DesiredWeight": "InitialVariantWeight", "DesiredInstanceCount": "InitialInstanceCount"}


class EndpointOperations(ResourceOperations[Endpoint]):
    """CreateEndpoint, DescribeEndpoint, ListEndpoints, UpdateEndpoint and DeleteEndpoint."""

    def __init__(
        self,
        endpoints: Resources[Endpoint],
        configs: EndpointConfigOperations,
        models: ModelOperations,
        objects: ObjectStore,
        running_endpoints: RunningEndpoints,
        tags: Tags,
        arns: Arns,
    ) -> None:
        super().__init__(Kind.ENDPOINT, endpoints, tags, arns)
        self._configs = configs
        self._models = models
        self._objects = objects
        self._running_endpoints = running_endpoints

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateEndpoint": self.create,
            "DeleteEndpoint": self.delete,
            "DescribeEndpoint": self.describe,
            "ListEndpoints": self.list,
            "UpdateEndpoint": self.update,
            "UpdateEndpointWeightsAndCapacities": self.update_weights,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateEndpoint; the endpoint comes up by itself.

        Raises
        ------
        AwsError
            `ValidationException` if the name is taken, or the configuration, a model of it or a model's artefact is
            not there.
        """
        name, time = request["EndpointName"], now()
        plan = self._plan(request["EndpointConfigName"])
        guardrails.check(request.get("DeploymentConfig"), plan, None)
        endpoint = Endpoint(
            name=name,
            request=request,
            created=time,
            modified=time,
            status=EndpointStatus.CREATING,
            pending=plan,
            deployment_config=request.get("DeploymentConfig"),
        )
        with Handover() as handover, self._records.transaction():
            arn = self._add(endpoint)
            self._running_endpoints.create(name, plan, handover)
        return {"EndpointArn": arn}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeEndpoint."""
        endpoint = self.find(request["EndpointName"])
        answer = {
            "EndpointName": endpoint.name,
            "EndpointArn": self._arn(endpoint.name),
            "EndpointStatus": endpoint.status,
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.modified,
        }
        if current := endpoint.deployed or endpoint.pending:
            answer["EndpointConfigName"] = current.config_name
        answer |= _variants(endpoint) | _inference(endpoint)
        if endpoint.failure_reason:
            answer["FailureReason"] = endpoint.failure_reason
        if endpoint.deployment_config:
            answer["LastDeploymentConfig"] = endpoint.deployment_config
        return answer

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListEndpoints."""
        return self._listed(
            "Endpoints",
            request,
            lambda endpoint: {
                "EndpointName": endpoint.name,
                "EndpointArn": self._arn(endpoint.name),
                "LastModifiedTime": endpoint.modified,
                "EndpointStatus": endpoint.status,
            },
        )

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer UpdateEndpoint; what serves now serves on until its successor is up.

        Raises
        ------
        AwsError
            `ValidationException` if the endpoint is not there or is being changed already, or as for CreateEndpoint.
        """
        name = request["EndpointName"]
        self.find(name)
        plan = self._plan(request["EndpointConfigName"])

        def begin(endpoint: Endpoint) -> Endpoint:
            self._check_idle(endpoint)
            _check_kinds(plan, endpoint.deployed)
            keeps = endpoint.deployment_config if request.get("RetainDeploymentConfig") else None
            config, pending = request.get("DeploymentConfig", keeps), _retaining(plan, endpoint.deployed, request)
            guardrails.check(config, pending, endpoint.deployed)
            self._check_alarms(config)
            return replace(
                endpoint,
                status=EndpointStatus.UPDATING,
                pending=pending,
                failure_reason=None,
                deployment_config=config,
                stage=None,
            )

        with Handover() as handover, self._records.transaction():
            self.find(name)
            if (changed := self._records.change(name, begin)) and changed.pending:
                self._running_endpoints.update(name, changed.pending, handover)
        return {"EndpointArn": self._arn(name)}

    def update_weights(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer UpdateEndpointWeightsAndCapacities; the traffic changes at once.

        Raises
        ------
        AwsError
            `ValidationException` if the endpoint or a variant of it is not there, or the endpoint is being changed.
        """
        name, wanted = request["EndpointName"], request["DesiredWeightsAndCapacities"]

        def weighted(endpoint: Endpoint) -> Endpoint:
            self._check_idle(endpoint)
            return replace(endpoint, deployed=_weighted(endpoint.deployed, wanted))

        with self._records.transaction():
            self.find(name)
            self._records.change(name, weighted)
        self._running_endpoints.share_out(name)
        return {"EndpointArn": self._arn(name)}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteEndpoint; the endpoint's containers stop and then it is gone.

        Raises
        ------
        AwsError
            `ValidationException` if the endpoint is not there or is being created or updated.
        """
        name = request["EndpointName"]
        with Handover() as handover, self._records.transaction():
            if self.find(name).status is not EndpointStatus.DELETING:
                self._records.change(name, self._deleting)
                self._running_endpoints.delete(name, handover)
        return {}

    def _check_alarms(self, config: Mapping[str, Any] | None) -> None:
        if config is not None and (missing := self._running_endpoints.alarms.missing(guardrails.alarms_of(config))):
            raise refusals.invalid(
                f"Could not find the CloudWatch alarms of AutoRollbackConfiguration: {', '.join(missing)}."
            )

    def _deleting(self, endpoint: Endpoint) -> Endpoint:
        self._check_settled(endpoint)
        return replace(endpoint, status=EndpointStatus.DELETING)

    def _check_settled(self, endpoint: Endpoint) -> None:
        if endpoint.status in _BUSY:  # AWS answers DeleteEndpoint in these words, too
            raise refusals.invalid(f'Cannot update in-progress endpoint "{self._arn(endpoint.name)}".')

    def _check_idle(self, endpoint: Endpoint) -> None:
        self._check_settled(endpoint)
        arn = self._arn(endpoint.name)
        if endpoint.status is EndpointStatus.FAILED:
            raise refusals.invalid(f'Cannot update endpoint "{arn}": its status is Failed, so it can only be deleted.')

    def _plan(self, config_name: str) -> Plan:
        config = self._configs.find(config_name)
        variants = tuple(self._variant(settings) for settings in config.request["ProductionVariants"])
        return Plan(
            config_name,
            variants,
            copies=secrets.token_hex(4),
            resolved=now(),
            capture=config.request.get("DataCaptureConfig"),
            asynchronous=config.request.get("AsyncInferenceConfig"),
        )

    def _variant(self, settings: Mapping[str, Any]) -> VariantPlan:
        model = self._models.find(settings["ModelName"])
        for container in model.containers:
            check_model_data(self._objects, container)
        return VariantPlan(settings["VariantName"], model.containers, settings)


def _retaining(plan: Plan, deployed: Plan | None, request: Mapping[str, Any]) -> Plan:
    """Keep weights and instance counts of the variants that an update finds, as `RetainAllVariantProperties` asks."""
    if deployed is None or not request.get("RetainAllVariantProperties"):
        return plan
    excluded = {exclusion["VariantPropertyType"] for exclusion in request.get("ExcludeRetainedVariantProperties", ())}
    kept = {
        variant.name: {_DESIRED[name]: value for name, value in _desired(variant).items() if name not in excluded}
        for variant in deployed.variants
    }
    variants = (
        replace(variant, settings={**variant.settings, **kept.get(variant.name, {})}) for variant in plan.variants
    )
    captured = plan.capture if "DataCaptureConfig" in excluded else deployed.capture
    return replace(plan, variants=tuple(variants), capture=captured)


def _check_kinds(plan: Plan, deployed: Plan | None) -> None:
    """Refuse what AWS refuses: instances cannot be left for serverless inference."""
    of_instances = {variant.name for variant in deployed.variants if variant.serverless is None} if deployed else set()
    for variant in plan.variants:
        if variant.serverless is not None and variant.name in of_instances:
            raise refusals.invalid(f"The variant {variant.name} has instances; it cannot be updated to serverless.")


def _inference(endpoint: Endpoint) -> dict[str, Any]:
    """Describe data capture and asynchronous inference."""
    plan = endpoint.deployed or endpoint.pending
    found: dict[str, Any] = {}
    if plan is not None and plan.capture is not None:
        found["DataCaptureConfig"] = capture.described(plan.capture)
    if plan is not None and plan.asynchronous is not None:
        found["AsyncInferenceConfig"] = plan.asynchronous
    return found


def _desired(variant: VariantPlan) -> dict[str, float]:
    return {"DesiredWeight": variant.weight, "DesiredInstanceCount": variant.instance_count}


def _weighted(plan: Plan | None, wanted: Sequence[Mapping[str, Any]]) -> Plan | None:
    if plan is None:
        return None
    variants = {variant.name: variant for variant in plan.variants}
    for change in wanted:
        name = change["VariantName"]
        if name not in variants:
            raise refusals.invalid(
                f'The variant name(s) "{name}" is/are not present within endpoint configuration "{plan.config_name}".'
            )
        settings = dict(variants[name].settings)
        for desired, initial in _DESIRED.items():
            settings[initial] = change.get(desired, settings.get(initial, 1))
        variants[name] = replace(variants[name], settings=settings)
    return replace(plan, variants=tuple(variants.values()))


def _variants(endpoint: Endpoint) -> dict[str, Any]:
    """Describe what serves and, while there is a deployment under way, what is to; of one that failed, nothing runs."""
    found: dict[str, Any] = {"ProductionVariants": _summaries(endpoint.deployed)} if endpoint.deployed else {}
    if endpoint.pending is None:
        return found
    if endpoint.status is EndpointStatus.FAILED:
        return {
            "ProductionVariants": [{**each, **_nothing_runs(each)} for each in _summaries(endpoint.pending)]
        } | found
    return {**found, "PendingDeploymentSummary": _pending(endpoint.pending, endpoint.stage)}


def _pending(plan: Plan, stage: Stage | None) -> dict[str, Any]:
    """Describe a deployment that is under way, and how far it is."""
    if stage is None:
        return {"EndpointConfigName": plan.config_name, "ProductionVariants": _summaries(plan)}
    status = {"VariantStatus": [{"Status": stage.status, "StartTime": stage.since}]}
    return {
        "EndpointConfigName": plan.config_name,
        "ProductionVariants": [{**summary, **status} for summary in _summaries(plan)],
        "StartTime": stage.begun,
    }


def _nothing_runs(summary: Mapping[str, Any]) -> dict[str, int]:
    return {"CurrentInstanceCount": 0} if "CurrentInstanceCount" in summary else {}


def _summaries(plan: Plan) -> list[dict[str, Any]]:
    when = {"ResolutionTime": plan.resolved} if plan.resolved else {}
    return [
        {
            "VariantName": variant.name,
            "DeployedImages": [
                {"SpecifiedImage": container.image, "ResolvedImage": container.image, **when}
                for container in variant.containers
            ],
            "CurrentWeight": variant.weight,
            "DesiredWeight": variant.weight,
            **_capacity(variant),
        }
        for variant in plan.variants
    ]


def _capacity(variant: VariantPlan) -> dict[str, Any]:
    if variant.serverless is not None:
        return {"CurrentServerlessConfig": variant.serverless}
    return {"CurrentInstanceCount": variant.instance_count, "DesiredInstanceCount": variant.instance_count}
