"""`train --engine spark`: one processing job that counts for both models over the files in S3, and writes the artefacts
that the two training jobs write.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from pipeline.artefacts import runs
from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, upload, upload_text
from pipeline.console import say
from pipeline.data.preparation import DataOptions, prepared
from pipeline.jobs.image import image_uri
from pipeline.jobs.processing_job import INPUTS, OUTPUTS, SparkJobRequest, run_spark
from pipeline.profiles import Profile
from pipeline.spark.shipping import ship
from pipeline.training.s3_inputs import finder
from pipeline.training.selection import say_selection
from pipeline.training.train import upload_data

_START = ("/bin/sh", f"{INPUTS}/code/start.sh", f"{INPUTS}/code/train.py")


@dataclass(frozen=True, slots=True)
class _Jobs:
    """The names under which the artefacts lie, as those of training jobs."""

    session: Session
    run_id: str

    def name(self, container: Container) -> str:
        return f"{self.session.name}-{container}-{self.run_id}"


def train(session: Session, options: DataOptions, profile: Profile, instances: int = 1) -> Run:
    """Prepare the data when needed, and train both models in one job.

    Returns
    -------
    Run
        As `pipeline.training.train.train` returns it.

    Raises
    ------
    JobFailed
        If the job failed.
    """
    data = prepared(options, profile, session.name, finder(session))
    session.make_bucket()
    run_id = runs.new_id()
    place = runs.place(session.home, run_id)
    say(f"run {run_id}: everything of it goes to {place}")
    upload_data(session, data, place)
    upload(session.s3, data.test, place / "test" / "test.csv")
    names = _Jobs(session, run_id)
    inputs = {
        **ship(session, place / "spark"),
        "stopwords": place / "stopwords",
        "settings": place / "spark" / "settings",
    }
    settings = _settings(session, data.facts.dataset, profile, place, names)
    upload_text(session.s3, json.dumps(settings), inputs["settings"] / "settings.json")
    run_spark(session, _request(session, inputs, place, run_id, instances))
    run = Run(
        id=run_id,
        profile=profile.name,
        dataset=data.facts.dataset,
        is_stand_in=data.facts.is_stand_in,
        image=image_uri(session.region),
        test_uri=str(place / "test" / "test.csv"),
        artefacts={container: _artefact(session, place, names.name(container)) for container in Container},
    )
    if selection := run.artefacts[Container.PREPROCESSOR].manifest.get("selection"):
        say_selection(selection)
    runs.save(session.s3, session.home, run)
    return run


def _settings(session: Session, dataset: str, profile: Profile, place: Location, names: _Jobs) -> dict[str, object]:
    """Say what the job is to do; hyperparameters as the training jobs get them."""
    told = {"profile": profile.name, "dataset": dataset}
    return {
        "name": session.name,
        "corpus": (place / "train").folder,
        "text_column": profile.preprocessor.get("text_column", "data"),
        "label_column": profile.preprocessor.get("label_column", "label_names"),
        str(Container.PREPROCESSOR): told | profile.for_preprocessor,
        str(Container.CLASSIFIER): told,
        "classifier_of_profile": profile.classifier,
        "jobs": {str(container): names.name(container) for container in Container},
    }


def _request(
    session: Session, inputs: dict[str, Location], place: Location, run_id: str, instances: int
) -> SparkJobRequest:
    return SparkJobRequest(
        job_name=f"{session.name}-spark-{run_id}",
        entrypoint=_START,
        arguments=[
            *("--settings", f"{INPUTS}/settings/settings.json"),
            *("--stopwords", f"{INPUTS}/stopwords"),
            *("--models", f"{OUTPUTS}/models"),
        ],
        inputs=inputs,
        outputs={"models": place / "jobs"},
        instance_count=instances,
    )


def _artefact(session: Session, place: Location, name: str) -> Artefact:
    where = place / "jobs" / name / "output" / "model.tar.gz"
    return Artefact.described(name, str(where), runs.read_manifest(session.s3, where))
