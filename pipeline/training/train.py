"""`train`: two training jobs with a batch transform between them, so that the features are made by the very code
that will serve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import islice, tee
from pathlib import Path

from pipeline.artefacts import runs
from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, delete_below, upload
from pipeline.console import say
from pipeline.data.frame import read_records
from pipeline.data.preparation import DataOptions, PreparedFiles, prepared
from pipeline.jobs.image import image_uri
from pipeline.jobs.staged_parts import split_into_parts, staged
from pipeline.jobs.training_job import TrainingJobRequest, run_training
from pipeline.profiles import Profile, Value
from pipeline.training import checkpoints, features
from pipeline.training.s3_inputs import finder
from pipeline.training.selection import say_selection
from preprocessor_container.preprocessor.features.text_parts import stripped_copies

_CHANNELS = {Container.PREPROCESSOR: ("train", "stopwords"), Container.CLASSIFIER: ("features", "labels")}
"""Each job's channels, which are folders of the run by the same names."""


def train(session: Session, options: DataOptions, profile: Profile, spot: bool = False) -> Run:
    """Prepare the data when needed, and train on it; raises as `train_on` and `prepared` do."""
    return train_on(session, prepared(options, profile, session.name, finder(session)), profile, spot)


def train_on(session: Session, data: PreparedFiles, profile: Profile, spot: bool = False) -> Run:
    """Train the preprocessor, make the features with it, train the classifier.

    With `spot`, the training jobs run on spare instances, which cost less and may be taken away. What a job that was
    stopped had counted is where it is found when the same is trained again, until that has come to its end.

    Returns
    -------
    Run
        Where both model artefacts are; it is written to S3 and is from then on the latest.

    Raises
    ------
    JobFailed
        If a job failed; the message carries its `FailureReason`.
    """
    session.make_bucket()
    earlier = features.models(session)
    run_id = runs.new_id()
    place = runs.place(session.home, run_id)
    say(f"run {run_id}: everything of it goes to {place}")
    upload_data(session, data, place)
    counted = checkpoints.place_of(session, data.facts, profile)
    checkpoints.say_what_is_left(session, counted)
    names = {"profile": profile.name, "dataset": data.facts.dataset}
    train_model = partial(_train_model, session, place=place, run_id=run_id, checkpoints=counted, spot=spot)
    with ThreadPoolExecutor(1) as pool:
        copies = bool(profile.preprocessor.get("stripped_copies"))
        # While the job takes its time, and not before: it would be in the way of the SDK's import.
        staging = cache(lambda: pool.submit(_stage, session, data, place, copies))
        settings = names | profile.for_preprocessor
        preprocessor = train_model(Container.PREPROCESSOR, settings, on_poll=staging)
        longest = staging().result()
    features.delete_left_over(session, earlier)
    features.make_features(session, longest, preprocessor, place, run_id)
    chosen = _chosen(preprocessor, profile)
    classifier = train_model(Container.CLASSIFIER, names | chosen)
    run = Run(
        id=run_id,
        profile=profile.name,
        dataset=data.facts.dataset,
        is_stand_in=data.facts.is_stand_in,
        image=image_uri(session.region),
        test_uri=str(place / "test" / "test.csv"),
        artefacts={Container.PREPROCESSOR: preprocessor, Container.CLASSIFIER: classifier},
    )
    runs.save(session.s3, session.home, run)
    delete_below(session.s3, counted)
    return run


def upload_data(session: Session, data: PreparedFiles, place: Location) -> None:
    """Upload what the first job reads, each to a folder of the name of its channel."""
    upload(session.s3, data.train, place / "train" / "train.csv")
    upload(session.s3, data.stop_words, place / "stopwords" / "stopwords.txt")
    upload(session.s3, data.stop_words_facts, place / "stopwords" / "stopwords.json")


def _train_model(
    session: Session,
    container: Container,
    settings: Mapping[str, Value],
    *,
    place: Location,
    run_id: str,
    checkpoints: Location,
    spot: bool,
    on_poll: Callable[[], object] = lambda: None,
) -> Artefact:
    request = TrainingJobRequest(
        container=container,
        job_name=f"{session.name}-{container}-{run_id}",
        channels={channel: place / channel for channel in _CHANNELS[container]},
        hyperparameters=settings,
        output=place,
        checkpoints=checkpoints / container,
        is_spot=spot,
    )
    where = run_training(session, request, on_poll)
    return Artefact.described(request.job_name, str(where), runs.read_manifest(session.s3, where))


def _chosen(preprocessor: Artefact, profile: Profile) -> dict[str, Value]:
    """Return the classifier's settings: those that the first job chose, if it did; else the profile's."""
    selection = preprocessor.manifest.get("selection")
    if selection is None:
        return profile.classifier
    say_selection(selection)
    settings: dict[str, Value] = selection["classifier"]
    return settings


def _stage(session: Session, data: PreparedFiles, place: Location, copies: bool) -> int:
    """Upload texts and labels in parts of the same names, and the test split; return the bytes of the longest record.

    With `copies`, those that the first job makes come behind the texts, in its order. A part at a time is in memory.
    """
    upload(session.s3, data.test, place / "test" / "test.csv")
    for_texts, for_labels = tee(_labelled_texts(data.train, copies))
    categories = (category for _, category in for_labels)
    longest = 0
    for part in split_into_parts(text for text, _ in for_texts):
        labels = staged(islice(categories, part.n_records))
        for folder, content in (("features-in", part.content), ("labels", labels)):
            where = place / folder / part.name
            session.s3.put_object(Bucket=where.bucket, Key=where.key, Body=content)
        longest = max(longest, part.longest)
    return longest


def _labelled_texts(path: Path, copies: bool) -> Iterator[tuple[str, str]]:
    """Yield the texts of a split with their categories, and then their bare copies, which are made in another pass."""
    for record in read_records(path):
        yield record.text, record.category
    for record in read_records(path) if copies else ():
        for copy in stripped_copies([record.text])[1]:
            yield copy, record.category
