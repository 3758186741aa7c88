"""An account in which stacks can be made: moto's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.aws.session import Session
from tests.pipeline.infrastructure.moto_stacks import applied_outputs


@pytest.fixture
def account(aws_session: Session) -> Iterator[Session]:
    """A session whose stacks have the outputs of the template that was applied, not of the one before it."""
    with applied_outputs():
        yield aws_session
