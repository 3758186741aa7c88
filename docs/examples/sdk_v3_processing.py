"""Runs processing jobs with the SageMaker SDK v3's ScriptProcessor and FrameworkProcessor.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v3_processing.py
"""

from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.processing import FrameworkProcessor, ScriptProcessor
from sagemaker.core.s3 import S3Downloader
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output

SOURCE, BASE = Path(__file__).parent / "weather", "/opt/ml/processing"

session = Session()
bucket = session.default_bucket()
readings = session.upload_data(str(SOURCE / "readings.csv"), bucket=bucket, key_prefix="weather-processing-v3")
common = {
    "image_uri": image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1"),
    "instance_type": "ml.m5.large",
    "instance_count": 1,
    "role": get_execution_role(),
    "sagemaker_session": session,
}
given = ProcessingS3Input(s3_uri=readings, local_path=f"{BASE}/input", s3_data_type="S3Prefix", s3_input_mode="File")
run = {
    "inputs": [ProcessingInput(input_name="readings", s3_input=given)],
    "arguments": ["--base", BASE, "--test-share", "0.2"],
}


def output(name: str, prefix: str) -> ProcessingOutput:
    """Say which of the job's folders is put where."""
    uri = f"s3://{bucket}/weather-processing-v3/{prefix}/{name}"
    kept = ProcessingS3Output(s3_uri=uri, local_path=f"{BASE}/{name}", s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=kept)


def rows(outputs: list[ProcessingOutput]) -> dict[str, int]:
    """Count the rows that a job has put into S3."""
    files = {each.output_name: f"{each.s3_output.s3_uri}/{each.output_name}.csv" for each in outputs}
    return {name: len(S3Downloader.read_file(file, session).splitlines()) for name, file in files.items()}


outputs = [output(name, "script") for name in ("train", "test")]
ScriptProcessor(**common).run(code=str(SOURCE / "prepare.py"), outputs=outputs, **run)
print("by ScriptProcessor", rows(outputs))

outputs = [output(name, "framework") for name in ("train", "test")]
FrameworkProcessor(**common).run(code="prepare.py", source_dir=str(SOURCE), outputs=outputs, **run)
print("by FrameworkProcessor", rows(outputs))
