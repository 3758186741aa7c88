"""Trains, serves, asks and removes a model with boto3 alone.

eval "$(local-sagemaker env)"
python docs/examples/boto3_life.py
"""

import io
import tarfile
from pathlib import Path

import boto3

SOURCE, NAME, BUCKET = Path(__file__).parent / "weather", "weather-boto3", "weather-boto3"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"  # on AWS: a role of yours

s3, sagemaker = boto3.client("s3", region_name="us-east-1"), boto3.client("sagemaker", region_name="us-east-1")
s3.create_bucket(Bucket=BUCKET)
s3.upload_file(str(SOURCE / "readings.csv"), BUCKET, "train/readings.csv")
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:gz") as archive:
    archive.add(SOURCE, arcname=".")
s3.put_object(Bucket=BUCKET, Key="sourcedir.tar.gz", Body=packed.getvalue())
source = f"s3://{BUCKET}/sourcedir.tar.gz"

sagemaker.create_training_job(
    TrainingJobName=NAME,
    RoleArn=ROLE,
    AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    HyperParameters={"sagemaker_program": "train.py", "sagemaker_submit_directory": source, "max-leaf-nodes": "3"},
    InputDataConfig=[
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/train/"}},
        }
    ],
    OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"},
    ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
    StoppingCondition={"MaxRuntimeInSeconds": 600},
)
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=NAME, WaiterConfig={"Delay": 1})
artefact = sagemaker.describe_training_job(TrainingJobName=NAME)["ModelArtifacts"]["S3ModelArtifacts"]

environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": source}
container = {"Image": IMAGE, "ModelDataUrl": artefact, "Environment": environment}
sagemaker.create_model(ModelName=NAME, PrimaryContainer=container, ExecutionRoleArn=ROLE)
variant = {"VariantName": "All", "ModelName": NAME, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
sagemaker.create_endpoint_config(EndpointConfigName=NAME, ProductionVariants=[variant])
sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=NAME, WaiterConfig={"Delay": 1})
answer = boto3.client("sagemaker-runtime", region_name="us-east-1").invoke_endpoint(
    EndpointName=NAME, ContentType="text/csv", Accept="text/csv", Body="10.0,985.0\n20.0,1022.0"
)
print("storm", answer["Body"].read().decode().split())

sagemaker.delete_endpoint(EndpointName=NAME)
sagemaker.delete_endpoint_config(EndpointConfigName=NAME)
sagemaker.delete_model(ModelName=NAME)
