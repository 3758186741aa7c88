"""What all tests share: a small trained pair of the two container source folders."""

from __future__ import annotations

import csv
import functools
import gc
import io
import os
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore.session
import hypothesis
import pytest

from tests.container_sources import (
    ARROW,
    CLASSIFIER,
    PREPROCESSOR,
    load_script,
    run_training,
    write_channels,
)
from tests.scheduling import ByModule

# Tests run hundreds of Pythons: where this is set, each would compile the commands and their libraries anew, and pytest
# the tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# No test downloads a Python or packages but those in tests/images, which say so themselves.
os.environ["SAGEMAKER_LOCAL_IMAGE_ENVIRONMENTS"] = "off"
os.environ.pop("SAGEMAKER_LOCAL_IMAGES", None)

# Clients are made by the hundred, of sessions of their own: the definitions of their services are read once a process.
botocore.session.create_loader = functools.lru_cache(maxsize=None)(botocore.session.create_loader)

# Libraries and collected tests are millions of objects that stay, and looking through them for garbage took as long as
# many tests do.
gc.set_threshold(50_000, 20, 100)

# How long one example takes says more of what else the machine does than of the code.
hypothesis.settings.register_profile("tests", deadline=None, max_examples=50)
hypothesis.settings.load_profile("tests")

_TOPICS = {
    "cooking, baking": "oven flour butter whisk simmer garlic recipe dough salt bake",
    "gardening": "soil compost prune seedling mulch trellis blossom hoe salt shovel",
    "sailing": "mast rudder harbour tide keel anchor knot spinnaker salt gale",
}


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule:
    """Divide the tests among the processes."""
    return ByModule(config, log)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from what is there by now, for good: each look through it takes half a second."""
    gc.freeze()


@pytest.fixture(scope="session")
def corpus() -> list[tuple[str, str]]:
    """Sixty texts with their categories; a few with newlines, quotes, commas, accents, and one without any word."""
    chance = random.Random(20)
    pairs = []
    for position in range(60):
        category = list(_TOPICS)[position % 3]
        words = chance.choices([*_TOPICS[category].split(), "the", "and", "we"], k=chance.randint(3, 30))
        pairs.append((" ".join(words), category))
    pairs[3] = ('Quoted "words", commas,\nand a second line: Oven', pairs[3][1])
    pairs[7] = ("Fa\u00e7ade na\u00efve \u0130stanbul \u212aelvin rudder", pairs[7][1])
    pairs[11] = ("1234 !?", pairs[11][1])
    return pairs


@pytest.fixture(scope="session")
def preprocessor_base(corpus: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base directory of a finished training job of the preprocessor."""
    table = io.StringIO(newline="")
    csv.writer(table).writerows([("label_names", "data"), *((category, text) for text, category in corpus)])
    base = write_channels(
        tmp_path_factory.mktemp("preprocessor"),
        train={"train.csv": table.getvalue()},
        stopwords={"stopwords.txt": "the\nand\nwe\ndon't\n", "stopwords.json": '{"source": "this test"}'},
    )
    done = run_training(PREPROCESSOR, base, "--profile", "seed", "--dataset", "three topics")
    assert done.returncode == 0, done.stderr
    return base


@pytest.fixture(scope="session")
def preprocessor_inference() -> ModuleType:
    """The preprocessor's `inference.py`."""
    return load_script(PREPROCESSOR, "inference")


@pytest.fixture(scope="session")
def classifier_inference() -> ModuleType:
    """The classifier's `inference.py`."""
    return load_script(CLASSIFIER, "inference")


@pytest.fixture(scope="session")
def classifier_base(
    corpus: list[tuple[str, str]],
    preprocessor_base: Path,
    preprocessor_inference: ModuleType,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The base directory of a finished training job of the classifier; its features come from the preprocessor."""
    model = preprocessor_inference.model_fn(str(preprocessor_base / "model"))
    channels: dict[str, dict[str, bytes | str]] = {"features": {}, "labels": {}}
    for part, pairs in enumerate((corpus[:40], corpus[40:])):
        texts, categories = io.StringIO(newline=""), io.StringIO(newline="")
        csv.writer(texts).writerows([text] for text, _ in pairs)
        csv.writer(categories).writerows([category] for _, category in pairs)
        features = preprocessor_inference.transform_fn(model, texts.getvalue().encode(), "text/csv", ARROW)
        channels["features"][f"part-{part:05d}.csv.out"] = features.get_data()
        channels["labels"][f"part-{part:05d}.csv"] = categories.getvalue()
    base = write_channels(tmp_path_factory.mktemp("classifier"), **channels)
    done = run_training(CLASSIFIER, base, "--profile", "seed", "--alpha", "0.01")
    assert done.returncode == 0, done.stderr
    return base
