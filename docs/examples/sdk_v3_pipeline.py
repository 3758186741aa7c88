"""Creates, waits for, invokes and deletes a pipeline of two containers, with the SageMaker SDK v3.

eval "$(python -m pipeline local env)"
python docs/examples/sdk_v3_pipeline.py
"""

import io
import tarfile

import boto3
from sagemaker.core import image_uris
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, InferenceExecutionConfig, ProductionVariant

NAME, BUCKET = "sdk-example", "sdk-example"
ROLE = "arn:aws:iam::123456789012:role/sagemaker"  # on AWS: a role of yours
REGION = boto3.Session().region_name
HANDLERS = """
def model_fn(directory): pass
def transform_fn(model, body, content_type, accept): return {answer}, "text/csv"
"""


def container(name: str, answer: str) -> ContainerDefinition:
    """Upload a model artefact that holds nothing but its code, and define a container that serves it."""
    code, archive = HANDLERS.format(answer=answer).encode(), io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        member = tarfile.TarInfo("code/inference.py")
        member.size = len(code)
        tar.addfile(member, io.BytesIO(code))
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz", Body=archive.getvalue())
    return ContainerDefinition(
        image=image_uris.retrieve("sklearn", REGION, version="1.9-0"),
        model_data_url=f"s3://{BUCKET}/{name}/model.tar.gz",
        environment={"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
    )


boto3.client("s3").create_bucket(Bucket=BUCKET)
model = Model.create(
    model_name=NAME,
    containers=[container("upper", "body.upper()"), container("last", "body.split()[-1]")],
    inference_execution_config=InferenceExecutionConfig(mode="Serial"),
    execution_role_arn=ROLE,
)
variant = ProductionVariant(
    variant_name="AllTraffic", model_name=NAME, initial_instance_count=1, instance_type="ml.m5.large"
)
config = EndpointConfig.create(endpoint_config_name=NAME, production_variants=[variant])
endpoint = Endpoint.create(endpoint_name=NAME, endpoint_config_name=NAME)
endpoint.wait_for_status("InService", poll=1)
print(endpoint.invoke(body="one two three", content_type="text/csv").body.read().decode())
for resource in (endpoint, config, model):
    resource.delete()
endpoint.wait_for_delete(poll=1)
