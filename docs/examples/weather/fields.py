"""What stands in a line of the readings."""


def parsed(line: str) -> tuple[int, float]:
    """Return the label of a line, and its first reading."""
    label, first, *_ = line.split(",")
    return int(label), float(first)
