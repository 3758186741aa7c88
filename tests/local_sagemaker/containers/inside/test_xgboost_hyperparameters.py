"""The XGBoost algorithm's hyperparameters and content types. Training itself is in `tests/image_catalogue`."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from local_sagemaker.containers.stand_ins import STAND_INS

PACKAGE = "sagemaker_xgboost_container"


@pytest.fixture(autouse=True)
def _on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(STAND_INS)


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def validated(**given: str) -> dict[str, Any]:
    read: dict[str, Any] = module("algorithm_mode.hyperparameters").validated(given)
    return read


def test_each_is_read_as_what_it_is_and_aliases_are_understood() -> None:
    read = validated(num_round="5", learning_rate="0.3", objective="binary:logistic", eval_metric="auc,error@0.7")
    assert read == {
        "num_round": 5,
        "eta": 0.3,
        "objective": "binary:logistic",
        "eval_metric": ["auc", "error@0.7"],
    }


def test_what_only_older_versions_know_is_taken_and_left_out() -> None:
    assert validated(num_round="5", silent="0") == {"num_round": 5}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"objective": "reg:squarederror"}, "Missing required hyperparameter: num_round"),
        ({"num_round": "0"}, r"Hyperparameter num_round: 0 is not in \[1,inf\)"),
        ({"num_round": "1.5"}, "Hyperparameter num_round: could not parse value"),
        ({"num_round": "1", "eta": "1.1"}, r"Hyperparameter eta: 1\.1 is not in \[0,1\]"),
        ({"num_round": "1", "subsample": "0"}, r"Hyperparameter subsample: 0\.0 is not in \(0,1\]"),
        ({"num_round": "1", "colour": "red"}, "Extraneous hyperparameter found: colour"),
        ({"num_round": "1", "booster": "gbforest"}, "Hyperparameter booster: gbforest is not in"),
        ({"num_round": "1", "objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
        ({"num_round": "1", "eval_metric": "auc", "objective": "reg:squarederror"}, "Metric 'auc' can only be applied"),
        ({"num_round": "1", "eval_metric": "fame"}, "Hyperparameter eval_metric: value"),
        ({"num_round": "1", "monotone_constraints": "(1,-1)"}, "monotone_constraints can be used only when"),
        ({"num_round": "1", "tree_method": "gpu_hist"}, "GPU training is not part of the local runtime"),
        ({"num_round": "1", "_kfold": "5"}, "k-fold cross validation is not part of the local runtime"),
        ({"num_round": "1", "use_dask_gpu_training": "true"}, "Dask is not part of the local runtime"),
    ],
)
def test_what_aws_refuses_and_what_is_not_done_here_is_refused_by_name(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(module("errors").UserError, match=complaint):
        validated(**given)


@pytest.mark.parametrize(
    ("content_type", "file_format"),
    [(None, "libsvm"), ("text/x-libsvm", "libsvm"), ("CSV", "csv"), ("text/csv; label_size=1", "csv")],
)
def test_a_content_type_names_a_format(content_type: str | None, file_format: str) -> None:
    assert module("data_utils").get_content_type(content_type) == file_format


@pytest.mark.parametrize("content_type", ["application/json", "text/csv; label_size=2"])
def test_another_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(module("errors").UserError, match="is not an accepted"):
        module("data_utils").get_content_type(content_type)


@pytest.mark.parametrize(
    ("line", "delimiter"), [("5.1,3.5,1.4", ","), ("1,1,1", ","), ("1;2.5;3", ";"), ("1\t2\t3", "\t"), ("1 2 3", " ")]
)
def test_a_delimiter_is_found_in_the_first_line(line: str, delimiter: str) -> None:
    assert module("data_utils").delimiter_of(line) == delimiter


def test_recordio_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(module("errors").UserError, match="recordio-protobuf is not read by the local runtime"):
        module("data_utils").get_dmatrix(str(tmp_path), "application/x-recordio-protobuf")


def test_the_image_and_the_catalogue_name_the_same_metrics() -> None:
    from local_sagemaker.containers.images.catalogue import shipped_images

    metrics = module("algorithm_mode.metrics")
    (image,) = (image for image in shipped_images() if image.name == "sagemaker-xgboost:3.0-5")
    assert set(image.training.metrics) == {*metrics.MAXIMIZED, *metrics.MINIMIZED}
