"""Batch transform: objects are cut into records, records packed into requests, answers put together into outputs.

`sending` talks to containers and `input_objects` to S3; what is in `data` talks to neither.
"""
