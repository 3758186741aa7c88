"""Content types by name, and which of them reach user code as `str`."""

JSON = "application/json"
CSV = "text/csv"
OCTET_STREAM = "application/octet-stream"
ANY = "*/*"
NPY = "application/x-npy"

UTF8_TYPES = [JSON, CSV]
"""Bodies of exactly these types are decoded as UTF-8 with replacement; user code may empty the list to get bytes."""
