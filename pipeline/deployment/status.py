"""`status`: what is trained, what is deployed, and which code serves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pipeline.artefacts import runs
from pipeline.artefacts.source_code import Container, digest, digests
from pipeline.aws.ownership import not_ours
from pipeline.aws.session import Session
from pipeline.deployment import endpoint, expiry, scaling
from pipeline.deployment.costs import Cost, costs
from pipeline.deployment.endpoint import DeployedContainer, DeployedEndpoint
from pipeline.errors import NotReady
from pipeline.jobs.container_environment import CODE_VARIABLE
from pipeline.jobs.image import IMAGE_VERSION
from pipeline.registry import packages

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CodeState:
    """The code of one deployed container against the working tree."""

    serving: str
    """Digest of the code that serves, shortened."""
    is_current: bool


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version of the model registry."""

    number: int
    approval: str
    description: str
    created: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything `status` prints."""

    target: str
    name: str
    latest_run: str | None
    profile: str | None
    dataset: str | None
    endpoint: str | None
    """The endpoint's status, None where there is no endpoint."""
    reason: str | None
    serving_run: str | None
    model: str | None
    code: dict[str, CodeState]
    warnings: list[str]
    versions: list[VersionState]
    """Those of the model registry, the newest first."""
    costs: list[Cost]
    expires: str | None
    """When the endpoint will be deleted, in UTC."""
    scaling: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return it as lines for people."""
        if self.latest_run is None:
            trained = "nothing yet: run `make train`"
        else:
            trained = f"run {self.latest_run}, profile {self.profile}, {self.dataset}"
        lines = [f"target    {self.target}", f"trained   {trained}"]
        lines += [f"version   {item.number}: {item.approval}, {item.description}" for item in self.versions[:_SHOWN]]
        if self.endpoint is None:
            return [*lines, "endpoint  none: run `make deploy-pipeline`", *self._costs()]
        lines.append(f"endpoint  {self.name}: {self.endpoint}{f' ({self.reason})' if self.reason else ''}")
        behind = "" if self.serving_run == self.latest_run else " (not the latest: `make deploy-pipeline` brings it)"
        lines.append(f"serves    run {self.serving_run}{behind}, model {self.model}")
        for container, state in self.code.items():
            where = "the working tree's" if state.is_current else "other than the working tree's"
            lines.append(f"code      {container}: {state.serving}, {where}")
        if self.scaling:
            lines.append(f"scaling   {self.scaling}")
        if self.expires:
            lines.append(
                f"expires   {self.expires} UTC: the endpoint is deleted then; all else stays until `make teardown`"
            )
        return [*lines, *self._costs(), *(f"warning   {warning}" for warning in self.warnings)]

    def _costs(self) -> list[str]:
        return [f"costs     {item.line}" for item in self.costs]


def status(session: Session) -> Status:
    """Look at the latest run and at the endpoint."""
    try:
        latest = runs.find(session.s3, session.home)
    except NotReady:
        latest = None
    deployed = endpoint.find(session)
    return Status(
        target=session.target.name,
        name=session.name,
        latest_run=latest.id if latest else None,
        profile=latest.profile if latest else None,
        dataset=latest.dataset if latest else None,
        endpoint=deployed.status if deployed else None,
        reason=deployed.reason if deployed else None,
        serving_run=deployed.run if deployed else None,
        model=deployed.model if deployed else None,
        code={item.hostname: _code_state(item) for item in deployed.containers} if deployed else {},
        warnings=_warnings(session, deployed) if deployed else [],
        versions=[
            VersionState(item.number, item.approval, item.description, f"{item.created:%Y-%m-%d %H:%M}")
            for item in packages.versions(session)
        ],
        costs=costs(session),
        expires=expiry.expires(session),
        scaling=_scaling(session),
    )


def _scaling(session: Session) -> str | None:
    target = scaling.found(session)
    return f"{target['MinCapacity']} to {target['MaxCapacity']} instances" if target else None


def _code_state(container: DeployedContainer) -> CodeState:
    served = container.environment.get(CODE_VARIABLE, "")
    current = digest(digests(Container(container.hostname).folder)) if container.hostname in set(Container) else ""
    return CodeState(served[:12], served == current)


def _warnings(session: Session, deployed: DeployedEndpoint) -> list[str]:
    foreign = [] if deployed.is_ours else [str(not_ours(session, "endpoint", session.name))]
    return [*foreign, *(warning for item in deployed.containers if (warning := _image_warning(item)))]


def _image_warning(container: DeployedContainer) -> str | None:
    version = container.image.rpartition(":")[2]
    if version.startswith(f"{IMAGE_VERSION}-"):
        return None
    return f"{container.hostname} runs in image version {version or 'unknown'}; its code is made for {IMAGE_VERSION}"
