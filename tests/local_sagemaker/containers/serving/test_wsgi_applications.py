"""Containers that name a WSGI application of their own in the place of the image's."""

from __future__ import annotations

import json

import pytest

from local_sagemaker.containers import ContainerFailed, ServingDefinition
from local_sagemaker.containers.source.archive import pack
from tests.local_sagemaker.containers.serving_containers import IMAGE, Started, Starter, write_files

APPLICATION = """
import json, os, sys

loaded_in = os.getpid()

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    told = {
        "path": environ["PATH_INFO"], "type": environ.get("CONTENT_TYPE"), "body": body.decode(),
        "loaded in": loaded_in, "worker": os.getpid(), "preload": "neighbour" in sys.modules,
        "class": type(environ["gunicorn.socket"]).__module__,
    }
    start_response("200 OK", [("Content-Type", "application/x-told")])
    return [json.dumps(told).encode()]

def make(greeting):
    def greet(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [greeting.encode()]
    return greet
"""
OWN = {"SAGEMAKER_SERVING_MODULE": "own:application", "PYTHONPATH": "/opt/ml/model/code"}


def serve(containers: Starter, files: dict[str, str], **environment: str) -> Started:
    """Start a container whose definition tells the image nothing but what is given."""
    model = write_files(containers._directory / "own", files)
    archive = containers._directory / "own.tar.gz"
    pack(model, archive)
    variables = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1", **OWN, **environment}
    started = containers.of(ServingDefinition(IMAGE, variables, archive, None))
    started.container.start()
    started.container.wait_until_healthy(60)
    return started


def test_it_answers_without_a_program_and_nothing_is_installed(containers: Starter) -> None:
    files = {"code/own.py": APPLICATION, "code/requirements.txt": "there-is-no-such-distribution==1\n"}
    started = serve(containers, files)
    answer = started.container.invoke(b"hello", "text/plain", None)
    assert (answer.status, answer.content_type) == (200, "application/x-told")
    told = json.loads(answer.body)
    assert (told["path"], told["type"], told["body"]) == ("/invocations", "text/plain", "hello")
    assert told["loaded in"] == told["worker"]


def test_each_entry_of_the_path_may_lie_below_opt_ml(containers: Starter) -> None:
    files = {"code/own.py": f"import neighbour\n{APPLICATION}", "more/neighbour.py": ""}
    started = serve(containers, files, PYTHONPATH="/opt/ml/model/more:/opt/ml/model/code")
    assert json.loads(started.container.invoke(b"", None, None).body)["preload"] is True


def test_it_may_be_made_by_a_call(containers: Starter) -> None:
    started = serve(containers, {"code/own.py": APPLICATION}, SAGEMAKER_SERVING_MODULE="own:make('good day')")
    assert started.container.invoke(b"", None, None).body == b"good day"


def test_settings_of_gunicorn_are_taken_but_for_those_that_the_launcher_sets(containers: Starter) -> None:
    arguments = "--preload --worker-class sync"
    started = serve(containers, {"code/own.py": APPLICATION}, GUNICORN_CMD_ARGS=arguments)
    told = json.loads(started.container.invoke(b"", None, None).body)
    assert told["loaded in"] != told["worker"]
    assert told["class"].startswith("gevent")


def test_settings_module_of_gunicorn_is_read_and_its_hook_called(containers: Starter) -> None:
    settings = "def post_worker_init(worker):\n    import own\n    own.loaded_in = 'the hook'\nkeepalive = 1\n"
    files = {"code/own.py": APPLICATION, "code/told.py": settings}
    started = serve(containers, files, GUNICORN_CMD_ARGS="--config=python:told")
    assert json.loads(started.container.invoke(b"", None, None).body)["loaded in"] == "the hook"


@pytest.mark.parametrize("arguments", ["", "--preload"])
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('no weights here')", "SystemExit: no weights here"),
        ("import nowhere", "No module named 'nowhere'"),
        ("nothing = None", "Failed to find attribute 'application'"),
    ],
    ids=["says why", "does not import", "has no such name"],
)
def test_one_that_cannot_be_loaded_ends_the_container(
    containers: Starter, arguments: str, code: str, reason: str
) -> None:
    with pytest.raises(ContainerFailed, match=reason):
        serve(containers, {"code/own.py": code}, GUNICORN_CMD_ARGS=arguments)


def test_the_images_own_application_needs_a_program(containers: Starter) -> None:
    with pytest.raises(ContainerFailed, match="no SAGEMAKER_PROGRAM"):
        serve(
            containers,
            {"code/own.py": APPLICATION},
            SAGEMAKER_SERVING_MODULE="sagemaker_sklearn_container.serving:main",
        )
