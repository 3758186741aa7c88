"""Trains a model with the SageMaker SDK v3's ModelTrainer, serves it with its ModelBuilder, asks it and removes it.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v3_model_trainer.py
"""

from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.serve import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

SOURCE = Path(__file__).parent / "weather"

session = Session()
role = get_execution_role()
image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1")
readings = session.upload_data(str(SOURCE / "readings.csv"), bucket=session.default_bucket(), key_prefix="weather-v3")

trainer = ModelTrainer(
    training_image=image,
    source_code=SourceCode(source_dir=str(SOURCE), entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"max-leaf-nodes": 3},
    base_job_name="weather",
    sagemaker_session=session,
    role=role,
)
trainer.train(input_data_config=[InputData(channel_name="train", data_source=readings)])
artefact = trainer._latest_training_job.model_artifacts.s3_model_artifacts
print("model", artefact)

builder = ModelBuilder(
    image_uri=image,
    s3_model_data_url=artefact,
    source_code=SourceCode(source_dir=str(SOURCE), entry_script="inference.py"),
    instance_type="ml.m5.large",
    role_arn=role,
    sagemaker_session=session,
)
model = builder.build(model_name="weather-v3")
endpoint = builder.deploy(endpoint_name="weather-v3", instance_type="ml.m5.large", initial_instance_count=1)
answer = endpoint.invoke(body="10.0,985.0\n20.0,1022.0", content_type="text/csv", accept="text/csv")
print("storm", answer.body.read().decode().split())
endpoint.delete()
model.delete()
