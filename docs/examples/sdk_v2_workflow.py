"""Runs a SageMaker pipeline with the SDK v2: prepare, train, evaluate, and, if the model is right often enough, create,
register and transform with it.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_workflow.py [how often it has to be right]
"""

import sys
from pathlib import Path

from sagemaker import get_execution_role
from sagemaker.inputs import TrainingInput
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn import SKLearn, SKLearnModel
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.transformer import Transformer
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TransformStep

SOURCE, BASE, INSTANCE = Path(__file__).parent / "weather", "/opt/ml/processing", "ml.m5.large"

session = PipelineSession()
common = {"role": get_execution_role(), "sagemaker_session": session}
readings = session.upload_data(str(SOURCE / "readings.csv"), key_prefix="weather-workflow")
needed = ParameterFloat(name="Accuracy", default_value=0.9)
cache = CacheConfig(enable_caching=True, expire_after="30d")


def output_of(step: ProcessingStep, name: str):
    """Say where an earlier step's output will be."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


processor = SKLearnProcessor(framework_version="1.2-1", instance_type=INSTANCE, instance_count=1, **common)
prepare = ProcessingStep(
    name="Prepare",
    step_args=processor.run(
        code=str(SOURCE / "prepare.py"),
        inputs=[ProcessingInput(source=readings, destination=f"{BASE}/input")],
        outputs=[
            ProcessingOutput(output_name=name, source=f"{BASE}/{name}") for name in ("train", "test", "unlabelled")
        ],
        arguments=["--base", BASE],
    ),
    cache_config=cache,
)

estimator = SKLearn(
    entry_point="train.py", source_dir=str(SOURCE), framework_version="1.2-1", instance_type=INSTANCE, **common
)
train = TrainingStep(
    name="Train",
    step_args=estimator.fit({"train": TrainingInput(output_of(prepare, "train"), content_type="text/csv")}),
    cache_config=cache,
)
artefact = train.properties.ModelArtifacts.S3ModelArtifacts

report = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    name="Evaluate",
    step_args=processor.run(
        code=str(SOURCE / "evaluate.py"),
        inputs=[
            ProcessingInput(source=artefact, destination=f"{BASE}/model"),
            ProcessingInput(source=output_of(prepare, "test"), destination=f"{BASE}/test"),
        ],
        outputs=[ProcessingOutput(output_name="evaluation", source=f"{BASE}/evaluation")],
        arguments=["--base", BASE],
    ),
    property_files=[report],
)

model = SKLearnModel(
    model_data=artefact, entry_point="inference.py", source_dir=str(SOURCE), framework_version="1.2-1", **common
)
create = ModelStep(name="Weather", step_args=model.create(instance_type=INSTANCE))
statistics = Join(on="/", values=[output_of(evaluate, "evaluation"), "evaluation.json"])
register = ModelStep(
    name="Register",
    step_args=model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=[INSTANCE],
        transform_instances=[INSTANCE],
        model_package_group_name="weather",
        approval_status="PendingManualApproval",
        model_metrics=ModelMetrics(model_statistics=MetricsSource(s3_uri=statistics, content_type="application/json")),
    ),
)
transformer = Transformer(
    model_name=create.properties.ModelName,
    instance_count=1,
    instance_type=INSTANCE,
    accept="text/csv",
    assemble_with="Line",
    output_path=f"s3://{session.default_bucket()}/weather-workflow/forecast",
    sagemaker_session=session,
)
forecast = TransformStep(
    name="Forecast",
    step_args=transformer.transform(output_of(prepare, "unlabelled"), content_type="text/csv", split_type="Line"),
)

right_often = ConditionStep(
    name="RightOften",
    conditions=[
        ConditionGreaterThanOrEqualTo(
            left=JsonGet(step_name="Evaluate", property_file=report, json_path="metrics.accuracy.value"), right=needed
        )
    ],
    if_steps=[create, register, forecast],
    else_steps=[FailStep(name="TooBad", error_message=Join(on=" ", values=["accuracy below", needed]))],
)
pipeline = Pipeline(
    name="WeatherV2",
    parameters=[needed],
    steps=[prepare, train, evaluate, right_often],
    sagemaker_session=session,
)
pipeline.upsert(role_arn=common["role"])
execution = pipeline.start(parameters={"Accuracy": float(sys.argv[1])} if sys.argv[1:] else {})
try:
    execution.wait(delay=1, max_attempts=600)
finally:
    print("status", execution.describe()["PipelineExecutionStatus"])
    for step in reversed(execution.list_steps()):
        print("step", step["StepName"], step["StepStatus"], step.get("FailureReason", ""))
