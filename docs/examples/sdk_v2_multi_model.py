"""Serves two models behind one endpoint, each request naming its own, with the SageMaker SDK v2.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_multi_model.py
"""

from pathlib import Path

import numpy as np
import sagemaker
from sagemaker import get_execution_role
from sagemaker.multidatamodel import MultiDataModel
from sagemaker.sklearn import SKLearn

SOURCE, INSTANCE, NAME = Path(__file__).parent / "weather", "ml.m5.large", "weather-multi-model"

session, role = sagemaker.Session(), get_execution_role()
readings = session.upload_data(str(SOURCE / "readings.csv"), key_prefix=NAME)
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
prefix = f"s3://{session.default_bucket()}/{NAME}/models/"
many = MultiDataModel(NAME, prefix, model=model, sagemaker_session=session)
predictor = many.deploy(initial_instance_count=1, instance_type=INSTANCE, endpoint_name=NAME)
for town in ("oslo", "rome"):
    many.add_model(estimator.model_data, f"{town}.tar.gz")
print("models", sorted(many.list_models()))
for town in ("oslo", "rome"):
    answer = predictor.predict(np.array([[10.0, 985.0], [20.0, 1022.0]]), target_model=f"{town}.tar.gz")
    print(town, answer.tolist())
predictor.delete_endpoint()
many.delete_model()
