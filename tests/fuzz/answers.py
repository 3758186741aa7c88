"""What every answer of a container has to be, whatever was sent."""

from __future__ import annotations

import json
from typing import Any


def assert_answer_or_refusal(answer: Any) -> None:
    """Assert that a Flask response is a 200, or a 4xx whose JSON says what was wrong; never a 500."""
    body = answer.get_data()
    if answer.status_code == 200:
        return
    assert 400 <= answer.status_code < 500, (answer.status_code, body)
    assert answer.mimetype == "application/json"
    error = json.loads(body)
    assert error.keys() == {"error"}
    told = error["error"]
    assert {"code", "message"} <= told.keys() <= {"code", "message", "record"}
    assert told["code"].isalnum()
    assert len(told["message"]) > 10
    assert isinstance(told.get("record", 1), int)
