"""What `status` says of a deployment."""

from __future__ import annotations

from pipeline.deployment.status import CodeState, Status

CODE = {"preprocessor": CodeState("abc", is_current=True), "classifier": CodeState("def", is_current=False)}


def shown(**changes: object) -> str:
    facts: dict[str, object] = {
        "target": "local",
        "name": "mine",
        "latest_run": "2",
        "profile": "seed",
        "dataset": "mine.csv",
        "endpoint": "InService",
        "reason": None,
        "serving_run": "2",
        "model": "mine-2",
        "code": CODE,
        "warnings": [],
        "versions": [],
        "costs": [],
        "expires": None,
        "scaling": None,
    }
    return "\n".join(Status(**(facts | changes)).lines())  # type: ignore[arg-type]


def test_code_that_differs_from_the_working_tree_is_named() -> None:
    assert "preprocessor: abc, the working tree's" in shown()
    assert "classifier: def, other than the working tree's" in shown()


def test_an_endpoint_behind_the_latest_run_says_how_to_bring_it() -> None:
    assert "not the latest" not in shown()
    assert "not the latest: `make deploy-pipeline`" in shown(serving_run="1")


def test_a_failed_endpoint_shows_its_reason() -> None:
    assert "Failed (did not pass the ping health check)" in shown(
        endpoint="Failed", reason="did not pass the ping health check"
    )


def test_what_is_missing_says_which_command_makes_it() -> None:
    lines = shown(latest_run=None, endpoint=None)
    assert "make train" in lines
    assert "make deploy-pipeline" in lines


def test_warnings_are_shown() -> None:
    assert "warning   preprocessor runs in image version 1.2-1" in shown(
        warnings=["preprocessor runs in image version 1.2-1; its code is made for 1.9-0"]
    )
