"""The same models from each engine: training jobs that read at once, the same in chunks, and Apache Spark."""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from benchmarks.scale.comparing import Trained, difference
from benchmarks.scale.fits import run as run_streamed
from benchmarks.scale.runs import NAME, Bench
from local_sagemaker.daemon import client_environment, find
from local_sagemaker.state import StateDirectory
from pipeline.aws.storage import Location, download, keys
from pipeline.data.frame import read_records

_CHECKOUT = Path(__file__).parents[2]
_CHANNELS = {"preprocessor": ("train", "stopwords"), "classifier": ("features", "labels")}


class Runs:
    """What commands have trained on the local SageMaker that runs."""

    def __init__(self, state: Path, name: str) -> None:
        server = find(StateDirectory(state))
        assert server is not None, "the server has been started"
        environment = client_environment(server)
        where: dict[str, Any] = {
            "endpoint_url": environment["AWS_ENDPOINT_URL"],
            "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
            "region_name": environment["AWS_DEFAULT_REGION"],
        }
        self._s3, self._sagemaker = boto3.client("s3", **where), boto3.client("sagemaker", **where)
        account = boto3.client("sts", **where).get_caller_identity()["Account"]
        self._home = f"s3://sagemaker-{where['region_name']}-{account}/{name}"

    def latest(self) -> str:
        """Return the id of the latest run."""
        return str(self._read(f"{self._home}/latest.json")["run"])

    def find(self, run: str) -> dict[str, Any]:
        """Return what a run has recorded."""
        return self._read(f"{self._home}/runs/{run}/run.json")

    def fetch(self, uri: str, path: Path) -> Path:
        """Copy an object here."""
        path.parent.mkdir(parents=True, exist_ok=True)
        download(self._s3, Location.parse(uri), path)
        return path

    def trained(self, run: Mapping[str, Any], directory: Path) -> Trained:
        """Unpack both artefacts of a run."""
        for container, artefact in run["artefacts"].items():
            archive = self.fetch(artefact["uri"], directory / f"{container}.tar.gz")
            with tarfile.open(archive) as content:
                content.extractall(directory / container, filter="data")
        return Trained(directory / "preprocessor", directory / "classifier")

    def trained_in_chunks(self, run: Mapping[str, Any], directory: Path) -> Trained:
        """Run both training jobs of a run again, in chunks; the features are those that the run made."""
        for container, channels in _CHANNELS.items():
            base = directory / f"base-{container}"
            place = Location.parse(run["test_uri"].rpartition("/test/")[0])
            for channel in channels:
                self._lay_out(place / channel, base / "input" / "data" / channel)
            script = _CHECKOUT / f"{container}_container" / "train.py"
            run_streamed(script, base, self._settings(run["artefacts"][container]["job"]))
        return Trained(directory / "base-preprocessor" / "model", directory / "base-classifier" / "model")

    def _read(self, uri: str) -> dict[str, Any]:
        where = Location.parse(uri)
        found: dict[str, Any] = json.loads(self._s3.get_object(Bucket=where.bucket, Key=where.key)["Body"].read())
        return found

    def _lay_out(self, place: Location, directory: Path) -> None:
        for key in list(keys(self._s3, place.prefix, place.bucket)):
            self.fetch(f"s3://{place.bucket}/{key}", directory / key.removeprefix(place.prefix))

    def _settings(self, job: str) -> list[str]:
        """Return a job's hyperparameters as its script gets them."""
        given = self._sagemaker.describe_training_job(TrainingJobName=job)["HyperParameters"]
        own = {name: json.loads(value) for name, value in given.items() if not name.startswith("sagemaker_")}
        return [part for name, value in own.items() for part in (f"--{name}", str(value))]


def compared(bench: Bench, profile: str, options: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Train by each engine on the local SageMaker that runs, and compare with what the plain one has in memory."""
    runs, found = Runs(bench.state, NAME), []
    for engine in ("plain", "spark"):
        bench.call("train", *options, "--profile", profile, "--engine", engine)
        found.append(runs.find(runs.latest()))
    yield from compared_runs(runs, *found)


def compared_runs(runs: Runs, plain: Mapping[str, Any], spark: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Compare two runs, and the plain one's jobs once more in chunks."""
    with tempfile.TemporaryDirectory() as directory:
        whole = runs.trained(plain, Path(directory, "plain"))
        others = {
            "in chunks": runs.trained_in_chunks(plain, Path(directory, "chunks")),
            "Spark": runs.trained(spark, Path(directory, "spark")),
        }
        test = runs.fetch(plain["test_uri"], Path(directory, "test.csv"))
        texts = [record.text for record in read_records(test)]
        for name, other in others.items():
            found = difference(whole, other, texts).as_dict()
            yield {"dataset": plain["dataset"], "profile": plain["profile"], "engine": name, **found}
