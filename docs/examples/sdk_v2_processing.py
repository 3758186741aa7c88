"""Runs processing jobs with the SageMaker SDK v2's SKLearnProcessor, ScriptProcessor and FrameworkProcessor.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_processing.py
"""

from pathlib import Path

import sagemaker
from sagemaker import get_execution_role, image_uris
from sagemaker.processing import FrameworkProcessor, ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.s3 import S3Downloader
from sagemaker.sklearn import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor

SOURCE, BASE = Path(__file__).parent / "weather", "/opt/ml/processing"

session = sagemaker.Session()
common = {
    "role": get_execution_role(),
    "instance_type": "ml.m5.large",
    "instance_count": 1,
    "sagemaker_session": session,
}
readings = session.upload_data(str(SOURCE / "readings.csv"), key_prefix="weather-processing")
inputs = [ProcessingInput(source=readings, destination=f"{BASE}/input")]
outputs = [ProcessingOutput(output_name=name, source=f"{BASE}/{name}") for name in ("train", "test")]
arguments = ["--base", BASE, "--test-share", "0.2"]


def rows(processor: ScriptProcessor) -> dict[str, int]:
    """Count the rows that a processor's last job has put into S3."""
    written = {output.output_name: output.destination for output in processor.latest_job.outputs}
    return {name: len(S3Downloader.read_file(f"{uri}/{name}.csv").splitlines()) for name, uri in written.items()}


processor = SKLearnProcessor(framework_version="1.2-1", **common)
processor.run(code=str(SOURCE / "prepare.py"), inputs=inputs, outputs=outputs, arguments=arguments)
print("by SKLearnProcessor", rows(processor))

image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1")
processor = ScriptProcessor(image_uri=image, command=["python3"], **common)
processor.run(code=str(SOURCE / "prepare.py"), inputs=inputs, outputs=outputs, arguments=arguments)
print("by ScriptProcessor", rows(processor))

processor = FrameworkProcessor(estimator_cls=SKLearn, framework_version="1.2-1", **common)
processor.run(code="prepare.py", source_dir=str(SOURCE), inputs=inputs, outputs=outputs, arguments=arguments)
print("by FrameworkProcessor", rows(processor))
