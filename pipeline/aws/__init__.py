"""What talks to an AWS account in general: which one, its clients, S3, the SDK, logs. Nothing here knows what a run
is.
"""
