"""The image's serving module: the user's functions with XGBoost's defaults, or the algorithm's own serving."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from sagemaker_containers import _content_types
from sagemaker_sklearn_container.serving import ModelServerApplication

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_NAMES = ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn", "execution_parameters_fn")


def load_application(module: ModuleType | None, model_directory: str) -> WSGIApplication:
    """Make the application of a model; without a module of the user's, of the `xgboost-model` in the directory."""
    if module is None:
        from .algorithm_mode.serve import AlgorithmApplication, Model

        return AlgorithmApplication(Model(model_directory))
    application: WSGIApplication = ModelServerApplication(with_defaults(module), model_directory)
    return application


def with_defaults(module: ModuleType) -> Any:
    """Give the user's functions, and the image's for what a DMatrix needs; a `transform_fn` stands alone."""
    own = {name: getattr(module, name) for name in _NAMES if hasattr(module, name)}
    defaults = {} if "transform_fn" in own else {"input_fn": default_input_fn, "predict_fn": default_predict_fn}
    return SimpleNamespace(**{**defaults, **own})


def default_input_fn(body: str | bytes, content_type: str) -> Any:
    """Read CSV or libsvm as a DMatrix."""
    from . import encoder  # XGBoost is imported only where a module relies on this

    return encoder.decode(body, content_type or _content_types.CSV)


def default_predict_fn(data: Any, model: Any) -> Any:
    """Call the booster's `predict`, whatever the columns are named."""
    return model.predict(data, validate_features=False)
