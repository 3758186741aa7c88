"""`smspark-submit`: its options and configuration as the image reads them. Spark runs in `tests/image_catalogue`."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from local_sagemaker.containers.stand_ins import STAND_INS


@pytest.fixture(autouse=True)
def _on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(STAND_INS)


def module(name: str) -> ModuleType:
    return importlib.import_module(f"smspark.{name}")


def command(*arguments: str) -> str:
    cli = module("cli")
    written: str = cli.submit_command(cli._parser().parse_args(arguments))
    return written


def test_what_stands_behind_the_application_is_its_own(tmp_path: Path) -> None:
    assert command("-v", "/app.py", "--jars", "x", "--input", "s3://bucket/a") == (
        "spark-submit --master 'local[*,4]' --deploy-mode client --verbose /app.py --jars x --input s3://bucket/a"
    )


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.py", "a.zip", "deep/c.py"):
        (tmp_path / name).touch()
    given = f"s3://bucket/x.py,{tmp_path}"
    assert f"--py-files s3://bucket/x.py,{tmp_path}/a.zip,{tmp_path}/b.py /app.py" in command(
        "--py-files", given, "/app.py"
    )


@pytest.mark.parametrize(
    ("given", "reason"), [("there.py", "must be an absolute path"), ("/no/such.py", "does not exist")]
)
def test_a_file_that_cannot_be_had_is_refused(given: str, reason: str) -> None:
    with pytest.raises(SystemExit, match=reason):
        command("--files", given, "/app.py")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="Found zero files"):
        command("--jars", str(tmp_path), "/app.py")


def configure(monkeypatch: pytest.MonkeyPatch, base: Path, given: Any) -> Path:
    """Write the files of a configuration; return their folder."""
    folder = base / "processing" / "input" / "conf"
    folder.mkdir(parents=True)
    (folder / "configuration.json").write_text(json.dumps(given))
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    written = base / "conf"
    module("configuration").write(written, None)
    return written


def test_classifications_are_written_to_the_files_that_spark_reads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9999")
    given = [
        {"Classification": "spark-defaults", "Properties": {"spark.driver.memory": "3g"}},
        {"Classification": "core-site", "Properties": {"a<b": "c&d"}},
        {
            "Classification": "spark-env",
            "Properties": {},
            "Configurations": [{"Classification": "export", "Properties": {"NAME": "value"}}],
        },
        {"Classification": "yarn-site", "Properties": {"yarn.x": "1"}},
    ]
    written = configure(monkeypatch, tmp_path, given)
    defaults = dict(line.split(" ", 1) for line in (written / "spark-defaults.conf").read_text().splitlines())
    assert defaults["spark.driver.memory"] == "3g"
    assert defaults["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:9999"
    assert "<name>a&lt;b</name><value>c&amp;d</value>" in (written / "core-site.xml").read_text()
    assert (written / "spark-env.sh").read_text() == "export NAME=value\n"
    assert not (written / "yarn-site.xml").exists()


def test_one_classification_may_stand_alone_and_an_unknown_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="Invalid classification: flink"):
        configure(monkeypatch, tmp_path, {"Classification": "flink", "Properties": {}})
