"""Classifies a lake of Parquet or CSV on Spark: both models go to every machine, the answers to S3.

`smspark-submit` runs this on the job's first machine. The code is that in the artefacts, as in the containers.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from spark_job.artefacts import unpack_models

models = unpack_models(Path("/opt/ml/processing/input"))

from spark_job.failures import run_job  # noqa: E402  (they import what was unpacked)
from spark_job.lake_answers.lake import Lake, classify_lake  # noqa: E402
from spark_job.lake_answers.shipped_models import ShippedModels  # noqa: E402
from spark_job.tasks import open_session  # noqa: E402


def main() -> None:
    """Check both artefacts, classify every file of the lake, and say that it is done."""
    arguments = _arguments()
    settings = json.loads(arguments.settings.read_text(encoding="utf-8"))
    shipped = ShippedModels.load(models, settings["manifests"])
    spark = open_session(settings["name"])
    for archive in models.archives:
        spark.sparkContext.addPyFile(str(archive))
    lake = Lake(settings["source"], settings["destination"], settings["text_column"], settings["format"])
    n_records, n_files = classify_lake(spark, lake, shipped)
    print(f"{n_records:,} records classified, in {n_files} files below {lake.destination}", flush=True)
    spark.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--settings", type=Path, required=True, help="what to classify and where to, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    run_job(main)
