"""How a subject travels with its text: as an RFC 5322 header block in front of it, not as a second column."""

from __future__ import annotations


def with_subject(subject: str, text: str) -> str:
    """Put `subject` in front of `text` as a header block; an empty subject leaves the text as it is."""
    folded = " ".join(subject.split())
    return f"Subject: {folded}\n\n{text}" if folded else text
