"""Jobs on AWS's Spark image, and the pipeline's models from Spark beside those that the training jobs make."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from botocore.exceptions import WaiterError
from pyarrow import fs, parquet

from local_sagemaker import daemon
from local_sagemaker.containers import namespaces
from local_sagemaker.containers.images.catalogue import find
from local_sagemaker.containers.images.machine import missing_programs
from local_sagemaker.daemon import RunningServer
from local_sagemaker.state import StateDirectory
from tests.image_environments import built
from tests.local_sagemaker.sagemaker.cloud import BUCKET, ROLE, Cloud, processing_input

CHECKOUT = Path(__file__).resolve().parents[2]
SPARK = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py312-v1.0"
SPARK_ON_PYTHON_39 = SPARK.replace("py312-v1.0", "py39-v1.2")
GROUP = "/aws/sagemaker/ProcessingJobs"

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(missing_programs(find(SPARK).image)), reason=str(missing_programs(find(SPARK).image))),
]

APPLICATION = b"""
import sys, doubling
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
rows = spark.read.csv("file:///opt/ml/processing/input/data", header=True)
print("Python", *sys.version_info[:2])
print("partitions", spark.conf.get("spark.sql.shuffle.partitions"), "arguments", *sys.argv[1:])
print("doubled", rows.rdd.map(lambda row: doubling.doubled(int(row.n))).sum())
rows.groupBy("k").count().orderBy("k").coalesce(1).write.mode("overwrite").csv("file:///opt/ml/processing/output/counts")
"""


@pytest.fixture(scope="module", autouse=True)
def _environment() -> None:
    built("sagemaker-spark-processing:3.5-cpu-py312")
    if reason := namespaces.unavailable():
        pytest.skip(f"containers have no /opt/ml of their own here: {reason}")


def submit(cloud: Cloud, name: str, *arguments: str, image: str = SPARK, **files: bytes) -> dict[str, Any]:
    """Run `smspark-submit` as PySparkProcessor has it run, to its end."""
    folders = {key.replace("_", "-"): f"{name}/{key}" for key in files}
    for key, content in files.items():
        file = {"code": "app.py", "py_files": "doubling.py", "data": "a.csv", "conf": "configuration.json"}[key]
        cloud.put(f"{name}/{key}/{file}", content)
    place = {"S3Uri": f"s3://{BUCKET}/{name}/out", "LocalPath": "/opt/ml/processing/output/counts"}
    cloud.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={
            "ImageUri": image,
            "ContainerEntrypoint": [
                *("smspark-submit", "--py-files", "/opt/ml/processing/input/py-files"),
                "/opt/ml/processing/input/code/app.py",
            ],
            **({"ContainerArguments": list(arguments)} if arguments else {}),
        },
        ProcessingInputs=[processing_input(key, f"s3://{BUCKET}/{folder}") for key, folder in folders.items()],
        ProcessingOutputConfig={
            "Outputs": [{"OutputName": "counts", "S3Output": {**place, "S3UploadMode": "EndOfJob"}}]
        },
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10}
        },
    )
    waiter = cloud.sagemaker.get_waiter("processing_job_completed_or_stopped")
    waiter.config.delay, waiter.config.max_attempts = 0.5, 3000
    with suppress(WaiterError):  # how it ended is looked at by the test
        waiter.wait(ProcessingJobName=name)
    described: dict[str, Any] = cloud.sagemaker.describe_processing_job(ProcessingJobName=name)
    return described


@pytest.mark.parametrize("image", [SPARK, SPARK_ON_PYTHON_39], ids=["Python 3.12", "Python 3.9"])
def test_an_application_runs_with_its_files_configuration_and_arguments(cloud: Cloud, image: str) -> None:
    version = "3.12" if image == SPARK else "3.9"
    built(f"sagemaker-spark-processing:3.5-cpu-py{version.replace('.', '')}")
    name = f"on-spark-{version.replace('.', '-')}"
    configuration = [{"Classification": "spark-defaults", "Properties": {"spark.sql.shuffle.partitions": "3"}}]
    described = submit(
        cloud,
        name,
        "--x",
        "1",
        image=image,
        code=APPLICATION,
        py_files=b"def doubled(n):\n    return 2 * n\n",
        data=b"k,n\na,1\nb,2\na,3\n",
        conf=json.dumps(configuration).encode(),
    )
    lines = cloud.log_lines(GROUP, name)
    assert described["ProcessingJobStatus"] == "Completed", lines[-30:]
    assert {f"Python {version.replace('.', ' ')}", "partitions 3 arguments --x 1", "doubled 12"} <= set(lines)
    listed = cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{name}/out/")["Contents"]
    (counts,) = (item["Key"] for item in listed if item["Key"].endswith(".csv"))
    assert cloud.get(counts) == b"a,2\nb,1\n"


def test_an_application_that_fails_fails_the_job_and_s3_is_pointed_elsewhere(cloud: Cloud) -> None:
    reading = (
        b"from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().read.text('s3a://b/k').show()\n"
    )
    described = submit(cloud, "reads-s3a", code=reading, py_files=b"")
    assert described["ProcessingJobStatus"] == "Failed"
    lines = cloud.log_lines(GROUP, "reads-s3a")
    assert any("hadoop-aws, which the package pyspark lacks: bring the objects in" in line for line in lines)


class Shell:
    """Runs the pipeline's commands on a local SageMaker of the module's own."""

    def __init__(self, state: StateDirectory, server: RunningServer) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PIPELINE_"))}
        self.environment = kept | {"SAGEMAKER_LOCAL_STATE": str(state.root), "PIPELINE_NAME": "spark"}
        self.server = server
        self.cloud = Cloud(daemon.client_environment(server))

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            self._command(arguments), capture_output=True, text=True, env=self.environment, cwd=CHECKOUT
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command(arguments), env=self.environment, cwd=CHECKOUT)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "pipeline", *arguments]

    def latest(self) -> dict[str, Any]:
        """Read what the latest run recorded."""
        s3 = self.cloud.s3
        (bucket,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith("sagemaker-"))
        run = json.loads(s3.get_object(Bucket=bucket, Key="spark/latest.json")["Body"].read())["run"]
        found: dict[str, Any] = json.loads(
            s3.get_object(Bucket=bucket, Key=f"spark/runs/{run}/run.json")["Body"].read()
        )
        return found

    def artefact(self, run: dict[str, Any], container: str) -> dict[str, bytes]:
        """Read the files of an artefact."""
        bucket, _, key = run["artefacts"][container]["uri"].removeprefix("s3://").partition("/")
        body = self.cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            members = [member for member in archive if member.isfile()]
            return {member.name.removeprefix("./"): archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    state = StateDirectory(tmp_path_factory.mktemp("local") / "state")
    server = daemon.ensure_running(state)
    shell = Shell(state, server)
    try:
        with shell.cloud:
            yield shell
    finally:
        daemon.stop(state)


TRAIN = ("train", "--dataset", "sample", "--profile", "best")


@pytest.fixture(scope="module")
def trained(shell: Shell) -> tuple[dict[str, Any], dict[str, Any]]:
    """A run of each engine on the same data."""
    shell.run(*TRAIN)
    plain = shell.latest()
    shell.run(*TRAIN, "--engine", "spark")
    return plain, shell.latest()


def array(content: bytes) -> Any:
    return np.load(io.BytesIO(content))


def test_both_engines_learn_the_same_terms_and_weights(
    shell: Shell, trained: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    plain, spark = (shell.artefact(run, "preprocessor") for run in trained)
    assert sorted(plain) == sorted(spark)
    assert plain["serving/vocabulary.json"] == spark["serving/vocabulary.json"]
    weights = [array(files["serving/term_weights.npy"]) for files in (plain, spark)]
    np.testing.assert_array_max_ulp(*weights, maxulp=1)
    facts = [json.loads(files["manifest.json"]) for files in (plain, spark)]
    for name in ("n_records", "n_copies", "n_features", "n_nonzero", "stop_words", "hyperparameters", "code"):
        assert facts[0].get(name) == facts[1].get(name), name


def test_both_engines_learn_the_same_classes(shell: Shell, trained: tuple[dict[str, Any], dict[str, Any]]) -> None:
    plain, spark = (shell.artefact(run, "classifier") for run in trained)
    assert sorted(plain) == sorted(spark)
    estimators = [pickle.loads(files["model.joblib"]) for files in (plain, spark)]
    for name in ("feature_count_", "feature_log_prob_", "class_count_", "class_log_prior_"):
        one, other = (getattr(estimator, name) for estimator in estimators)
        np.testing.assert_allclose(one, other, rtol=1e-9, err_msg=name)
    assert [str(name) for name in estimators[0].classes_] == [str(name) for name in estimators[1].classes_]


def test_a_lake_gets_the_answers_of_the_containers(
    shell: Shell, trained: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    del trained
    table = pa.table(
        {"number": list(range(40)), "words": [f"text {n}\nabout the game and the team" for n in range(40)]}
    )
    system, bucket = arrow(shell), "lake-bucket"
    shell.cloud.s3.create_bucket(Bucket=bucket)
    parquet.write_table(table, f"{bucket}/lake/a.parquet", filesystem=system, row_group_size=15)
    (tmp_path / "lake.csv").write_text("number,words\n" + "".join(f'{n},"text {n}\nabout a car"\n' for n in range(9)))
    shell.cloud.s3.upload_file(str(tmp_path / "lake.csv"), bucket, "lake/b.csv")
    places = ("--input", f"s3://{bucket}/lake", "--output", f"s3://{bucket}/answers", "--text-column", "words")
    written = shell.run("batch-transform", *places, "--engine", "spark", "--format", "parquet").split()
    answers = pa.concat_tables(
        parquet.read_table(uri.removeprefix("s3://"), filesystem=system).select(["words", "category", "probability"])
        for uri in written
    )
    assert answers.num_rows == 49
    (tmp_path / "in.csv").write_text(
        "words\n" + "".join('"' + text.replace('"', '""') + '"\n' for text in answers.column("words").to_pylist())
    )
    shell.run(
        *("batch-transform", "--input", str(tmp_path / "in.csv"), "--output", str(tmp_path / "out.csv")),
        *("--text-column", "words"),
    )
    with (tmp_path / "out.csv").open(newline="") as file:
        expected = [(row["category"], float(row["probability"])) for row in csv.DictReader(file)]
    columns = (answers.column(name).to_pylist() for name in ("category", "probability"))
    assert list(zip(*columns, strict=True)) == expected


def arrow(shell: Shell) -> fs.S3FileSystem:
    """Arrow's file system, as a user points it at the local S3."""
    endpoint = shell.cloud.s3.meta.endpoint_url
    return fs.S3FileSystem(endpoint_override=endpoint, region="us-east-1", access_key="local", secret_key="local")


def test_a_worker_that_is_killed_changes_nothing(shell: Shell, trained: tuple[dict[str, Any], dict[str, Any]]) -> None:
    running = shell.begin(*TRAIN, "--engine", "spark")
    killed = 0
    while running.poll() is None and not killed:
        for worker in workers_of(shell.server):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                killed += 1
        time.sleep(0.05)
    assert running.wait() == 0
    assert killed, "a worker was there to be killed"
    assert_same_bytes(shell, trained[1], shell.latest())


def test_a_job_that_is_killed_leaves_no_run_and_begun_again_gives_the_same_models(
    shell: Shell, trained: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    latest = shell.latest()
    running = shell.begin(*TRAIN, "--engine", "spark")
    while running.poll() is None and not workers_of(shell.server):
        time.sleep(0.05)
    of_java = [pid for pid, command in below(shell.server) if "org.apache.spark.deploy" in command]
    for pid in of_java:
        os.kill(pid, signal.SIGKILL)
    assert of_java, below(shell.server)
    assert running.wait() == 1, "the job fails with its Java process"
    assert shell.latest() == latest
    shell.run(*TRAIN, "--engine", "spark")
    assert_same_bytes(shell, trained[1], shell.latest())


def assert_same_bytes(shell: Shell, before: dict[str, Any], after: dict[str, Any]) -> None:
    """See that what serves of two runs is the same."""
    assert before["id"] != after["id"]
    for container in ("preprocessor", "classifier"):
        one, other = (shell.artefact(run, container) for run in (before, after))
        for name in one:
            if name.startswith("serving/"):
                assert one[name] == other[name], name


def below(server: RunningServer) -> list[tuple[int, str]]:
    """Return the processes below a server, with their command lines."""
    found = subprocess.run(["ps", "-wweo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in found.splitlines()[1:]]
    parents = {int(pid): int(parent) for pid, parent, _ in rows}

    def is_below(pid: int) -> bool:
        while pid in parents and pid != server.pid:
            pid = parents[pid]
        return pid == server.pid

    return [(int(pid), command) for pid, _, command in rows if is_below(int(pid))]


def workers_of(server: RunningServer) -> list[int]:
    """Return the processes that work for Spark's tasks: Spark's Python daemon forks them."""
    of_spark = [pid for pid, command in below(server) if "pyspark.daemon" in command]
    return [pid for pid in of_spark if parent_of(pid) in of_spark]


def parent_of(pid: int) -> int | None:
    """Return a process's parent, if it is still there."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None
