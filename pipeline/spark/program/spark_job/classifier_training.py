"""The classifier: rows of features, sums of them, and the artefact that its training job would write."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pyspark.sql import SparkSession

from classifier.job.fitting import Learnt, refuse_too_few
from classifier.wire.feature_stream import FeatureSpace

from . import class_counting
from .artefacts import pack
from .class_counting import Classes
from .corpus import read_part
from .feature_rows import Featurizing, rows_of, rows_of_texts
from .preprocessor_training import Preprocessor
from .sources import CLASSIFIER, as_arguments, training_script
from .tasks import n_targets

_CHECKED_RECORDS = 1000


def train(
    spark: SparkSession,
    featurizing: Featurizing,
    preprocessor: Preprocessor,
    settings: Mapping[str, Any],
    output: Path,
) -> None:
    """Fit on the rows of all parts and write the artefact."""
    script, terms = training_script(CLASSIFIER), preprocessor.terms
    with tempfile.TemporaryDirectory() as directory:
        folders = {"model-dir": f"{directory}/model", "output-data-dir": f"{directory}/data"}
        arguments = script.read_arguments(as_arguments({**settings, **folders}))
        refuse_too_few(featurizing.categories, 0)
        rows = rows_of(spark, featurizing, terms)
        classes = Classes(featurizing.categories, len(terms.weights), n_targets(spark, featurizing.parts))
        fitted = class_counting.fit(spark, rows, classes, arguments)
        rows.unpersist()
        space = FeatureSpace(len(terms.weights), preprocessor.fingerprint)
        some = read_part(featurizing.parts[0], featurizing.columns).texts[:_CHECKED_RECORDS]
        checked = rows_of_texts(terms, some, np.zeros(len(some), np.int32)).matrix
        script.finish(
            arguments,
            Learnt(fitted.estimator, space, fitted.n_records, fitted.n_nonzero, fitted.training_accuracy, checked),
        )
        for folder, name in (("model", "model.tar.gz"), ("data", "output.tar.gz")):
            pack(Path(directory, folder), output / "output" / name)
