"""`demo`: the main job from nothing, on the local SageMaker, with what it prints along the way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import click

from pipeline import profiles
from pipeline.aws import sdk
from pipeline.aws.session import Choices, Session
from pipeline.aws.target import use_local
from pipeline.console import banner, say
from pipeline.data.preparation import DataOptions, prepared
from pipeline.deployment.deploy import deploy
from pipeline.deployment.pipeline_model import CodeChoice
from pipeline.jobs.image import image_uri
from pipeline.prediction.invoke import classify_text
from pipeline.training.train import train_on

TEXT = "The new graphics card renders polygons and the image format is GIF"
_QUICKLY = ("preprocessor.budget=150000",)
"""A demo is to be quick: it chooses by fewer records and candidates than `train` does."""


def run(choices: Choices, starting: Future[Mapping[str, str]]) -> None:
    """Train with the default profile, deploy, classify `TEXT`, and say what to try next.

    Parameters
    ----------
    choices : Choices
    starting : future of mapping
        The environment of clients of the local SageMaker, once it is there.
    """
    began = time.monotonic()
    profile = profiles.load(profiles.DEFAULT, _QUICKLY)
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(_opened, choices, starting)
        data = prepared(DataOptions(), profile, choices.name)
        session = opening.result()
    trained = train_on(session, data, profile)
    deploy(session, trained, CodeChoice.TRAINED)
    prediction = classify_text(session, TEXT)
    click.echo(f"text      {TEXT}")
    click.echo(f"category  {prediction.category} ({prediction.probability:.2%})")
    click.echo(
        f"trained on {trained.dataset}, deployed and asked in {time.monotonic() - began:.0f} s, on the local "
        f"SageMaker, through the same calls as on AWS."
    )
    if trained.is_stand_in:
        banner(
            "This was the SAMPLE CORPUS: 20 Newsgroups could not be had. No figure here is a figure of 20 Newsgroups."
        )
    say('Next: make invoke TEXT="..."   make evaluate   make status   make teardown   make local-down')


def _opened(choices: Choices, starting: Future[Mapping[str, str]]) -> Session:
    """Return a session that has done what takes time at first and needs no data: clients made, the image found."""
    session = Session(use_local(starting.result()), choices)
    session.make_bucket()
    _ = session.sagemaker
    image_uri(session.region)
    sdk.TrainingJob.get_sagemaker_client(region_name=session.region)
    return session
