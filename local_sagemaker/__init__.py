"""The local SageMaker: a server on 127.0.0.1 that speaks the AWS APIs, so that unmodified clients train, deploy and
invoke on this machine.

Its public face is `daemon` (start, find and stop a server), `state` (where it keeps things), `errors`, `testing` and
the fixtures of `pytest_plugin`; all else may change from version to version.
"""

__version__ = "0.2.0"
