"""Asynchronous inference: requests that are accepted at once, kept until they are answered, and answered in S3."""
