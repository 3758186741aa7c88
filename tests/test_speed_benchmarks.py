"""What `make bench` is made of, without the measuring: turns, ratios, clients, and the page that is written."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.speed import __main__ as bench
from benchmarks.speed.bare_server import Constant
from benchmarks.speed.connection import Connect, LeanConnection, Place, RequestFailed, StandardConnection
from benchmarks.speed.namespaces import compare
from benchmarks.speed.results import Section
from benchmarks.speed.round_process import RoundFailed, RoundProcess
from benchmarks.speed.taking_turns import alternate, median_ratio, percentile


def test_contenders_take_turns_and_none_always_follows_the_same() -> None:
    order: list[str] = []
    alternate({name: lambda name=name: order.append(name) for name in "abc"}, 3)
    assert "".join(order) == "abcbcacab"


def test_ratio_is_taken_within_a_round() -> None:
    assert median_ratio([1, 10, 3], [2, 20, 3]) == 0.5


def test_namespaces_cost_what_a_round_with_them_takes_longer() -> None:
    section = Section("namespaces", "Start of a job", "")
    compare(section, [0.50, 0.42, 0.90], [0.48, 0.41, 0.40])
    costs = section.figures[0]
    assert (costs.what, round(costs.value, 3)) == ("longer than without", 20.0)
    assert [verdict.reached for verdict in section.verdicts] == [True]


def test_percentile_is_a_value_that_is_there() -> None:
    assert percentile(list(range(1000)), 99) == 990
    assert percentile([5.0], 99) == 5.0


class Stubborn(Constant):
    """Closes each connection without saying so; refuses what it is sent by `no`."""

    def do_POST(self) -> None:  # noqa: N802
        if self.path == "/no":
            self.send_error(418)
        else:
            super().do_POST()
        self.close_connection = True


@pytest.fixture
def port() -> Iterator[int]:
    """Where a server listens that answers `constant`."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stubborn) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("connect", [StandardConnection, LeanConnection])
def test_clients_go_on_where_a_server_has_closed_the_connection(connect: Connect, port: int) -> None:
    connection = connect(Place(port), {"Content-Type": "text/csv"})
    assert [connection.ask(b"x" * size) for size in (0, 1, 100_000)] == [b"constant"] * 3
    connection.close()


@pytest.mark.parametrize("connect", [StandardConnection, LeanConnection])
def test_clients_take_nothing_but_a_200(connect: Connect, port: int) -> None:
    connection = connect(Place(port, "/no"), {})
    with pytest.raises(RequestFailed, match="418"):
        connection.ask(b"x")
    connection.close()


def test_round_process_that_ends_is_an_error_and_no_figure() -> None:
    process = RoundProcess("plain_clean.py", [], Path(sys.executable))
    with pytest.raises(RoundFailed, match="plain_clean"), process:
        process.round()


def sections() -> list[Section]:
    found = Section("payloads", "One record", "In turns.", measured="2026-11-27")
    found.add("echo", "median", 1.0, "ms")
    found.add("seed", "median", 1.25, "ms")
    found.at_most("`seed` against echo", 1.25, 1.3)
    found.at_least("`seed` against plain", 2.0, 3)
    found.notes.append("BentoML: no Python 3.12 was found here")
    return [found]


def test_page_says_what_was_reached_and_what_was_not(tmp_path: Path) -> None:
    bench._write(tmp_path, sections())
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "| One record: `seed` against echo | ≤ 1.3 × | **1.25 ×** | reached | 2026-11-27 |" in page
    assert "| One record: `seed` against plain | ≥ 3 × | **2 ×** | **not reached** | 2026-11-27 |" in page
    assert "| seed | 1.25 |" in page
    assert "Left out: BentoML: no Python 3.12 was found here." in page
    assert "cores" in page
    assert (tmp_path / "benchmarks.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_sections_that_are_not_measured_anew_are_kept(tmp_path: Path) -> None:
    bench._write(tmp_path, sections())
    assert bench._kept(tmp_path / "benchmarks.json") == {"payloads": sections()[0]}
    assert json.loads((tmp_path / "benchmarks.json").read_bytes())["machine"]["machine"]


def test_kept_figures_are_held_to_what_is_asked_of_them_now(tmp_path: Path) -> None:
    kept = Section("invoke", "InvokeEndpoint", "In turns.", measured="2026-11-24")
    for profile, whole in (("seed", 2.3), ("best", 2.1)):
        for name, milliseconds in (("InvokeEndpoint", whole), ("bare server", 0.8), ("containers", 0.9)):
            kept.add(f"{profile}, {name}", "median", milliseconds, "ms")
        kept.at_most(f"`{profile}`, as it was asked once", whole, 99, "ms")
    bench._write(tmp_path, [kept])
    read = bench._kept(tmp_path / "benchmarks.json")["invoke"]
    assert [(verdict.must, verdict.found, verdict.reached) for verdict in read.verdicts] == [
        ("≤ 0.5 ms", "0.6 ms", False),
        ("≤ 0.5 ms", "0.4 ms", True),
    ]
    assert read.measured == "2026-11-24"


def test_unknown_section_is_refused_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks.speed", "--only", "chain,nonsense"])
    with pytest.raises(SystemExit) as ended:
        bench._arguments()
    assert ended.value.code == 2
