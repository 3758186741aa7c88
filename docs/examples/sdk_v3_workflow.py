"""Runs a SageMaker pipeline with the SDK v3: prepare, train, evaluate, and, if the model is right often enough, create
and register it.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v3_workflow.py [how often it has to be right]
"""

import sys
from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import get_execution_role
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

SOURCE, BASE, INSTANCE = Path(__file__).parent / "weather", "/opt/ml/processing", "ml.m5.large"

session, role = PipelineSession(), get_execution_role()
bucket = session.default_bucket()
image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1")
readings = session.upload_data(str(SOURCE / "readings.csv"), bucket=bucket, key_prefix="weather-workflow-v3/raw")
needed = ParameterFloat(name="Accuracy", default_value=0.9)


def given(name: str, uri: str) -> ProcessingInput:
    """Give an object or a prefix to a processing job."""
    source = ProcessingS3Input(s3_uri=uri, local_path=f"{BASE}/{name}", s3_data_type="S3Prefix", s3_input_mode="File")
    return ProcessingInput(input_name=name, s3_input=source)


def kept(name: str) -> ProcessingOutput:
    """Keep a folder of a processing job."""
    uri = f"s3://{bucket}/weather-workflow-v3/{name}"
    target = ProcessingS3Output(s3_uri=uri, local_path=f"{BASE}/{name}", s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=target)


def output_of(step: ProcessingStep, name: str):
    """Say where an earlier step's output will be."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


processor = ScriptProcessor(
    image_uri=image, instance_type=INSTANCE, instance_count=1, role=role, sagemaker_session=session
)
prepare = ProcessingStep(
    name="Prepare",
    step_args=processor.run(
        code=str(SOURCE / "prepare.py"),
        inputs=[given("input", readings)],
        outputs=[kept("train"), kept("test")],
        arguments=["--base", BASE],
    ),
)
trainer = ModelTrainer(
    training_image=image,
    source_code=SourceCode(source_dir=str(SOURCE), entry_script="train.py"),
    compute=Compute(instance_type=INSTANCE, instance_count=1),
    input_data_config=[InputData(channel_name="train", data_source=output_of(prepare, "train"))],
    base_job_name="weather",
    sagemaker_session=session,
    role=role,
)
train = TrainingStep(name="Train", step_args=trainer.train())
artefact = train.properties.ModelArtifacts.S3ModelArtifacts

report = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    name="Evaluate",
    step_args=processor.run(
        code=str(SOURCE / "evaluate.py"),
        inputs=[given("model", artefact), given("test", output_of(prepare, "test"))],
        outputs=[kept("evaluation")],
        arguments=["--base", BASE],
    ),
    property_files=[report],
)
builder = ModelBuilder(image_uri=image, s3_model_data_url=artefact, sagemaker_session=session, role_arn=role)
create = ModelStep(name="Weather", step_args=builder.build())
register = ModelStep(
    name="Register",
    step_args=builder.register(
        model_package_group_name="weather-v3",
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=[INSTANCE],
        approval_status="Approved",
    ),
)
accuracy = JsonGet(step_name="Evaluate", property_file=report, json_path="metrics.accuracy.value")
right_often = ConditionStep(
    name="RightOften",
    conditions=[ConditionGreaterThanOrEqualTo(left=accuracy, right=needed)],
    if_steps=[create, register],
    else_steps=[FailStep(name="TooBad", error_message=Join(on=" ", values=["accuracy below", needed]))],
)
pipeline = Pipeline(
    name="WeatherV3",
    parameters=[needed],
    steps=[prepare, train, evaluate, right_often],
    sagemaker_session=session,
)
pipeline.upsert(role_arn=role)
execution = pipeline.start(parameters={"Accuracy": float(sys.argv[1])} if sys.argv[1:] else {})
try:
    execution.wait(delay=1, max_attempts=600)
finally:
    print("status", execution.describe()["PipelineExecutionStatus"])
    for step in reversed(execution.list_steps()):
        print("step", step["StepName"], step["StepStatus"], step.get("FailureReason", ""))
