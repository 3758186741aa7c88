"""Tries settings of a training script and serves the best, with the SageMaker SDK v2's HyperparameterTuner.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_tuning.py
"""

from pathlib import Path

import numpy as np
import sagemaker
from sagemaker import get_execution_role
from sagemaker.sklearn import SKLearn
from sagemaker.tuner import HyperparameterTuner, IntegerParameter

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
tuner = HyperparameterTuner(
    estimator,
    objective_metric_name="accuracy",
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
    hyperparameter_ranges={"max-leaf-nodes": IntegerParameter(2, 6)},
    strategy="Random",
    max_jobs=3,
    max_parallel_jobs=2,
)
tuner.fit({"train": readings})
best = tuner.best_training_job()
print("best", best)
print("tried", len(tuner.analytics().dataframe()))
settings = session.describe_training_job(best)["HyperParameters"]
print("leaves", settings["max-leaf-nodes"].strip('"'))

served = SKLearn.attach(best, sagemaker_session=session)
predictor = served.deploy(1, "ml.m5.large", entry_point="inference.py", source_dir=str(SOURCE))
print("storm", predictor.predict(np.array([[10.0, 985.0], [20.0, 1022.0]])).tolist())
predictor.delete_endpoint()
