"""Spark's and Hadoop's configuration files: what this machine needs, and the user's EMR classifications."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Iterator, Mapping
from xml.sax.saxutils import escape

DRIVER_MEMORY = "2g"
"""As the image gives its driver; `spark-defaults` of the user's goes before."""

_PROPERTIES = {
    "hadoop-log4j": "log4j.properties",
    "spark-log4j": "log4j2.properties",
    "spark-metrics": "metrics.properties",
}
_XML = {"core-site": "core-site.xml", "hive-site": "hive-site.xml", "spark-hive-site": "hive-site.xml"}
_WITHOUT_EFFECT = ("hadoop-env", "hive-env", "hive-exec-log4j", "hive-log4j", "yarn-env", "yarn-site")


def _given() -> Path:
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"), "processing/input/conf/configuration.json")


def variables(folder: Path) -> dict[str, str]:
    """The variables by which Spark finds itself and its configuration."""
    import pyspark

    return {
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_CONF_DIR": str(folder),
        "HADOOP_CONF_DIR": str(folder),
    }


def write(folder: Path, event_logs: str | None) -> None:
    """Write the files; a later property of a name goes before an earlier one.

    Raises
    ------
    SystemExit
        If a classification is not one of the image's.
    """
    folder.mkdir()
    defaults = {"spark.driver.memory": DRIVER_MEMORY, "spark.ui.enabled": "false", **_s3a()}
    if event_logs is not None:
        defaults.update({"spark.eventLog.enabled": "true", "spark.eventLog.dir": event_logs})
    for one in _classifications():
        name, properties = one["Classification"], one.get("Properties", {})
        if name == "spark-defaults":
            defaults.update(properties)
        elif name == "spark-env":
            (folder / "spark-env.sh").write_text("".join(_exports(one)), encoding="utf-8")
        else:
            _write_other(folder, name, properties)
    (folder / "spark-defaults.conf").write_text(_lines(defaults, " "), encoding="utf-8")


def _classifications() -> Iterator[Mapping[str, Any]]:
    """Read what the user gave: one classification, or a list of them."""
    path = _given()
    if path.is_file():
        content = json.loads(path.read_text(encoding="utf-8"))
        yield from [content] if isinstance(content, dict) else content


def _write_other(folder: Path, name: str, properties: Mapping[str, str]) -> None:
    if name in _PROPERTIES:
        (folder / _PROPERTIES[name]).write_text(_lines(properties, "="), encoding="utf-8")
    elif name in _XML:
        (folder / _XML[name]).write_text(_xml(properties), encoding="utf-8")
    elif name in _WITHOUT_EFFECT:
        print(f"The classification {name} is without effect here: there is no YARN, Hadoop or Hive.", flush=True)
    else:
        known = ", ".join(sorted([*_PROPERTIES, *_XML, *_WITHOUT_EFFECT, "spark-defaults", "spark-env"]))
        sys.exit(f"Invalid classification: {name}. Must be one of {known}.")


def _s3a() -> dict[str, str]:
    """What S3A needs to find the local S3, for those who bring it along as a jar."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return {}
    return {
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": str(endpoint.startswith("https:")).lower(),
        "spark.hadoop.fs.s3a.aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
    }


def _exports(one: Mapping[str, Any]) -> Iterator[str]:
    for inner in one.get("Configurations", ()):
        for name, value in inner.get("Properties", {}).items():
            yield f"export {name}={value}\n"


def _lines(properties: Mapping[str, str], between: str) -> str:
    return "".join(f"{name}{between}{value}\n" for name, value in properties.items())


def _xml(properties: Mapping[str, str]) -> str:
    inside = "".join(
        f"<property><name>{escape(name)}</name><value>{escape(str(value))}</value></property>"
        for name, value in properties.items()
    )
    return f'<?xml version="1.0"?>\n<configuration>{inside}</configuration>\n'
