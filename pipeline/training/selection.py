"""What was chosen by cross-validation, in lines."""

from __future__ import annotations

from typing import Any

from pipeline.console import say

_SHOWN = 8


def say_selection(selection: dict[str, Any]) -> None:
    """Say which candidate was chosen, beside the others, and the temperature."""
    shown = selection["candidates"][:_SHOWN]
    width = max(len(candidate["name"]) for candidate in shown)
    say(f"chosen from {len(selection['candidates'])} by cross-validation on the train split: {selection['why']}")
    for candidate in shown:
        mark = "*" if candidate["name"] == selection["chosen"] else " "
        records = f"{candidate['records']:,} records"
        say(f"  {mark} {candidate['name']:<{width}}  {candidate['accuracy']:.4f}  on {records}")
    calibration = selection["calibration"]
    say(
        f"temperature {calibration['temperature']:.3f}, exponents {calibration['gap_exponent']:.2f} of gaps and "
        f"{calibration['lead_exponent']:.2f} of leads: expected calibration error "
        f"{calibration['error_before']:.4f} -> {calibration['error_after']:.4f}"
    )
