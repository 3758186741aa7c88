"""What the image does before a container answers its first /ping, and what kills it there."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from local_sagemaker.containers import ContainerFailed, ServingContainer, ServingDefinition
from tests.image.both_stacks import START_TIMEOUT_SECONDS, ServingPair, local_serving
from tests.image.image_stack import ImageServing
from tests.image.offline import CUT_OFF
from tests.image.source_folders import artefact_of, serving_definition

pytestmark = pytest.mark.image

_SOUND = "def model_fn(model_dir):\n    return None\n\ndef transform_fn(*request):\n    return 'sound', 'text/plain'\n"


def _definition(directory: Path, files: dict[str, str], **environment: str) -> ServingDefinition:
    source = directory / "source"
    source.mkdir()
    for name, text in files.items():
        (source / name).write_text(text)
    return serving_definition(artefact_of(source, directory / "model.tar.gz"), **environment)


def _reason_of_death(container: ImageServing | ServingContainer) -> str:
    """Start a container that must not come up, and return why it did not."""
    try:
        container.start()
        container.wait_until_healthy(START_TIMEOUT_SECONDS)
    except ContainerFailed as failure:
        return str(failure)
    finally:
        container.stop()
    pytest.fail("the container came up")


@pytest.mark.skipif(CUT_OFF not in os.environ, reason="the network is not cut off: see tests/image/offline.py")
def test_nothing_beyond_this_machine_can_be_reached() -> None:
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection(("192.0.2.1", 443), timeout=5)  # RFC 5737: an address that is nobody's


def test_start_installs_the_code_folder_without_a_network(probes: dict[str, ServingPair]) -> None:
    base = probes["transform_style"].image.base
    assert (base / "code" / "setup.py").is_file()
    assert (base / "overlay/lib/python3.12/site-packages/inference.py").is_file()


def test_start_with_build_isolation_dies_without_a_package_index(tmp_path: Path) -> None:
    definition = _definition(tmp_path, {"inference.py": _SOUND}, PIP_NO_BUILD_ISOLATION="1")
    assert "setuptools" in _reason_of_death(ImageServing(definition, tmp_path / "image"))


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"inference.py": "import nowhere\n"}, "nowhere"),
        ({"inference.py": "from codecs import decode_csv\n", "codecs.py": "decode_csv = None\n"}, "codecs"),
    ],
    ids=["missing module", "standard-library name"],
)
def test_a_module_that_does_not_import_kills_the_container(tmp_path: Path, files: dict[str, str], named: str) -> None:
    definition = _definition(tmp_path, files)
    assert named in _reason_of_death(ImageServing(definition, tmp_path / "image"))
    _reason_of_death(local_serving(definition, tmp_path / "local"))
