"""Models meet the versions that they were made with; XGBoost's image trains and serves, with a script and without."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.image_catalogue.conftest import RunIn
from tests.image_environments import built
from tests.local_sagemaker.sagemaker.cloud import BUCKET, ROLE, Cloud, archive

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
SCIKIT_LEARN = f"{REGISTRY}/sagemaker-scikit-learn"
OLD = f"{SCIKIT_LEARN}:1.2-1-cpu-py3"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.0-5"

IN_ARTEFACT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}

FIT = """
import joblib, sklearn, sys
from sklearn.ensemble import RandomForestClassifier
rows = [[a / 10, b / 10] for a in range(10) for b in range(10)]
model = RandomForestClassifier(20, random_state=1).fit(rows, [int(a + b > 0.9) for a, b in rows])
joblib.dump(model, {path!r})
print(sklearn.__version__, *model.predict_proba([[0.2, 0.1], [0.4, 0.6]])[:, 1].tolist())
"""

SERVE = b"""
import json, os, joblib, sklearn

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

def predict_fn(data, model):
    return [sklearn.__version__, *model.predict_proba(data)[:, 1].tolist()]

def output_fn(prediction, accept):
    return json.dumps(prediction), accept
"""

SCALE = b"""
import csv, io

def model_fn(model_dir):
    import sklearn
    return sklearn.__version__

def input_fn(body, content_type):
    return [[float(value) for value in row] for row in csv.reader(io.StringIO(body))]

def predict_fn(rows, model):
    from sklearn.preprocessing import FunctionTransformer
    return FunctionTransformer(lambda data: data / 10).fit_transform(__import__("numpy").array(rows))

def output_fn(rows, accept):
    return "\\n".join(",".join(map(repr, row)) for row in rows.tolist()), "text/csv"
"""

SCRIPT = b"""
import argparse, os
import xgboost as xgb
from sagemaker_xgboost_container import distributed
from sagemaker_xgboost_container.data_utils import get_dmatrix

def train(parameters, rounds, data, model_dir, is_master):
    booster = xgb.train(parameters, data, num_boost_round=rounds, evals=[(data, "train")])
    if is_master:
        booster.save_model(os.path.join(model_dir, "xgboost-model"))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    arguments = parser.parse_args()
    data = get_dmatrix(arguments.train, "csv")
    host = os.environ["SM_CURRENT_HOST"]
    distributed.rabit_run(
        exec_fun=train,
        args={"parameters": {"objective": "reg:squarederror"}, "rounds": arguments.rounds, "data": data,
              "model_dir": os.environ["SM_MODEL_DIR"]},
        include_in_training=True, hosts=[host], current_host=host, update_rabit_args=True,
    )
"""

LOAD = b"""
import os
import xgboost as xgb

def model_fn(model_dir):
    booster = xgb.Booster()
    booster.load_model(os.path.join(model_dir, "xgboost-model"))
    return booster
"""

PREDICT = """
import json, sys, tarfile, io
import numpy as np, xgboost as xgb
booster = xgb.Booster()
booster.load_model(bytearray(tarfile.open({artefact!r}).extractfile("xgboost-model").read()))
print(json.dumps(booster.predict(xgb.DMatrix(np.array({rows!r})), validate_features=False).tolist()))
"""

UNPICKLE = """
import pickle, tarfile
import numpy as np, xgboost as xgb
booster = pickle.load(tarfile.open({artefact!r}).extractfile("xgboost-model"))
print(booster.predict(xgb.DMatrix(np.array([[0.9, 0.8, 0.1]])), validate_features=False).tolist()[0])
"""


@pytest.fixture(scope="session")
def tables(cloud: Cloud) -> dict[str, str]:
    """Two channels of CSV in S3: the label first, no header."""
    numbers = random.Random(5)
    prefixes = {}
    for name, count in {"train": 300, "validation": 100}.items():
        rows = [[numbers.random() for _ in range(3)] for _ in range(count)]
        lines = [",".join(map(str, [int(a + b > c + 0.5), a, b, c])) for a, b, c in rows]
        cloud.put(f"tables/{name}/part-1.csv", "\n".join(lines[: count // 2]).encode())
        cloud.put(f"tables/{name}/part-2.csv", "\n".join(lines[count // 2 :]).encode())
        prefixes[name] = f"s3://{BUCKET}/tables/{name}/"
    return prefixes


def train(
    cloud: Cloud,
    name: str,
    channels: Mapping[str, str],
    content_type: str,
    image: str = XGBOOST,
    **hyperparameters: str,
) -> dict[str, Any]:
    """Run a training job in the XGBoost image to its end."""
    cloud.sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        HyperParameters=hyperparameters,
        InputDataConfig=[
            {
                "ChannelName": channel,
                "ContentType": content_type,
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
            }
            for channel, uri in channels.items()
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
        ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    waiter = cloud.sagemaker.get_waiter("training_job_completed_or_stopped")
    waiter.config.delay, waiter.config.max_attempts = 0.2, 3000
    with suppress(WaiterError):  # how it ended is looked at by the test
        waiter.wait(TrainingJobName=name)
    described: dict[str, Any] = cloud.sagemaker.describe_training_job(TrainingJobName=name)
    return described


def deploy(cloud: Cloud, name: str, *containers: Mapping[str, Any]) -> str:
    """Serve containers in series, and wait until they answer."""
    model = cloud.model(name, *containers)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=cloud.config(name, model))
    waiter = cloud.sagemaker.get_waiter("endpoint_in_service")
    waiter.config.delay, waiter.config.max_attempts = 0.2, 3000
    waiter.wait(EndpointName=name)
    return name


def ask(cloud: Cloud, endpoint: str, body: bytes, content_type: str = "text/csv", **accept: str) -> bytes:
    answer = cloud.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=content_type, **accept)
    said: bytes = answer["Body"].read()
    return said


def in_lines(predictions: list[float]) -> bytes:
    """Write predictions as the algorithm answers them."""
    return "".join(f"{each}\n" for each in predictions).encode()


def in_process(cloud: Cloud, run_in: RunIn, tmp_path: Path, artefact: str, rows: list[list[float]]) -> list[float]:
    """Predict with an artefact's booster, without a container."""
    local = tmp_path / "model.tar.gz"
    local.write_bytes(cloud.get(artefact.removeprefix(f"s3://{BUCKET}/")))
    said = run_in("sagemaker-xgboost:3.0-5", PREDICT.format(artefact=str(local), rows=rows))
    predictions: list[float] = json.loads(said)
    return predictions


@pytest.mark.parametrize(
    ("image", "scikit_learn", "python"),
    [("0.20.0", "0.20.0", "3.7"), ("0.23-1", "0.23.2", "3.7"), ("1.0-1", "1.0.2", "3.7"), ("1.2-1", "1.2.1", "3.9")],
)
def test_a_pickled_model_answers_under_the_image_of_its_scikit_learn(
    cloud: Cloud, run_in: RunIn, tmp_path: Path, image: str, scikit_learn: str, python: str
) -> None:
    pickled, name = tmp_path / "model.joblib", f"pickled-{image.replace('.', '-')}"
    version, *expected = run_in(f"sagemaker-scikit-learn:{image}", FIT.format(path=str(pickled))).split()
    assert version == scikit_learn
    files = {"model.joblib": pickled.read_bytes(), "code/inference.py": SERVE}
    model = cloud.put(f"{name}/model.tar.gz", archive(files))
    endpoint = deploy(
        cloud,
        name,
        {"Image": f"{SCIKIT_LEARN}:{image}-cpu-py3", "ModelDataUrl": model, "Environment": IN_ARTEFACT},
    )
    answer = json.loads(ask(cloud, endpoint, b"[[0.2, 0.1], [0.4, 0.6]]", "application/json"))
    assert answer == [scikit_learn, *map(float, expected)]
    events = cloud.logs.filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{endpoint}")["events"]
    own = f"sagemaker-scikit-learn:{image} runs in its own environment: Python {python}"
    assert any(own in event["message"] for event in events)


def test_the_algorithm_trains_without_a_script_and_serves_what_it_trained(
    cloud: Cloud, run_in: RunIn, tables: dict[str, str], tmp_path: Path
) -> None:
    built("sagemaker-xgboost:3.0-5")
    parameters = {"num_round": "12", "objective": "binary:logistic", "eval_metric": "logloss,auc", "max_depth": "3"}
    job = train(cloud, "algorithm", tables, "text/csv", **parameters)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert {"train:logloss", "validation:logloss", "train:auc", "validation:auc"} <= metrics.keys()
    assert metrics["train:logloss"] < 0.3 < metrics["validation:auc"]
    events = cloud.logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs")["events"]
    rounds = [e["message"] for e in events if e["logStreamName"].startswith("algorithm/") and e["message"][0] == "["]
    assert sum("#011train-logloss:" in line for line in rounds) == 12

    artefact = job["ModelArtifacts"]["S3ModelArtifacts"]
    endpoint = deploy(cloud, "algorithm", {"Image": XGBOOST, "ModelDataUrl": artefact})
    rows = [[0.9, 0.8, 0.1], [0.1, 0.2, 0.9]]
    expected = in_process(cloud, run_in, tmp_path, artefact, rows)
    body = "\n".join(",".join(map(str, row)) for row in rows).encode()
    assert ask(cloud, endpoint, body) == in_lines(expected)
    assert json.loads(ask(cloud, endpoint, body, Accept="application/json")) == {
        "predictions": [{"score": score} for score in expected]
    }
    libsvm = b"0:0.9 1:0.8 2:0.1\n0:0.1 1:0.2 2:0.9"
    assert ask(cloud, endpoint, libsvm, "text/libsvm") == in_lines(expected)


@pytest.mark.parametrize("image", ["sagemaker-xgboost:1.0-1-cpu-py3", "xgboost:latest"])
def test_a_job_of_an_old_version_leaves_a_pickled_model_as_scripts_of_its_time_expect(
    cloud: Cloud, run_in: RunIn, tables: dict[str, str], tmp_path: Path, image: str
) -> None:
    built("sagemaker-xgboost:3.0-5")
    uri, name = f"{REGISTRY}/{image}", f"old-{image.partition(':')[0]}"
    job = train(cloud, name, tables, "text/csv", image=uri, num_round="5", objective="binary:logistic")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    artefact = job["ModelArtifacts"]["S3ModelArtifacts"]
    packed = tmp_path / "model.tar.gz"
    packed.write_bytes(cloud.get(artefact.removeprefix(f"s3://{BUCKET}/")))
    expected = run_in("sagemaker-xgboost:3.0-5", UNPICKLE.format(artefact=str(packed))).strip()
    endpoint = deploy(cloud, name, {"Image": uri, "ModelDataUrl": artefact})
    assert ask(cloud, endpoint, b"0.9,0.8,0.1\n0.9,0.8,0.1").decode() == f"{expected},{expected}"


def test_libsvm_is_what_a_channel_without_a_content_type_holds(cloud: Cloud, tmp_path: Path) -> None:
    built("sagemaker-xgboost:3.0-5")
    uri = cloud.put("libsvm/data.txt", b"".join(b"%d 1:%d 3:0.5\n" % (n % 2, n % 2) for n in range(50)))
    job = train(cloud, "libsvm", {"train": uri}, "text/libsvm", num_round="3", objective="binary:logistic")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert {metric["MetricName"] for metric in job["FinalMetricDataList"]} == {"train:logloss"}


@pytest.mark.parametrize(
    ("content_type", "hyperparameters", "reason"),
    [
        ("text/csv", {"objective": "reg:squarederror"}, "Missing required hyperparameter: num_round"),
        ("text/csv", {"num_round": "1", "eta": "7"}, "Hyperparameter eta: 7.0 is not in [0,1]"),
        ("application/x-recordio-protobuf", {"num_round": "1"}, "recordio-protobuf is not read by the local runtime"),
        ("text/libsvm", {"num_round": "1"}, "Failed to load libsvm data with exception"),
    ],
)
def test_what_is_wrong_with_a_job_is_its_failure_reason(
    cloud: Cloud, tables: dict[str, str], content_type: str, hyperparameters: dict[str, str], reason: str
) -> None:
    built("sagemaker-xgboost:3.0-5")
    name = f"wrong-{abs(hash((content_type, *hyperparameters)))}"
    job = train(cloud, name, {"train": tables["train"]}, content_type, **hyperparameters)
    assert job["TrainingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_a_script_trains_with_what_the_image_offers_and_its_handlers_get_a_dmatrix(
    cloud: Cloud, run_in: RunIn, tables: dict[str, str], tmp_path: Path
) -> None:
    built("sagemaker-xgboost:3.0-5")
    source = cloud.put("script/sourcedir.tar.gz", archive({"train.py": SCRIPT, "inference.py": LOAD}))
    job = train(
        cloud,
        "script",
        {"train": tables["train"]},
        "text/csv",
        rounds="4",
        sagemaker_program='"train.py"',
        sagemaker_submit_directory=json.dumps(source),
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    artefact = job["ModelArtifacts"]["S3ModelArtifacts"]
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": source}
    endpoint = deploy(cloud, "script", {"Image": XGBOOST, "ModelDataUrl": artefact, "Environment": environment})
    rows = [[0.9, 0.8, 0.1], [0.1, 0.2, 0.9]]
    expected = in_process(cloud, run_in, tmp_path, artefact, rows)
    answer = ask(cloud, endpoint, b"0.9,0.8,0.1\n0.1,0.2,0.9", Accept="application/json")
    assert json.loads(answer) == expected


def test_scikit_learn_and_xgboost_in_series_answer_as_in_process(
    cloud: Cloud, run_in: RunIn, tables: dict[str, str], tmp_path: Path
) -> None:
    built("sagemaker-scikit-learn:1.2-1")
    built("sagemaker-xgboost:3.0-5")
    job = train(cloud, "series", tables, "text/csv", num_round="5", objective="reg:squarederror")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    artefact = job["ModelArtifacts"]["S3ModelArtifacts"]
    scaler = cloud.put("series/model.tar.gz", archive({"code/inference.py": SCALE}))
    endpoint = deploy(
        cloud,
        "series",
        {"Image": OLD, "ModelDataUrl": scaler, "Environment": IN_ARTEFACT},
        {"Image": XGBOOST, "ModelDataUrl": artefact},
    )
    rows = [[9.0, 8.0, 1.0], [1.0, 2.0, 9.0], [5.0, 5.0, 5.0]]
    expected = in_process(cloud, run_in, tmp_path, artefact, [[value / 10 for value in row] for row in rows])
    body = "\n".join(",".join(map(str, row)) for row in rows).encode()
    assert ask(cloud, endpoint, body) == in_lines(expected)
