"""What shows that the model is the same object from request to request."""

from __future__ import annotations


def count_calls(model: list[str]) -> int:
    """Note one call and return how many there were."""
    model.append("call")
    return len(model)
