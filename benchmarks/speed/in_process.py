"""Many records without HTTP: rows, categories, and fitting."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import product

from benchmarks.speed import environments, models
from benchmarks.speed.corpora import corpus
from benchmarks.speed.environments import FASTTEXT, PeerMissing
from benchmarks.speed.results import Section
from benchmarks.speed.round_process import RoundProcess
from benchmarks.speed.taking_turns import alternate, median_ratio
from pipeline import profiles
from tests.container_sources import CLASSIFIER, PREPROCESSOR

_METHOD = "Each contender has a process of its own, one thread; they take turns, {rounds} rounds; ratios are a round's."


def measure_batch(rounds: int) -> Section:
    """Time rows and categories of the whole test split."""
    section = Section("batch", "Batches in process", f"The whole test split at once. {_METHOD.format(rounds=rounds)}")
    pairs = {profile: models.ours(profile) for profile in ("seed", "best")}
    texts = {profile: models.texts_file(profile) for profile in ("seed", "best")}
    plain = [part / "model" / "model.joblib" for part in (models.plain().preprocessor, models.plain().classifier)]
    rows = {
        "plain": RoundProcess("plain_transform.py", [texts["seed"], plain[0]]),
        **{
            profile: RoundProcess("ours_transform.py", [texts[profile], pair.preprocessor / "model", PREPROCESSOR])
            for profile, pair in pairs.items()
        },
    }
    seconds = _taken(section, rows, "text to row", rounds)
    section.at_least(
        "`seed`, records per second to rows, against plain scikit-learn", _ahead(seconds, "seed", "plain"), 5
    )
    section.at_least(
        "`best`, records per second to rows, against plain scikit-learn", _ahead(seconds, "best", "plain"), 2
    )
    categories = {
        "plain": RoundProcess("plain_classify.py", [texts["seed"], *plain]),
        "Pipeline": RoundProcess("pipeline_classify.py", [texts["seed"], models.whole_pipeline()]),
        **{
            profile: RoundProcess(
                "ours_classify.py",
                [texts[profile], pair.preprocessor / "model", pair.classifier / "model", PREPROCESSOR, CLASSIFIER],
            )
            for profile, pair in pairs.items()
        },
    }
    try:
        environments.make(FASTTEXT)
        for name, more in (("fastText", []), ("fastText, texts cleaned before", ["cleaned"])):
            kept = models.WORK / "models" / f"fasttext{''.join(more)}.bin"
            arguments = [texts["seed"], kept, *more]
            categories[name] = RoundProcess("fasttext_classify.py", arguments, FASTTEXT.executable)
    except PeerMissing as missing:
        section.notes.append(str(missing))
    seconds = _taken(section, categories, "text to category", rounds)
    for peer in [name for name in seconds if name.startswith("fastText")]:
        found = median_ratio(seconds["seed"], seconds[peer])
        section.at_most(f"`seed`, text in, category out, against {peer}", found, 1)
    return section


def measure_handlers(rounds: int) -> Section:
    """Time what each container's own code takes for one record."""
    section = Section(
        "handlers",
        "The containers' own code, one record",
        "Either container's own code without any server, as our own WSGI application or as AWS's toolkit calls it, 300 "
        "posts one by one, the median of each round: in a loop, and with the processor's caches emptied before each "
        "post, which is nearer to a live worker, where server, client and kernel run in between. What a chain takes "
        "over the echo pipeline beyond the cold times of its two containers is not spent in their code. "
        f"{_METHOD.format(rounds=rounds)}",
    )
    contenders = {}
    for profile in ("seed", "best"):
        pair = models.ours(profile)
        for part in ("preprocessor", "classifier"):
            for way, caches in product(("wsgi", "toolkit"), ("warm", "cold")):
                arguments = [pair.preprocessor / "model", pair.classifier / "model", PREPROCESSOR, CLASSIFIER]
                contenders[f"{profile} {part}, {way}, {caches} caches"] = RoundProcess(
                    "ours_one_by_one.py", [models.texts_file(profile), *arguments, part, way, caches]
                )
    for name, seconds in _seconds(contenders, rounds).items():
        section.add(name, "one record", statistics.median(seconds) * 1e6, "µs")
    return section


def measure_fit(rounds: int) -> Section:
    """Time the fit of both models on the train split."""
    section = Section(
        "fit",
        "Fitting both models",
        "From texts and categories in memory to both fitted estimators on the train split; `best` makes its stripped "
        f"copies too, the check of its candidates apart. {_METHOD.format(rounds=rounds)}",
    )
    contenders = {"plain": RoundProcess("plain_fit.py", [models.texts_file("seed")])}
    for name in ("seed", "best"):
        profile = profiles.load(name).model_dump_json()
        arguments = [models.texts_file(name), profile, PREPROCESSOR, CLASSIFIER]
        contenders[name] = RoundProcess("ours_fit.py", arguments)
    seconds = _taken(section, contenders, "fit", rounds, per_record=False)
    section.at_least("`seed`, against plain scikit-learn", _ahead(seconds, "seed", "plain"), 3)
    section.at_least("`best`, against plain scikit-learn's `seed`", _ahead(seconds, "best", "plain"), 1)
    return section


def _taken(
    section: Section, contenders: Mapping[str, RoundProcess], what: str, rounds: int, per_record: bool = True
) -> dict[str, list[float]]:
    seconds = _seconds(contenders, rounds)
    for name, found in seconds.items():
        if per_record:
            section.add(name, what, statistics.median(found) / len(corpus("seed").test) * 1e6, "µs/record")
        else:
            section.add(name, what, statistics.median(found), "s")
    return seconds


def _seconds(contenders: Mapping[str, RoundProcess], rounds: int) -> dict[str, list[float]]:
    """Let contenders do rounds in turns, after one that does not count."""
    with ExitStack() as running:
        ready = {name: running.enter_context(process) for name, process in contenders.items()}
        alternate({name: process.round for name, process in ready.items()}, 1)
        return alternate({name: process.round for name, process in ready.items()}, rounds)


def _ahead(seconds: Mapping[str, list[float]], ours: str, theirs: str) -> float:
    return 1 / median_ratio(seconds[ours], seconds[theirs])
