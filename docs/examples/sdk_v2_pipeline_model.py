"""Trains a scaler and a classifier, serves both as one inference pipeline, and asks it, singly and by batch: SDK v2.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_pipeline_model.py
"""

from pathlib import Path

import sagemaker
from sagemaker import get_execution_role
from sagemaker.deserializers import CSVDeserializer
from sagemaker.pipeline import PipelineModel
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearn

SOURCE = Path(__file__).parent / "weather"
INSTANCE = "ml.m5.large"

session = sagemaker.Session()
bucket = session.default_bucket()
common = {
    "framework_version": "1.2-1",
    "instance_type": INSTANCE,
    "role": get_execution_role(),
    "sagemaker_session": session,
}
readings = session.upload_data(str(SOURCE / "readings.csv"), key_prefix="weather-pipeline/raw")

scaler = SKLearn(entry_point=str(SOURCE / "scaler.py"), **common)
scaler.fit({"train": readings})
scaling = scaler.transformer(1, INSTANCE, assemble_with="Line", accept="text/csv")
scaling.transform(readings, content_type="text/csv", split_type="Line")

classifier = SKLearn(entry_point="train.py", source_dir=str(SOURCE), **common)
classifier.fit({"train": scaling.output_path})

pipeline = PipelineModel(
    models=[scaler.create_model(), classifier.create_model(entry_point="inference.py", source_dir=str(SOURCE))],
    role=common["role"],
    sagemaker_session=session,
)
pipeline.deploy(initial_instance_count=1, instance_type=INSTANCE, endpoint_name="weather")
predictor = Predictor("weather", session, serializer=CSVSerializer(), deserializer=CSVDeserializer())
print("storm", predictor.predict([[10.0, 985.0], [20.0, 1022.0]]))

batch = session.upload_string_as_file_body("9.5,980.1\n21.0,1030.2\n", bucket, "weather-pipeline/batch/today.csv")
forecast = pipeline.transformer(1, INSTANCE, output_path=f"s3://{bucket}/weather-pipeline/out", accept="text/csv")
forecast.transform(batch, content_type="text/csv", split_type="Line")
forecast.wait()
print("batch", session.read_s3_file(bucket, "weather-pipeline/out/today.csv.out").split())

predictor.delete_endpoint()
pipeline.delete_model()
