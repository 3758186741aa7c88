"""Anybody's pair of scikit-learn models: trained in two jobs, chained by CSV, joblib artefacts, both handler styles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.local_sagemaker.sagemaker.cloud import BUCKET, IMAGE, Cloud, archive, source_files

pytestmark = pytest.mark.long


def csv(table: np.ndarray) -> bytes:
    return b"".join(b"%s\n" % b",".join(b"%.17g" % value for value in row) for row in np.atleast_2d(table))


def channel(name: str, uri: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def container(cloud: Cloud, job: str, **environment: str) -> dict[str, Any]:
    artefact = cloud.trained(job)["ModelArtifacts"]["S3ModelArtifacts"]
    variables = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_MODEL_SERVER_WORKERS": "1", **environment}
    return {"Image": IMAGE, "ModelDataUrl": artefact, "Environment": variables}


def test_a_scaler_in_front_of_a_logistic_regression(cloud: Cloud, name: str) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    chance = np.random.default_rng(4)
    features = chance.normal([0, 100], [1, 50], (60, 2))
    labels = (features[:, 0] + features[:, 1] / 50 > 2).astype(int)
    where = f"s3://{BUCKET}/{name}"

    cloud.put(f"{name}/train/train.csv", csv(np.column_stack([labels, features])))
    scaled = cloud.train(f"{name}-scaler", folder="scaler", InputDataConfig=[channel("train", f"{where}/train")])
    assert scaled["TrainingJobStatus"] == "Completed", scaled["FailureReason"]

    first = container(cloud, f"{name}-scaler", SAGEMAKER_SUBMIT_DIRECTORY="/opt/ml/model/code")
    source = cloud.put(f"{name}/in/features.csv", csv(features))
    cloud.transform(name, cloud.model(f"{name}-scaler", first), source, output={"S3OutputPath": f"{where}/features"})

    cloud.put(f"{name}/labels/labels.csv", csv(labels[:, None]))
    channels = [channel("features", f"{where}/features"), channel("labels", f"{where}/labels")]
    fitted = cloud.train(f"{name}-logistic", folder="logistic", InputDataConfig=channels)
    assert fitted["TrainingJobStatus"] == "Completed", fitted["FailureReason"]

    code = cloud.put(f"{name}/code/sourcedir.tar.gz", archive(source_files("logistic")))
    second = container(cloud, f"{name}-logistic", SAGEMAKER_SUBMIT_DIRECTORY=code)
    cloud.endpoint(name, first, second)
    unseen = chance.normal([0, 100], [1, 50], (40, 2))
    answer = cloud.invoke(name, csv(unseen), ContentType="text/csv", Accept="text/csv")
    expected = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels).predict(unseen)
    assert [int(line) for line in answer.split()] == expected.tolist()
    cloud.delete_endpoint(name)
