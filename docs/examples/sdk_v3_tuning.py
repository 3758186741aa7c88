"""Tries settings of a training script in tuning jobs, with the SageMaker SDK v3's HyperparameterTuner.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v3_tuning.py
"""

from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.parameter import IntegerParameter
from sagemaker.core.resources import TrainingJob
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode
from sagemaker.train.tuner import HyperparameterTuner

SOURCE = Path(__file__).parent / "weather"

session, role = Session(), get_execution_role()
bucket = session.default_bucket()
readings = session.upload_data(str(SOURCE / "readings.csv"), bucket=bucket, key_prefix="weather-tuning-v3")
trainer = ModelTrainer(
    training_image=image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1"),
    source_code=SourceCode(source_dir=str(SOURCE), entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    base_job_name="weather-tuning",
    sagemaker_session=session,
    role=role,
)
tuner = HyperparameterTuner(
    model_trainer=trainer,
    objective_metric_name="accuracy",
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
    hyperparameter_ranges={"max-leaf-nodes": IntegerParameter(2, 6)},
    strategy="Random",
    max_jobs=3,
    max_parallel_jobs=2,
)
tuner.tune(inputs=[InputData(channel_name="train", data_source=readings)], wait=True)
best = tuner.best_training_job()
print("best", best)
print("model", TrainingJob.get(best).model_artifacts.s3_model_artifacts)
