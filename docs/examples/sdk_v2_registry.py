"""Registers a trained model, approves it and deploys the latest approved version, with the SageMaker SDK v2.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_registry.py
"""

from pathlib import Path

import sagemaker
from sagemaker import ModelPackage, get_execution_role
from sagemaker.deserializers import CSVDeserializer
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearn

SOURCE, INSTANCE, GROUP = Path(__file__).parent / "weather", "ml.m5.large", "weather-registry"

session, role = sagemaker.Session(), get_execution_role()
client = session.sagemaker_client
readings = session.upload_data(str(SOURCE / "readings.csv"), key_prefix="weather-registry")
estimator = SKLearn(
    entry_point="train.py",
    source_dir=str(SOURCE),
    framework_version="1.2-1",
    instance_type=INSTANCE,
    role=role,
    sagemaker_session=session,
)
estimator.fit({"train": readings}, logs=False)

model = estimator.create_model(entry_point="inference.py", source_dir=str(SOURCE))
package = model.register(
    content_types=["text/csv"],
    response_types=["text/csv"],
    inference_instances=[INSTANCE],
    transform_instances=[INSTANCE],
    model_package_group_name=GROUP,
    approval_status="PendingManualApproval",
)
client.update_model_package(ModelPackageArn=package.model_package_arn, ModelApprovalStatus="Approved")

approved = client.list_model_packages(
    ModelPackageGroupName=GROUP, ModelApprovalStatus="Approved", SortBy="CreationTime", SortOrder="Descending"
)["ModelPackageSummaryList"][0]
print("version", approved["ModelPackageVersion"])
latest = ModelPackage(role=role, model_package_arn=approved["ModelPackageArn"], sagemaker_session=session)
latest.deploy(initial_instance_count=1, instance_type=INSTANCE, endpoint_name=GROUP)
predictor = sagemaker.Predictor(GROUP, session, serializer=CSVSerializer(), deserializer=CSVDeserializer())
print("storm", predictor.predict([[10.0, 985.0], [20.0, 1022.0]]))
predictor.delete_endpoint()
