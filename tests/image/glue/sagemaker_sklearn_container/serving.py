"""The WSGI application around the user's module, built on the worker's first request, as the image's glue does."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
from sagemaker_containers.beta.framework import content_types, encoders, env, transformer, worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

_application: worker.Worker | None = None


def main(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request; the first one imports the user's module and loads the model."""
    global _application
    if _application is None:
        _application = _application_of(env.ServingEnv().module_name)
    answer: Iterable[bytes] = _application(environ, start_response)
    return answer


def _application_of(module_name: str) -> worker.Worker:
    module = importlib.import_module(module_name)
    user_transformer = _transformer_of(module)
    user_transformer.initialize()
    return worker.Worker(
        transform_fn=user_transformer.transform,
        module_name=module_name,
        execution_parameters_fn=getattr(module, "execution_parameters_fn", None),
    )


def _transformer_of(module: ModuleType) -> transformer.Transformer:
    model_fn = getattr(module, "model_fn", transformer.default_model_fn)
    handlers = {name: getattr(module, name, None) for name in ("input_fn", "predict_fn", "output_fn")}
    transform_fn = getattr(module, "transform_fn", None)
    if transform_fn is None:
        handlers = {name: handler or _DEFAULTS[name] for name, handler in handlers.items()}
        return transformer.Transformer(model_fn=model_fn, **handlers)
    if any(handlers.values()):
        raise ValueError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
    return transformer.Transformer(model_fn=model_fn, transform_fn=transform_fn)


def _default_input_fn(body: str | bytes, content_type: str) -> np.ndarray:
    array: np.ndarray = encoders.decode(body, content_type)
    if content_type in content_types.UTF8_TYPES:
        return array.astype(np.float32)
    return array


def _default_predict_fn(data: np.ndarray, model: Any) -> Any:
    return model.predict(data)


def _default_output_fn(prediction: Any, accept: str) -> worker.Response:
    return worker.Response(encoders.encode(prediction, accept), mimetype=accept)


_DEFAULTS = {"input_fn": _default_input_fn, "predict_fn": _default_predict_fn, "output_fn": _default_output_fn}
