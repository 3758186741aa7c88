"""Steps as a graph: which must have ended before which, and that there are no rings."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.sagemaker.pipelines.definition.document import Step
from local_sagemaker.sagemaker.pipelines.definition.refusals import unparsable


def before(step: Step) -> frozenset[str]:
    """Name the steps that come before one: those it needs, and the condition whose branch it stands in."""
    return step.needs | ({step.branch.condition} if step.branch else frozenset())


def check_graph(steps: Mapping[str, Step]) -> None:
    """Refuse steps that need what is not there, or each other.

    Raises
    ------
    AwsError
        `ValidationException` that names the steps.
    """
    for step in steps.values():
        for name in sorted(step.needs - steps.keys()):
            raise unparsable(f"Step '{step.name}' depends on step '{name}', which is not in the definition.")
    done: set[str] = set()
    for name in steps:
        _visit(name, steps, done)


def ancestors(name: str, steps: Mapping[str, Step]) -> frozenset[str]:
    """Name all steps that come before one, however far."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = before(steps[waiting.pop()]) - found
        found |= new
        waiting.extend(new)
    return frozenset(found)


def _visit(start: str, steps: Mapping[str, Step], done: set[str]) -> None:
    """Walk depth first without recursion: a definition of a megabyte can have a long chain."""
    path, branches = [start], [iter(sorted(before(steps[start])))]
    on_path = {start}
    while path:
        following = next(branches[-1], None)
        if following is None:
            branches.pop()
            on_path.discard(path[-1])
            done.add(path.pop())
        elif following in on_path:
            ring = [*path[path.index(following) :], following]
            raise unparsable(f"Cyclic dependency between steps: {' -> '.join(ring)}.")
        elif following not in done:
            path.append(following)
            on_path.add(following)
            branches.append(iter(sorted(before(steps[following]))))
