"""`register`: a run becomes a version of the model registry, with what it scores on its test split."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from pipeline.artefacts import runs
from pipeline.artefacts.runs import Run
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, upload_text
from pipeline.console import say
from pipeline.deployment import endpoint, run_choice
from pipeline.deployment.pipeline_model import definitions
from pipeline.prediction.evaluate import Evaluation, InferenceOption, answered_test_split, score
from pipeline.registry import packages, quality
from pipeline.registry.packages import Version


def register(session: Session, run: Run) -> Version:
    """Score a run and register it; the same again is the version that is there already.

    The endpoint answers the test split where it serves this run, else a batch transform does.

    Raises
    ------
    BadInput
        If the model package group of our name is not ours.
    JobFailed
        If the batch transform failed.
    """
    containers = definitions(run)
    if (known := packages.registered(session, run.id, containers)) is not None:
        say(f"run {run.id} is version {known.number} already")
        return known
    option = _option(session, run)
    counts: Counter[tuple[str, str]] = Counter()
    calibration = quality.Calibration()
    with answered_test_split(session, run, run_choice.model_name(session, run.id), option) as answers:
        for actual, prediction in answers:
            counts[actual, prediction.category] += 1
            calibration.add(prediction.probability, prediction.category == actual)
    evaluation = score(run, option, counts)
    statistics = quality.statistics(counts, evaluation.accuracy, evaluation.macro_f1, calibration.error)
    where = session.home / "registry" / run.id / "model-quality.json"
    upload_text(session.s3, json.dumps(statistics, indent=2), where)
    facts = _facts(evaluation, calibration.error) | _fingerprints(session, run)
    return packages.create(session, run.id, containers, where, facts)


def _option(session: Session, run: Run) -> InferenceOption:
    deployed = endpoint.find(session)
    serves_it = deployed is not None and deployed.is_ours and deployed.run == run.id
    return InferenceOption.ENDPOINT if serves_it else InferenceOption.BATCH


def _facts(evaluation: Evaluation, calibration_error: float) -> dict[str, str]:
    return {
        "run": evaluation.run,
        "profile": evaluation.profile,
        "test_records": str(evaluation.records),
        "accuracy": str(evaluation.accuracy),
        "macro_f1": str(evaluation.macro_f1),
        "expected_calibration_error": str(calibration_error),
    }


def _fingerprints(session: Session, run: Run) -> dict[str, str]:
    """Return the digests of what was trained on, what was scored on, and both artefacts' manifests."""
    train = runs.place(session.home, run.id) / "train" / "train.csv"
    data = {"train_sha256": _sha256(session, train), "test_sha256": _sha256(session, Location.parse(run.test_uri))}
    manifests = {
        f"{container}_manifest_sha256": artefact.manifest_sha256
        for container, artefact in run.artefacts.items()
        if artefact.manifest_sha256
    }
    return data | manifests


def _sha256(session: Session, where: Location) -> str:
    hashed = hashlib.sha256()
    for piece in session.s3.get_object(Bucket=where.bucket, Key=where.key)["Body"].iter_chunks():
        hashed.update(piece)
    return hashed.hexdigest()
