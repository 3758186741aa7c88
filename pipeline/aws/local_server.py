"""Starting, finding and stopping the local SageMaker: the one module that knows of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from local_sagemaker import daemon
from local_sagemaker.clients.variables import SDK_DEFAULTS
from local_sagemaker.daemon import RunningServer
from local_sagemaker.errors import LocalServerError
from local_sagemaker.state import StateDirectory
from pipeline.console import say
from pipeline.errors import PipelineError

_CHECKOUT = Path(__file__).resolve().parents[2]
_DOWN = "`make local-down`"


def client_environment() -> Mapping[str, str]:
    """Return what points AWS clients at the server, which is started when it does not run.

    The server's own settings of the SDK only keep it from reporting what is used of it, which no part that is used here
    does; but the SDK validates a file of settings anew, in half a second, for each kind of thing that it creates.
    """
    variables = daemon.client_environment(_running())
    return {name: os.devnull if value == str(SDK_DEFAULTS) else value for name, value in variables.items()}


def shell_environment() -> Mapping[str, str]:
    """Return what points a shell's AWS clients at the server: they may be of any region, so of the shell's own."""
    return daemon.client_environment(_running(), daemon.region_of_this_shell())


def start() -> str:
    """Start the server when it does not run, and say where it is."""
    return _where(_running())


def status() -> str:
    """Say where the server is, and whether it runs today's code.

    Raises
    ------
    PipelineError
        If none runs.
    """
    server = daemon.find(StateDirectory.of_project(_CHECKOUT))
    if server is None:
        raise PipelineError("The local SageMaker does not run: `make local-up` starts it, as every command does.")
    return f"{_where(server)}\n{daemon.other_code(server, _DOWN) or 'it runs the code of today'}"


def stop() -> str:
    """Stop the server and all that it runs, and say so."""
    if daemon.stop(StateDirectory.of_project(_CHECKOUT)):
        return "the local SageMaker is stopped; what it stores stays"
    return "the local SageMaker was not running"


def _where(server: RunningServer) -> str:
    return f"the local SageMaker runs at {server.url} (process {server.pid}); what it keeps is in {server.state}"


def _running() -> RunningServer:
    state = StateDirectory.of_project(_CHECKOUT)
    try:
        server = daemon.find(state)
        if server is None:
            say("starting the local SageMaker ...")
            server = daemon.ensure_running(state)
        elif (other := daemon.other_code(server, _DOWN)) is not None:
            say(other)
    except LocalServerError as error:
        raise PipelineError(str(error)) from error
    return server
