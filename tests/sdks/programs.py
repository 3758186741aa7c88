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
