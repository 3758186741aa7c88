"""The local SageMaker: a server on 127.0.0.1 that speaks the AWS APIs, so that unmodified clients train, deploy and
invoke on this machine. What the commands need of it is in `daemon`, which imports nothing but the standard library.
"""
