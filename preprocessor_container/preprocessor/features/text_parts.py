"""The parts of a text as posts and mails have them (header block, subject, quoted lines, signature), and copies of
training texts without those.

The driver of the training imports this module too, to send the very same copies through the batch transform; so it
needs nothing from beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# A text may be anything and 100 MB long. Possessive quantifiers keep no way back, which would take a hundred bytes for
# each byte; and blanks are looked through once, not once from each of them.
_HEADER_BLOCK = re.compile(
    r"(?:[ \t].*+\n)*+"  # a block may have lost the beginning of its first field
    r"(?:[!-9;-~]++:.*+(?:\n|\Z)(?:[ \t].*+(?:\n|\Z))*+)++"
    r"(?:\n|\Z)"
)
_SUBJECT = re.compile(r"^subject:(.*+(?:\n[ \t].*+)*+)", re.IGNORECASE | re.MULTILINE)
_REPLIES = re.compile(r"(?:\s*+re:)*+", re.IGNORECASE)
# Together `writes in|writes:|wrote:|says:|said:|^In article|^Quoted from|^\||^>`; apart, either is found much faster.
_QUOTE_BEGINS = (">", "|", "In article", "Quoted from")
_QUOTE_SAYS = re.compile(r"writes in|writes:|wrote:|says:|said:")


def header_end(text: str) -> int:
    """Return where the header block that a text begins with ends, the empty line behind it included; 0 without one.

    A header block is fields of the form `Name: value`, one a line, up to an empty line or the end (RFC 5322, section
    2.1); a field may go on in lines that begin with a blank (section 2.2.3).
    """
    found = _HEADER_BLOCK.match(text)
    return found.end() if found else 0


def subject_of(text: str) -> str | None:
    """Return the `Subject` field of a text's header block, without the `Re:` of replies; None if there is none."""
    end = header_end(text)
    found = _SUBJECT.search(text, 0, end) if end else None
    if found is None:
        return None
    replies = _REPLIES.match(found[1])
    return found[1][replies.end() :] if replies else found[1]


def stripped_copies(texts: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return bare copies of texts, and for each the position of its text, in order.

    A copy that is empty or no different from its text is left out.
    """
    copies = [(position, bare(text)) for position, text in enumerate(texts)]
    kept = [(position, copy) for position, copy in copies if copy.strip() and copy != texts[position]]
    return [position for position, _ in kept], [copy for _, copy in kept]


def bare(text: str) -> str:
    """Remove header block, signature and quoted lines, by the rules of `sklearn.datasets.fetch_20newsgroups(remove=
    ("headers", "footers", "quotes"))`; but nothing as a header block that is none.
    """
    return _without_quotes(_without_signature(text[header_end(text) :]))


def _without_signature(text: str) -> str:
    """Cut at the last line that is empty or made of dashes."""
    lines = text.strip().split("\n")
    for number in range(len(lines) - 1, 0, -1):
        if not lines[number].strip().strip("-"):
            return "\n".join(lines[:number])
    return text


def _without_quotes(text: str) -> str:
    return "\n".join([line for line in text.split("\n") if not (line.startswith(_QUOTE_BEGINS) or _says(line))])


def _says(line: str) -> bool:
    # Few lines hold one of these two, and to look for them takes a tenth of what the expression takes.
    return (":" in line or "writes in" in line) and _QUOTE_SAYS.search(line) is not None
