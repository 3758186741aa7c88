"""Trains XGBoost with a script and without one, and serves it alone and behind a scikit-learn scaler: SDK v2.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_xgboost.py
"""

from pathlib import Path

import sagemaker
from sagemaker import get_execution_role, image_uris
from sagemaker.deserializers import CSVDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.pipeline import PipelineModel
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearn
from sagemaker.xgboost import XGBoost

SOURCE = Path(__file__).parent / "weather"
INSTANCE = "ml.m5.large"
STORM, FAIR = [10.0, 985.0], [20.0, 1022.0]

session = sagemaker.Session()
common = {"role": get_execution_role(), "sagemaker_session": session, "instance_count": 1, "instance_type": INSTANCE}
csv = {"serializer": CSVSerializer(), "deserializer": CSVDeserializer()}
readings = session.upload_data(str(SOURCE / "readings.csv"), key_prefix="weather-xgboost/raw")

# Script mode.
script = XGBoost(entry_point="boost.py", source_dir=str(SOURCE), framework_version="3.0-5", **common)
script.fit({"train": readings})
predictor = script.deploy(1, INSTANCE, **csv)
print("script", [round(float(answer)) for row in predictor.predict([STORM, FAIR]) for answer in row])
predictor.delete_endpoint()

# The algorithm that the image has of its own, on what a scaler has made of the readings.
scaler = SKLearn(entry_point=str(SOURCE / "scaler.py"), framework_version="1.2-1", **common)
scaler.fit({"train": readings})
scaling = scaler.transformer(1, INSTANCE, assemble_with="Line", accept="text/csv")
scaling.transform(readings, content_type="text/csv", split_type="Line")
algorithm = Estimator(
    image_uri=image_uris.retrieve("xgboost", session.boto_region_name, "3.0-5"),
    hyperparameters={"objective": "binary:logistic", "num_round": 20, "max_depth": 3},
    **common,
)
algorithm.fit({"train": TrainingInput(scaling.output_path, content_type="text/csv")})

# Both in series; a container before the last is not told what to answer in, and XGBoost's takes CSV.
in_csv = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
models = [scaler.create_model(env=in_csv), algorithm.create_model()]
pipeline = PipelineModel(models, common["role"], sagemaker_session=session)
pipeline.deploy(1, INSTANCE, endpoint_name="weather-xgboost")
predictor = Predictor("weather-xgboost", session, **csv)
print("series", [round(float(answer)) for row in predictor.predict([STORM, FAIR]) for answer in row])
predictor.delete_endpoint()
