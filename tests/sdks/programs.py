"""Programs that are no example for the docs, each as somebody may have written it."""

from __future__ import annotations

LITERAL_PATHS = """
import sys
import sagemaker
from sagemaker.deserializers import StringDeserializer
from sagemaker.serializers import StringSerializer
from sagemaker.sklearn import SKLearn

source = sys.argv[1]
session = sagemaker.Session()
with open("texts.tsv", "w") as texts:
    texts.write("sea\\tthe ship and the harbour\\nsea\\twaves and a ship\\n")
    texts.write("land\\tthe hill and the wood\\nland\\ta wood\\n")
given = session.upload_data("texts.tsv", key_prefix="literal-paths")
estimator = SKLearn(
    entry_point="train.py", source_dir=source, framework_version="1.2-1", instance_type="ml.m5.large",
    role=sagemaker.get_execution_role(), sagemaker_session=session,
)
estimator.fit({"train": given})
predictor = estimator.deploy(1, "ml.m5.large", entry_point="inference.py", source_dir=source,
                             serializer=StringSerializer(), deserializer=StringDeserializer())
print("label", predictor.predict("a ship in the waves"))
predictor.delete_endpoint()
print("job", estimator.latest_training_job.name)
"""

WORKFLOW_FAILS = """
import runpy, sys
sys.argv = [sys.argv[1], "1.1"]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except Exception as error:
    print("waited", error)
"""

PACKAGE_TRANSFORMS = """
import sys, time
from pathlib import Path
import boto3
import sagemaker
from sagemaker import get_execution_role
from sagemaker.sklearn.estimator import SKLearn

source = Path(sys.argv[1])
session = sagemaker.Session()
bucket = session.default_bucket()
Path("script.py").write_text((source / "train.py").read_text() + (source / "inference.py").read_text())
Path("unlabelled.csv").write_text("10.0,985.0\\n20.0,1022.0\\n")
given = session.upload_data(path=str(source / "readings.csv"), bucket=bucket, key_prefix="package/train")
session.upload_data(path="unlabelled.csv", bucket=bucket, key_prefix="package/unlabelled")
estimator = SKLearn(
    entry_point="script.py", role=get_execution_role(), instance_count=1, instance_type="ml.c5.xlarge",
    framework_version="1.2-1", base_job_name="package-weather",
)
estimator.fit({"train": given})
group = boto3.client("sagemaker").create_model_package_group(
    ModelPackageGroupName=f"package-{round(time.time())}", ModelPackageGroupDescription="of a notebook"
)["ModelPackageGroupArn"]
package = estimator.register(
    model_package_group_name=group, inference_instances=["ml.m5.xlarge"], transform_instances=["ml.m5.xlarge"],
    content_types=["text/csv"], response_types=["text/csv"], approval_status="Approved",
)
print("package", package.model_package_arn)
transformer = package.transformer(instance_count=1, instance_type="ml.m5.xlarge")
transformer.transform(f"s3://{bucket}/package/unlabelled/", split_type="Line", content_type="text/csv")
print("output", transformer.output_path)
"""

FUNCTIONS = """
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import get_execution_role
from sagemaker.core.remote_function import remote
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.mlops.workflow.function_step import step
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.triggers import PipelineSchedule

role = get_execution_role()
image = image_uris.retrieve("sklearn", "us-east-1", version="1.2-1")
job = {"image_uri": image, "instance_type": "ml.m5.large"}


@remote(**job)
def mean(values):
    return sum(values) / len(values)


print("mean", mean([1.0, 2.0, 6.0]))
try:
    mean([])
except ZeroDivisionError as error:
    print("raised", error)


@step(name="Measure", **job)
def measure():
    return [3.0, 5.0]


@step(name="Tell", **job)
def tell(noun, values):
    return f"{noun}: {max(values)}"


noun = ParameterString(name="Noun", default_value="wind")
pipeline = Pipeline(name="WeatherFunctions", steps=[tell(noun, measure())], parameters=[noun])
pipeline.upsert(role_arn=role)
execution = pipeline.start(parameters={"Noun": "rain"})
execution.wait(delay=1)
print("result", execution.result("Tell"))
schedule = PipelineSchedule(name="weather-functions", cron="0 6 ? * MON-FRI *")
pipeline.put_triggers(triggers=[schedule], role_arn=role)
print("schedule", pipeline.describe_trigger(trigger_name="weather-functions")["Schedule_Expression"])
pipeline.delete_triggers(trigger_names=["weather-functions"])
pipeline.delete()
"""
