"""Starting, finding and stopping the local SageMaker: the one module that knows of it."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.console import say
from pipeline.errors import PipelineError
from pipeline.local import daemon
from pipeline.local.daemon import RunningServer
from pipeline.local.errors import LocalServerError
from pipeline.local.state import StateDirectory


def client_environment() -> Mapping[str, str]:
    """Return what points AWS clients at the server, which is started when it does not run."""
    return daemon.client_environment(_running())


def start() -> str:
    """Start the server when it does not run, and say where it is."""
    server = _running()
    return f"the local SageMaker runs at {server.url} (process {server.pid}); what it keeps is in {server.state}"


def stop() -> str:
    """Stop the server and all that it runs, and say so."""
    if daemon.stop(StateDirectory.default()):
        return "the local SageMaker is stopped; what it stores stays"
    return "the local SageMaker was not running"


def _running() -> RunningServer:
    state = StateDirectory.default()
    try:
        server = daemon.find(state)
        if server is None:
            say("starting the local SageMaker ...")
            server = daemon.ensure_running(state)
    except LocalServerError as error:
        raise PipelineError(str(error)) from error
    return server
