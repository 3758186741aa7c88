"""Batch transform: objects are cut into records, records packed into requests, answers put together into outputs.

All but `sending` and `objects` is pure: bytes in, bytes out.
"""
