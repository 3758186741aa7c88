"""Serves two models as one inference pipeline with the SageMaker SDK v3's ModelBuilder, asks it and removes it.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v3_model_builder_pipeline.py
"""

import io
import tarfile

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.resources import Model
from sagemaker.core.shapes import ContainerDefinition
from sagemaker.serve import ModelBuilder

NAME = "weather-builder"
TO_CELSIUS = """
def model_fn(directory):
    return lambda fahrenheit: (fahrenheit - 32) / 1.8

def transform_fn(convert, body, content_type, accept):
    return "\\n".join(f"{convert(float(line)):.1f}" for line in body.split()), "text/csv"
"""
FROST = """
def model_fn(directory):
    return lambda celsius: "frost" if celsius < 0 else "none"

def transform_fn(told, body, content_type, accept):
    return "\\n".join(told(float(line)) for line in body.split()), "text/csv"
"""

session, role = Session(), get_execution_role()
bucket = session.default_bucket()
image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1")


def model(name: str, handlers: str) -> Model:
    """Make a model of an artefact that holds nothing but its code."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("code/inference.py")
        member.size = len(handlers)
        archive.addfile(member, io.BytesIO(handlers.encode()))
    session.boto_session.client("s3").put_object(Bucket=bucket, Key=f"{name}/model.tar.gz", Body=packed.getvalue())
    container = ContainerDefinition(
        image=image,
        model_data_url=f"s3://{bucket}/{name}/model.tar.gz",
        environment={"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
    )
    return Model.create(model_name=name, primary_container=container, execution_role_arn=role)


parts = [model("to-celsius", TO_CELSIUS), model("frost", FROST)]
builder = ModelBuilder(model=parts, role_arn=role, sagemaker_session=session, instance_type="ml.m5.large")
pipeline = builder.build(model_name=NAME)
endpoint = builder.deploy(endpoint_name=NAME, instance_type="ml.m5.large", initial_instance_count=1)
answer = endpoint.invoke(body="14\n86", content_type="text/csv", accept="text/csv")
print("frost", answer.body.read().decode().split())
endpoint.delete()
for each in [pipeline, *parts]:
    each.delete()
