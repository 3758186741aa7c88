"""The command `local-sagemaker`: start and stop the server, look at it, and point AWS clients at it.

Exit codes are 0 (done), 1 (failed; `status`: no server runs) and 2 (bad usage).
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from local_sagemaker import __version__, attaching, daemon
from local_sagemaker.attaching import breakpoints
from local_sagemaker.errors import LocalServerError
from local_sagemaker.state import StateDirectory

if TYPE_CHECKING:
    from local_sagemaker.daemon import RunningServer

_FOLLOW_SECONDS = 0.5
_TODAYS = "today's"
_WITHOUT_OPT_ML = "no container has its own, so code that spells it out fails: {}"


class _ReportingGroup(click.Group):
    """Turns what a user can act on into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LocalServerError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_ReportingGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="local-sagemaker")
@click.option(
    "--state",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="The state directory.  [default: $SAGEMAKER_LOCAL_STATE, else the nearest .local-sagemaker of this folder and "
    "those above it, else one in your user data directory]",
)
@click.pass_context
def main(context: click.Context, directory: Path | None) -> None:
    """SageMaker on this machine: training jobs, endpoints, batch transform, no account and no Docker.

    \b
    eval "$(local-sagemaker env)"     starts it and points this shell's AWS clients at it
    local-sagemaker down              stops it; what it stores stays
    """
    context.obj = StateDirectory(directory.resolve()) if directory else StateDirectory.default()


@main.command()
@click.option(
    "--reload",
    "folders",
    metavar="ENDPOINT=FOLDER",
    multiple=True,
    help="Serve the endpoint's code from a folder, and load it again whenever a file there changes: for writing "
    "inference.py. In an inference pipeline: ENDPOINT/CONTAINER=FOLDER, with the container's hostname.",
)
@click.pass_obj
def up(state: StateDirectory, folders: tuple[str, ...]) -> None:
    """Start the server, when it does not run yet."""
    if folders:
        if daemon.find(state) is not None:
            raise LocalServerError("the server runs already; stop it first (`local-sagemaker down`), then use --reload")
        os.environ[daemon.RELOAD_VARIABLE] = json.dumps(dict(_folder(given) for given in folders))
    server = _server(state)
    click.echo(f"the local SageMaker runs at {server.url} (process {server.pid}); what it keeps is in {server.state}")


@main.command()
@click.pass_obj
def down(state: StateDirectory) -> None:
    """Stop the server and all that it runs; what it stores stays."""
    stopped = daemon.stop(state)
    click.echo(
        "the local SageMaker is stopped; what it stores stays" if stopped else "the local SageMaker was not running"
    )


@main.command()
@click.pass_obj
def env(state: StateDirectory) -> None:
    """Start the server when it does not run, and print what points AWS clients at it, for a shell's `eval`."""
    server = _server(state)
    for name, value in daemon.client_environment(server, daemon.region_of_this_shell()).items():
        click.echo(f"export {name}={shlex.quote(value)}")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def status(state: StateDirectory, as_json: bool) -> None:
    """Say where the server is, and which endpoints and jobs it runs; exit code 1 when none runs."""
    server = daemon.find(state)
    if server is None:
        click.echo(json.dumps({"running": False, "state": str(state.root)}) if as_json else _not_running(state))
        raise SystemExit(1)
    runs, mapped, other = _runs(server), daemon.no_own_opt_ml(server), daemon.other_code(server)
    if as_json:
        where = {"url": server.url, "pid": server.pid, "version": __version__, "state": str(server.state)}
        where["opt_ml"] = f"mapped: {mapped}" if mapped else "own"
        where["code"] = "other" if other else _TODAYS
        click.echo(json.dumps({"running": True, **where, **runs}, indent=2))
        return
    click.echo(f"runs      at {server.url} (process {server.pid}), version {__version__}")
    click.echo(f"state     {server.state}")
    click.echo(f"code      {other or _TODAYS}")
    click.echo(f"/opt/ml   {_WITHOUT_OPT_ML.format(mapped) if mapped else 'each container has its own'}")
    for what, names in runs.items():
        click.echo(f"{what:<10}{', '.join(names) or 'none'}")


@main.command()
@click.argument("name", required=False)
@click.option("--server", "of_server", is_flag=True, help="The server's own log instead.")
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.pass_obj
def logs(state: StateDirectory, name: str | None, of_server: bool, follow: bool) -> None:
    """Print what jobs and endpoints have printed; with NAME, only where a log group's or stream's name has it."""
    lines = _server_log(state, follow) if of_server else _events(_running(state), name or "", follow)
    for line in lines:
        click.echo(line)


@main.command()
@click.argument("name", required=False)
@click.pass_obj
def attach(state: StateDirectory, name: str | None) -> None:
    """Debug a job or a model that stands at a `breakpoint()`, with pdb; NAME has part of its name.

    Ctrl-D leaves it, and lets it go on.
    """
    found = breakpoints(state, name or "")
    if len(found) != 1:
        places = "".join(f"\n  {one.owner}  {one.place}" for one in found)
        raise LocalServerError(
            f"several stand at a breakpoint; name one:{places}" if found else "nothing stands at a breakpoint"
        )
    click.echo(f"{found[0].owner} stands at {found[0].place}", err=True)
    attaching.attach(found[0], sys.stdin.fileno(), sys.stdout.fileno())


def _folder(given: str) -> tuple[str, str]:
    name, _, folder = given.partition("=")
    if not name or not folder or not Path(folder).is_dir():
        raise click.BadParameter(f"{given} is not ENDPOINT=FOLDER, with a folder that exists", param_hint="--reload")
    return name, str(Path(folder).resolve())


@main.group(invoke_without_command=True)
@click.pass_context
def images(context: click.Context) -> None:
    """List the images that jobs and models may name, and what a container of each runs in here."""
    from local_sagemaker.image_commands import listed

    if context.invoked_subcommand is None:
        for line in listed(context.obj):
            click.echo(line)


@images.command()
@click.argument("name")
@click.pass_obj
def build(state: StateDirectory, name: str) -> None:
    """Build the environment of image NAME, such as sagemaker-scikit-learn:1.2-1, before something needs it."""
    from local_sagemaker.image_commands import built

    click.echo(built(state, name, click.echo))


def _server(state: StateDirectory) -> RunningServer:
    """Return the server, started when it does not run; say it if it runs other code."""
    server = daemon.ensure_running(state)
    if (other := daemon.other_code(server)) is not None:
        click.echo(other, err=True)
    return server


def _running(state: StateDirectory) -> RunningServer:
    server = daemon.find(state)
    if server is None:
        raise LocalServerError(_not_running(state))
    return server


def _not_running(state: StateDirectory) -> str:
    return f"no server runs for {state.root}; `local-sagemaker up` starts one"


def _runs(server: RunningServer) -> dict[str, list[str]]:
    sagemaker = _client(server, "sagemaker")
    endpoints = sagemaker.get_paginator("list_endpoints").paginate().search("Endpoints[]")
    running = {"StatusEquals": "InProgress"}
    training = sagemaker.get_paginator("list_training_jobs").paginate(**running).search("TrainingJobSummaries[]")
    transform = sagemaker.get_paginator("list_transform_jobs").paginate(**running).search("TransformJobSummaries[]")
    return {
        "endpoints": [f"{each['EndpointName']} ({each['EndpointStatus']})" for each in endpoints],
        "training": [each["TrainingJobName"] for each in training],
        "transform": [each["TransformJobName"] for each in transform],
    }


def _events(server: RunningServer, name: str, follow: bool) -> Iterator[str]:
    """Yield the lines by time; what comes later is asked for from the last line's time on."""
    client = _client(server, "logs")
    since, printed = 0, set[str]()
    while True:
        for event, group in sorted(_events_since(client, name, since), key=lambda found: int(found[0]["timestamp"])):
            if event["eventId"] in printed:
                continue
            if event["timestamp"] > since:
                since, printed = event["timestamp"], set()
            printed.add(event["eventId"])
            yield f"{group}/{event['logStreamName']}  {event['message']}"
        if not follow:
            return
        time.sleep(_FOLLOW_SECONDS)


def _events_since(client: Any, name: str, since: int) -> Iterator[tuple[dict[str, Any], str]]:
    for group in client.get_paginator("describe_log_groups").paginate().search("logGroups[].logGroupName"):
        pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        for event in pages.search("events[]"):
            if name in f"{group}/{event['logStreamName']}":
                yield event, group


def _server_log(state: StateDirectory, follow: bool) -> Iterator[str]:
    try:
        log = state.log_file.open(encoding="utf-8", errors="replace")
    except FileNotFoundError as error:
        raise LocalServerError(f"there is no log in {state.root}: no server has run there") from error
    with log:
        while True:
            yield from (line.rstrip("\n") for line in log)
            if not follow:
                return
            time.sleep(_FOLLOW_SECONDS)


def _client(server: RunningServer, service: str) -> Any:
    from local_sagemaker.testing import LocalSageMaker

    return LocalSageMaker(server.url, daemon.REGION, server.state).client(service)
