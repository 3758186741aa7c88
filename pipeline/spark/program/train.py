"""Trains both models on Spark: count terms, choose, weigh, make the rows, add them up, save both artefacts.

`smspark-submit` runs this on the job's first machine. The containers' own training scripts read the settings and write
the artefacts; what lies between them is counted on all machines.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from spark_job.sources import CLASSIFIER, PREPROCESSOR, unpack_sources

unpack_sources()

from spark_job import classifier_training, preprocessor_training  # noqa: E402  (they import what was unpacked)
from spark_job.corpus import Columns, parts_of  # noqa: E402
from spark_job.failures import run_job  # noqa: E402
from spark_job.feature_rows import Featurizing  # noqa: E402
from spark_job.tasks import open_session  # noqa: E402


def main() -> None:
    """Train the preprocessor, then the classifier on its rows."""
    arguments = _arguments()
    settings = json.loads(arguments.settings.read_text(encoding="utf-8"))
    spark = open_session(settings["name"])
    parts = tuple(parts_of(settings["corpus"]))
    columns = Columns(settings["text_column"], settings["label_column"])
    print(
        f"{len(parts)} parts of the files below {settings['corpus']}, on {spark.sparkContext.defaultParallelism} cores"
    )
    outputs = {name: arguments.models / job for name, job in settings["jobs"].items()}
    learnt = preprocessor_training.train(
        spark, parts, columns, settings[PREPROCESSOR], arguments.stopwords, outputs[PREPROCESSOR]
    )
    chosen = settings["classifier_of_profile"] if learnt.classifier is None else learnt.classifier
    featurizing = Featurizing(parts, columns, learnt.stripped_copies, learnt.categories)
    classifier_training.train(spark, featurizing, learnt, {**settings[CLASSIFIER], **chosen}, outputs[CLASSIFIER])
    spark.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--settings", type=Path, required=True, help="what to train on and how, as JSON")
    parser.add_argument("--stopwords", type=Path, required=True, help="folder of stopwords.txt")
    parser.add_argument("--models", type=Path, required=True, help="where the artefacts go, a folder for each job")
    return parser.parse_args()


if __name__ == "__main__":
    run_job(main)
