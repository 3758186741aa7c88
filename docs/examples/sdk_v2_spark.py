"""Runs a job on Spark with the SageMaker SDK v2's PySparkProcessor: means of readings by the weather that followed.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_spark.py
"""

from pathlib import Path

import sagemaker
from sagemaker import get_execution_role
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.s3 import S3Downloader
from sagemaker.spark.processing import PySparkProcessor

SOURCE, BASE = Path(__file__).parent / "weather", "/opt/ml/processing"

session = sagemaker.Session()
readings = session.upload_data(str(SOURCE / "readings.csv"), key_prefix="weather-spark/readings")
processor = PySparkProcessor(
    framework_version="3.5",
    py_version="py312",
    container_version="1.0",
    role=get_execution_role(),
    instance_type="ml.m5.xlarge",
    instance_count=1,
    sagemaker_session=session,
)
processor.run(
    submit_app=str(SOURCE / "means_on_spark.py"),
    submit_py_files=[str(SOURCE / "fields.py")],
    inputs=[ProcessingInput(source=readings, destination=f"{BASE}/input/readings", input_name="readings")],
    outputs=[ProcessingOutput(output_name="means", source=f"{BASE}/output/means")],
    arguments=["--readings", f"{BASE}/input/readings", "--means", f"{BASE}/output/means"],
    configuration=[{"Classification": "spark-defaults", "Properties": {"spark.sql.shuffle.partitions": "2"}}],
)
(means,) = (output.destination for output in processor.latest_job.outputs)
(file,) = (uri for uri in S3Downloader.list(means) if uri.endswith(".csv"))
for line in S3Downloader.read_file(file).splitlines():
    label, mean = line.split(",")
    print(f"mean {label} {mean}")
