"""Writes `docs/stacks.md`, what becomes of each type of resource in a stack: `python -m tests.stacks_page`."""

from __future__ import annotations

from local_sagemaker.cloudformation.request_members import CLOUDFORMATION
from local_sagemaker.cloudformation.types.catalogue import TYPES
from local_sagemaker.cloudformation.types.resource_type import ResourceType
from local_sagemaker.protocol.json_service import service_model
from local_sagemaker.scheduler.request_members import SCHEDULER
from tests.reliability_page import CHECKOUT, table

PAGE = CHECKOUT / "docs" / "stacks.md"

_HEAD = """# What becomes of each type of resource in a stack

- **made**: the service that has it makes, changes and removes it; what is made is found over that service's own API,
  and is kept on the disk.
- **recorded**: the stack keeps it and describes it, and nothing is made. The events of such a resource say `Recorded,
  not enforced here`, with what is true here instead; so do those of a resource that is made, of properties that are
  recorded.
- Every other type and every other property is refused by its name before anything is made. A resource whose condition
  does not hold is not looked at.

This page is written from the code (`python -m tests.stacks_page`); a test holds them to each other. How stacks behave:
[local-mode.md](local-mode.md#cloudformation)."""


def page() -> str:
    """Write the whole page."""
    rows = [(f"`{name}`", *_row(kind)) for name, kind in TYPES.items()]
    columns = ("type", "here", "properties", "recorded properties", "made anew when one of these changes")
    parts = [_HEAD, table(columns, rows), "## Operations"]
    services = [_operations("cloudformation", list(CLOUDFORMATION)), _operations("scheduler", list(SCHEDULER))]
    parts.append(table(("service", "executed", "refused by name"), services))
    return "\n\n".join(parts) + "\n"


def _row(kind: ResourceType) -> tuple[str, str, str, str]:
    taken = kind.taken
    here = "**made**" if taken.nothing_made is None else f"recorded: {taken.nothing_made}"
    recorded = "; ".join(f"`{name}`: {reason}" for name, reason in taken.recorded.items())
    return here, _names(taken.honoured), recorded, _names(taken.replacing)


def _names(names: str) -> str:
    return " ".join(f"`{name}`" for name in names.split())


def _operations(service: str, ours: list[str]) -> tuple[str, str, str]:
    others = set(service_model(service).operation_names) - set(ours)
    return f"`{service}`", " ".join(f"`{name}`" for name in ours), f"the other {len(others)}" if others else "none"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
