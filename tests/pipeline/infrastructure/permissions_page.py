"""docs/aws-permissions.md, written from the table of calls and from which command made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.infrastructure.actions import OF_THE_CALLER, OF_THE_EXECUTION_ROLE, OPERATIONS, OnBehalf

PAGE = Path(__file__).resolve().parents[3] / "docs" / "aws-permissions.md"

_HEAD = """# Permissions

Written by `WRITE_PAGES=1 pytest tests/integration/test_calls_on_aws.py` from the calls that the commands made, through
`pipeline/infrastructure/actions.py`; the same tests hold the policies of the template to it. What each action covers is the
[Service Authorization Reference](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html)'s.

## Who runs the commands

In the policies that `bootstrap` prints as `OperatorPolicyArn`, `ReleasePolicyArn` and, with a key, `OperatorKeyPolicyArn`.
`sts:GetCallerIdentity` needs no permission.

| action | commands |
| --- | --- |
"""

_ON_BEHALF = """
What AWS checks of the caller, or does in his name, beside those calls:

| action | when | source |
| --- | --- | --- |
"""

_EXECUTION = """
## The execution role: what SageMaker does with it

| action | when | source |
| --- | --- | --- |
"""


def page(commands: Mapping[str, set[str]]) -> str:
    """Write the page.

    Parameters
    ----------
    commands : mapping of str to set of str
        The commands that make each operation.
    """
    by_action: dict[str, set[str]] = {}
    for operation, names in commands.items():
        for permission in OPERATIONS[operation]:
            by_action.setdefault(permission.action, set()).update(names)
    rows = [
        f"| `{action}` | {', '.join(f'`{name}`' for name in sorted(by_action[action]))} |"
        for action in sorted(by_action)
    ]
    return (
        _HEAD
        + "\n".join(rows)
        + "\n"
        + _ON_BEHALF
        + _behalf(OF_THE_CALLER)
        + _EXECUTION
        + _behalf(OF_THE_EXECUTION_ROLE)
    )


def _behalf(items: Iterable[OnBehalf]) -> str:
    ordered = sorted(items, key=lambda item: item.action)
    return "".join(f"| `{item.action}` | {item.when} | [source]({item.source}) |\n" for item in ordered)
