"""`breakpoint()` in scripts and handlers, with a terminal that attaches."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local_sagemaker.attaching import Breakpoint, breakpoints
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.containers.serving_containers import eventually
from tests.local_sagemaker.sagemaker.cloud import Cloud, archive
from tests.local_sagemaker.sagemaker.test_own_opt_ml import GROUP, channel

SCRIPT = b"""
def train(alpha):
    loss = 2 * alpha
    breakpoint()
    print(f"loss={loss}")

train(0.25)
"""

HANDLERS = b"""
def model_fn(model_dir):
    return "model"

def transform_fn(model, body, content_type, accept):
    answer = str(body)
    if answer == "stop":
        breakpoint()
    return answer, "text/plain"
"""


def stands(state: StateDirectory, name: str) -> Breakpoint:
    """The one breakpoint of a job or endpoint, once it is reached."""
    assert eventually(lambda: bool(breakpoints(state, name)), 60)
    (found,) = breakpoints(state, name)
    return found


@contextmanager
def terminal(state: StateDirectory, name: str) -> Iterator[subprocess.Popen[str]]:
    """`local-sagemaker attach`, as one types it."""
    words = [sys.executable, "-c", "from local_sagemaker.cli import main; main()", "--state", str(state.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*words, "attach", name], text=True, bufsize=1, **pipes) as process:  # type: ignore[call-overload]
        yield process


def say(attached: subprocess.Popen[str], line: str) -> str:
    """Type a line once there is a prompt; return all that was said before it."""
    assert attached.stdin is not None
    assert attached.stdout is not None
    said = ""
    while not said.endswith("(pdb) "):
        piece = attached.stdout.read(1)
        assert piece, said
        said += piece
    attached.stdin.write(f"{line}\n")
    attached.stdin.flush()
    return said


def start(cloud: Cloud, name: str, script: bytes, **request: object) -> None:
    code = cloud.put(f"{name}/code/sourcedir.tar.gz", archive({"train.py": script}))
    cloud.start_training(
        name,
        InputDataConfig=[channel("code", code)],
        HyperParameters={"sagemaker_submit_directory": '"/opt/ml/input/data/code/sourcedir.tar.gz"'},
        **request,
    )


@pytest.mark.parametrize("isolated", [False, True])
def test_a_script_is_looked_into_changed_and_goes_on(
    cloud: Cloud, state: StateDirectory, name: str, isolated: bool
) -> None:
    start(cloud, name, SCRIPT, EnableNetworkIsolation=isolated)
    assert stands(state, name).place.endswith("train.py:4")
    with terminal(state, name) as attached:
        say(attached, "p alpha + 40")
        assert say(attached, "loss = 7") == "40.25\n(pdb) "
        say(attached, "c")
    assert cloud.trained(name)["TrainingJobStatus"] == "Completed"
    assert "loss=7" in cloud.log_lines(GROUP, name)
    assert any("attach with `local-sagemaker attach`" in line for line in cloud.log_lines(GROUP, name))


def test_whoever_leaves_lets_it_go_on(cloud: Cloud, state: StateDirectory, name: str) -> None:
    start(cloud, name, SCRIPT)
    stands(state, name)
    with terminal(state, name) as attached:
        attached.communicate("", timeout=60)
    assert cloud.trained(name)["TrainingJobStatus"] == "Completed"
    assert "loss=0.5" in cloud.log_lines(GROUP, name)


def test_a_handler_stands_while_the_worker_answers_others(cloud: Cloud, state: StateDirectory, name: str) -> None:
    uri = cloud.put(f"{name}/model.tar.gz", archive({"code/inference.py": HANDLERS}))
    cloud.endpoint(name, {**cloud.container(), "ModelDataUrl": uri})
    answers: list[bytes] = []
    asking = threading.Thread(target=lambda: answers.append(cloud.invoke(name, b"stop")))
    asking.start()
    assert stands(state, name).place.endswith("inference.py:8")
    assert cloud.invoke(name, b"another") == b"another"
    with terminal(state, name) as attached:
        say(attached, "p content_type")
        assert "application/json" in say(attached, "answer = 'changed'")
        say(attached, "c")
        asking.join(60)
    assert answers == [b"changed"]
    assert breakpoints(state, name) == []
    cloud.delete_endpoint(name)


def test_the_jobs_own_pythonbreakpoint_wins(cloud: Cloud, name: str) -> None:
    start(cloud, name, SCRIPT, Environment={"PYTHONBREAKPOINT": "0"})
    assert cloud.trained(name)["TrainingJobStatus"] == "Completed"
    assert "loss=0.5" in cloud.log_lines(GROUP, name)


def test_without_a_breakpoint_it_says_so(state: StateDirectory, name: str) -> None:
    with terminal(state, name) as attached:
        attached.communicate("", timeout=60)
    assert attached.returncode == 1
