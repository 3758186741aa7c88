"""Model servers: how they start, die, answer and end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from local_sagemaker.containers import ContainerFailed, ContainerResponse, ServingDefinition
from local_sagemaker.containers.base_directory import BaseDirectory
from local_sagemaker.containers.source.archive import pack
from tests.local_sagemaker.containers.serving_containers import (
    ECHO,
    IMAGE,
    LOADS_NOTHING,
    Started,
    Starter,
    eventually,
    is_running,
    starter,
    write_files,
)
from tests.local_sagemaker.containers.source.test_requirements import NAME, source

WORKER = (
    LOADS_NOTHING
    + """
import os, time

def transform_fn(model, body, content_type, accept):
    if body == "die":
        os._exit(1)
    if body == "spin":
        end = time.process_time() + 0.3
        while time.process_time() < end:
            pass
    if body == "hang":
        time.sleep(60)
    return str(os.getpid()), "text/plain"
"""
)


def start_and_wait(started: Started, timeout: float = 60.0) -> None:
    started.container.start()
    started.container.wait_until_healthy(timeout)


def test_a_scaler_with_joblib_and_csv(containers: Starter, tmp_path: Path) -> None:
    write_files(
        tmp_path / "model",
        {
            "code/inference.py": """
                import csv, io, os
                import joblib
                import numpy as np

                def model_fn(model_dir):
                    return joblib.load(os.path.join(model_dir, "model.joblib"))

                def input_fn(body, content_type):
                    text = body if isinstance(body, str) else body.decode()
                    return np.array(list(csv.reader(io.StringIO(text))), dtype=float)

                def predict_fn(data, model):
                    return model.transform(data)

                def output_fn(prediction, accept):
                    rows = io.StringIO()
                    csv.writer(rows, lineterminator="\\n").writerows(prediction.tolist())
                    return rows.getvalue(), "text/csv"
            """
        },
    )
    fit = """
        import joblib, sys
        from sklearn.preprocessing import StandardScaler
        joblib.dump(StandardScaler().fit([[0.0, 0.0], [2.0, 4.0]]), sys.argv[1])
    """
    subprocess.run([sys.executable, "-c", dedent(fit), str(tmp_path / "model/model.joblib")], check=True)
    pack(tmp_path / "model", tmp_path / "model.tar.gz")
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
    }
    started = containers.of(ServingDefinition(IMAGE, environment, tmp_path / "model.tar.gz", None))
    start_and_wait(started)
    for content_type in ("text/csv", "text/csv; charset=utf-8"):
        answer = started.container.invoke(b"1,2\n3,4\n", content_type, "text/csv")
        assert answer == ContainerResponse(200, "text/csv; charset=utf-8", b"0.0,0.0\n2.0,1.0\n")


def test_code_from_s3_with_sub_packages(containers: Starter, tmp_path: Path) -> None:
    files = {
        "serve_it.py": f"from parts.echo import *\n{LOADS_NOTHING}",
        "parts/__init__.py": "",
        "parts/echo.py": ECHO,
    }
    pack(write_files(tmp_path / "source", files), tmp_path / "sourcedir.tar.gz")
    environment = {"SAGEMAKER_PROGRAM": "serve_it.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://bucket/sourcedir.tar.gz"}
    started = containers.of(ServingDefinition(IMAGE, environment, None, tmp_path / "sourcedir.tar.gz"))
    start_and_wait(started)
    assert started.container.invoke(b"hello", "text/csv", None).body.startswith(b"('hello'")


def test_user_code_sees_the_images_environment_and_nothing_of_this_project(containers: Starter) -> None:
    looks = (
        LOADS_NOTHING
        + """
import importlib.util, os, sys

def transform_fn(model, body, content_type, accept):
    loaded = [name for name in ("numpy", "flask", "boto3", "sklearn") if name in sys.modules]
    found = importlib.util.find_spec("pipeline") is not None
    return repr((model, found, loaded, os.environ["TOP_K"], os.environ["SM_MODEL_DIR"], os.getcwd())), "text/plain"
"""
    )
    started = containers.healthy(looks, TOP_K="5")
    seen = eval(started.container.invoke(b"", None, None).body)
    base = BaseDirectory.of_container(started.base).inside
    assert seen == (str(base.model), False, [], "5", str(base.model), str(base.root))


def test_requirements_are_there_for_the_module(containers: Starter, tmp_path: Path) -> None:
    code = source(tmp_path / "source")
    says = f"import {NAME}\ndef transform_fn(model, body, content_type, accept): return {NAME}.TEXT, accept\n"
    write_files(code, {"inference.py": LOADS_NOTHING + says})
    pack(code, tmp_path / "sourcedir.tar.gz")
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://bucket/sourcedir.tar.gz"}
    started = containers.of(ServingDefinition(IMAGE, environment, None, tmp_path / "sourcedir.tar.gz"))
    start_and_wait(started)
    assert started.container.invoke(b"", None, None).body == b"hello"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def model_fn(model_dir): raise OSError('model.joblib is missing')", "OSError: model.joblib is missing"),
        ("def predict_fn(data, model): return data", "NotImplementedError: Please provide a model_fn"),
        (
            LOADS_NOTHING + "transform_fn = predict_fn = print",
            "UserError: Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn",
        ),
        ("import sys\nsys.exit('stopped by itself')", "SystemExit: stopped by itself"),
        ("import os\nos._exit(0)", "A worker died while it loaded the model."),
        ("def broken(", "SyntaxError"),
    ],
)
def test_a_container_that_does_not_come_up_says_why(containers: Starter, code: str, reason: str) -> None:
    started = containers.make(code, SAGEMAKER_MODEL_SERVER_WORKERS="2")
    started.container.start()
    with pytest.raises(ContainerFailed) as failed:
        started.container.wait_until_healthy(60)
    assert reason in failed.value.reason
    assert not started.container.is_alive()


def test_the_traceback_of_a_failed_start_is_in_the_log(containers: Starter) -> None:
    started = containers.make("import no_such_module")
    with pytest.raises(ContainerFailed):
        start_and_wait(started)
    assert any("import no_such_module" in line for line in started.said)


def test_a_container_that_does_not_answer_ping_fails_in_time(containers: Starter) -> None:
    started = containers.make("import time\ndef model_fn(model_dir): time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(ContainerFailed, match=r"/ping was not answered within 0\.3 s"):
        start_and_wait(started, timeout=0.3)
    assert time.monotonic() - began < 5
    assert started.container.is_alive()


def test_waiting_can_be_stopped(containers: Starter) -> None:
    started = containers.make("import time\ndef model_fn(model_dir): time.sleep(60)")
    started.container.start()
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(ContainerFailed, match="stopped while the container started"):
        started.container.wait_until_healthy(60, stop)


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"SAGEMAKER_PROGRAM": ""}, "no SAGEMAKER_PROGRAM"),
        ({"SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/other"}, "model/other does not exist"),
        ({"SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/../../etc"}, "leads out of /opt/ml"),
        ({"SAGEMAKER_SUBMIT_DIRECTORY": "s3://bucket/key"}, "s3://bucket/key was not fetched"),
        ({"SAGEMAKER_MODEL_SERVER_WORKERS": "many"}, "SAGEMAKER_MODEL_SERVER_WORKERS is 'many'"),
    ],
)
def test_a_definition_that_cannot_be_laid_out_is_refused(
    containers: Starter, environment: dict[str, str], reason: str
) -> None:
    with pytest.raises(ContainerFailed, match=reason):
        containers.make(ECHO, **environment).container.start()


def test_a_module_named_like_the_standard_librarys_is_refused(containers: Starter) -> None:
    with pytest.raises(ContainerFailed, match=r"ImportModuleError: codecs\.py"):
        containers.make({"inference.py": ECHO, "codecs.py": ""}).container.start()


def test_a_container_that_was_not_started_says_so(containers: Starter) -> None:
    container = containers.make(ECHO).container
    assert not container.is_alive()
    with pytest.raises(ContainerFailed, match="was not started"):
        container.invoke(b"", None, None)


def test_a_crash_in_a_request_is_an_error_and_the_next_request_is_answered(containers: Starter) -> None:
    container = containers.healthy(WORKER).container
    first = container.invoke(b"", "text/csv", None).body
    with pytest.raises(ContainerFailed, match="did not answer"):
        container.invoke(b"die", "text/csv", None)
    assert container.invoke(b"", "text/csv", None).body != first
    assert container.is_alive()


def test_a_request_that_takes_too_long_is_an_error(containers: Starter) -> None:
    container = containers.healthy(WORKER).container
    with pytest.raises(ContainerFailed, match=r"/invocations was not answered within 0\.2 s"):
        container.invoke(b"hang", "text/csv", None, timeout=0.2)
    assert container.invoke(b"", "text/csv", None).status == 200


def test_requests_in_flight_get_an_error_when_the_container_stops(containers: Starter) -> None:
    container = containers.healthy(WORKER).container
    with ThreadPoolExecutor() as pool:
        request = pool.submit(container.invoke, b"hang", "text/csv", None)
        assert not eventually(request.done, 0.1)
        container.stop()
        with pytest.raises(ContainerFailed):
            request.result(20)


def test_a_dead_server_is_noticed(containers: Starter) -> None:
    started = containers.healthy("import os\nopen('pid', 'w').write(str(os.getppid()))\n" + WORKER)
    os.kill(int((started.base / "pid").read_text()), 9)
    assert eventually(lambda: not started.container.is_alive())
    with pytest.raises(ContainerFailed):
        started.container.invoke(b"", None, None)


def test_bodies_of_every_size_go_both_ways(containers: Starter) -> None:
    mirror = LOADS_NOTHING + "def transform_fn(model, body, content_type, accept): return body, accept\n"
    container = containers.healthy(mirror).container
    for size in (0, 1, 8_191, 8_192, 70_000, 6_291_456):
        body = os.urandom(size)
        assert container.invoke(body, "application/x", "application/y").body == body


@pytest.mark.parametrize("value", ["text/csv\r\nX-Evil: 1", "caf\u00e9"])
def test_what_is_no_header_value_is_refused(containers: Starter, value: str) -> None:
    container = containers.healthy(ECHO).container
    with pytest.raises(ContainerFailed, match="Content-Type is not a header value"):
        container.invoke(b"", value, None)


def test_two_busy_requests_go_to_two_workers(containers: Starter) -> None:
    container = containers.healthy(WORKER, SAGEMAKER_MODEL_SERVER_WORKERS="2").container
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            spinning = [pool.submit(container.invoke, b"spin", "text/csv", None) for _ in range(2)]
            assert len({request.result().body for request in spinning}) == 2


def test_many_clients_get_their_own_answers(containers: Starter) -> None:
    container = containers.healthy(ECHO, SAGEMAKER_MODEL_SERVER_WORKERS="2").container

    def ask(number: int) -> bool:
        return container.invoke(str(number).encode(), "text/csv", None).body.startswith(f"('{number}'".encode())

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(ask, range(1000)))


def test_stop_ends_an_installation_too(containers: Starter, tmp_path: Path) -> None:
    build = """
        [build-system]
        requires = []
        build-backend = "slow"
        backend-path = ["."]
    """
    slow = "import time\nprint('building', flush=True)\ntime.sleep(60)\n"
    started = containers.make(
        {
            "inference.py": ECHO,
            "requirements.txt": "--no-index\n./slow_package",
            "slow_package/pyproject.toml": build,
            "slow_package/slow.py": slow,
        }
    )
    with ThreadPoolExecutor() as pool:
        starting = pool.submit(started.container.start)
        assert eventually(lambda: bool(started.said))
        started.container.stop()
        with pytest.raises(ContainerFailed):
            starting.result(20)
    assert not started.container.is_alive()


def test_stop_leaves_no_process_and_no_socket(containers: Starter) -> None:
    leaves = "import os, subprocess\nchild = subprocess.Popen(['sleep', '60'])\nprint(child.pid, flush=True)\n"
    started = containers.healthy(leaves + ECHO)
    assert eventually(lambda: any(line.isdigit() for line in started.said))
    child = next(int(line) for line in started.said if line.isdigit())
    assert is_running(child)
    started.container.stop()
    assert not started.container.is_alive()
    assert eventually(lambda: not is_running(child))
    assert not (started.base / "socket").exists()
    started.container.stop()


def test_a_container_can_be_started_again(containers: Starter) -> None:
    started = containers.healthy(ECHO)
    started.container.stop()
    start_and_wait(started)
    assert started.container.invoke(b"", None, None).status == 200


def test_a_deep_base_directory_serves_too(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with starter(deep) as containers:
        assert containers.healthy(ECHO).container.invoke(b"", None, None).status == 200


OWNER = """
    import sys, time
    from pathlib import Path
    from tests.local_sagemaker.containers.serving_containers import ECHO, Starter

    starter = Starter(Path(sys.argv[1]))
    started = starter.healthy("import os\\nprint(os.getpid(), os.getppid(), flush=True)\\n" + ECHO)
    while not any(line[:1].isdigit() and " " in line for line in started.said):
        time.sleep(0.01)
    print(next(line for line in started.said if line[:1].isdigit()), started.container._group.identifier, flush=True)
    time.sleep(60)
"""


def test_no_orphans_when_the_owner_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", dedent(OWNER), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pids = [int(number) for number in owner.stdout.readline().split()]
        assert len(pids) == 3
        assert all(map(is_running, pids))
        owner.kill()
    assert eventually(lambda: not any(map(is_running, pids)))
