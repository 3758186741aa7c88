"""Trains, deploys, asks and removes a scikit-learn model, with the SageMaker SDK v2.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_sklearn.py
"""

from pathlib import Path

import numpy as np
import sagemaker
from sagemaker import get_execution_role
from sagemaker.sklearn import SKLearn

SOURCE = Path(__file__).parent / "weather"

session = sagemaker.Session()
role = get_execution_role()
readings = session.upload_data(str(SOURCE / "readings.csv"), key_prefix="weather")
estimator = SKLearn(
    entry_point="train.py",
    source_dir=str(SOURCE),
    framework_version="1.2-1",
    instance_type="ml.m5.large",
    role=role,
    sagemaker_session=session,
    hyperparameters={"max-leaf-nodes": 3},
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
)
estimator.fit({"train": readings})
print("accuracy", estimator.latest_training_job.describe()["FinalMetricDataList"][0]["Value"])

predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.large", entry_point="inference.py")
print("storm", predictor.predict(np.array([[10.0, 985.0], [20.0, 1022.0]])).tolist())
predictor.delete_model()
predictor.delete_endpoint()
