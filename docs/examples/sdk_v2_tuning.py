"""Tunes a scikit-learn model's hyperparameters with the SageMaker SDK v2, and deploys the best.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_tuning.py
"""

from pathlib import Path

import numpy as np
import sagemaker
from sagemaker import get_execution_role
from sagemaker.sklearn import SKLearn
from sagemaker.tuner import CategoricalParameter, HyperparameterTuner, IntegerParameter

SOURCE = Path(__file__).parent / "weather"

session = sagemaker.Session()
readings = session.upload_data(str(SOURCE / "readings.csv"), key_prefix="weather-tuning")
estimator = SKLearn(
    entry_point="train.py",
    source_dir=str(SOURCE),
    framework_version="1.2-1",
    instance_type="ml.m5.large",
    role=get_execution_role(),
    sagemaker_session=session,
)
common = {
    "estimator": estimator,
    "objective_metric_name": "accuracy",
    "metric_definitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
}

tuner = HyperparameterTuner(
    hyperparameter_ranges={"max-leaf-nodes": IntegerParameter(2, 8)},
    max_jobs=4,
    max_parallel_jobs=2,
    base_tuning_job_name="bayesian",
    **common,
)
tuner.fit({"train": readings})
print("best", tuner.best_training_job())
tried = tuner.analytics().dataframe()
print("accuracy", tried["FinalObjectiveValue"].max(), "of", len(tried))

predictor = tuner.deploy(initial_instance_count=1, instance_type="ml.m5.large", entry_point="inference.py")
print("storm", predictor.predict(np.array([[10.0, 985.0], [20.0, 1022.0]])).tolist())
predictor.delete_model()
predictor.delete_endpoint()

grid = HyperparameterTuner(
    hyperparameter_ranges={"max-leaf-nodes": CategoricalParameter([2, 3, 4])},
    strategy="Grid",
    max_jobs=3,
    max_parallel_jobs=2,
    early_stopping_type="Auto",
    base_tuning_job_name="grid",
    **common,
)
grid.fit({"train": readings})
print("grid", sorted(grid.analytics().dataframe()["max-leaf-nodes"]))
