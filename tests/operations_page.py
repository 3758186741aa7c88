"""Writes `docs/operations.md`, what becomes of each operation of SageMaker: `python -m tests.operations_page`."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from local_sagemaker.cloudwatch import alarms
from local_sagemaker.cloudwatch.alarms import Alarms
from local_sagemaker.database import Database
from local_sagemaker.logs import store as logs_store
from local_sagemaker.logs.store import LogStore
from local_sagemaker.s3.store import objects
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.sagemaker.service import SageMaker
from local_sagemaker.state import StateDirectory
from tests.reliability_page import CHECKOUT, table

PAGE = CHECKOUT / "docs" / "operations.md"

_HEAD = """# What becomes of each operation of SageMaker

- **executed**: it does here what it does on AWS: something runs, or what runs depends on it.
- **kept**: it writes, reads or changes a durable record; nothing is run for it, on AWS neither.
- **refused**: it is answered `UnknownOperationException`, with its name and a pointer to this page.

Nothing else is possible: moto, which answers for other services, is never asked for an operation of SageMaker. This
page is written from the code (`python -m tests.operations_page`) and botocore's models of all services that are
SageMaker's; a test holds them to each other, and another calls every operation."""


def answered() -> Mapping[str, Mapping[str, Answered]]:
    """Ask the code what becomes of every operation, by service."""
    with tempfile.TemporaryDirectory() as folder:
        state = StateDirectory(Path(folder) / "state")
        state.create()
        database = Database(state.database, [objects.SCHEMA, logs_store.SCHEMA, alarms.SCHEMA, SageMaker.SCHEMA])
        store, logs = ObjectStore(database, state.objects), LogStore(database)
        service = SageMaker(database, store, logs, state, lambda topic, message: None, Alarms(database))
        try:
            return service.answered()
        finally:
            service.shut_down()
            database.close()


def page() -> str:
    """Write the whole page."""
    services = answered()
    counts = [(f"`{service}`", *_counts(operations)) for service, operations in services.items()]
    parts = [_HEAD, table(("service", *(str(each) for each in Answered)), counts)]
    for service, operations in services.items():
        parts.append(f"## {service}")
        rows = [(f"`{name}`", _shown(how)) for name, how in operations.items()]
        parts.append(table(("operation", "here"), rows))
    return "\n\n".join(parts) + "\n"


def _counts(operations: Mapping[str, Answered]) -> tuple[str, ...]:
    count = Counter(operations.values())
    return tuple(str(count[each]) for each in Answered)


def _shown(how: Answered) -> str:
    return str(how) if how is Answered.REFUSED else f"**{how}**"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
