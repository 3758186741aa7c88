"""The user's functions, with the image's defaults in place of those that the module does not define."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_containers import _content_types

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    Transform = Callable[[Any, str | bytes, str, str], Any]
    """`(model, body, content_type, accept)` to whatever is to be sent."""


class UserError(Exception):
    """The module's handlers contradict each other."""


def model_function(module: ModuleType) -> Callable[[str], Any]:
    """The module's `model_fn`; the image has no default that loads anything."""
    return getattr(module, "model_fn", default_model_fn)


def transform_function(module: ModuleType) -> Transform:
    """The module's `transform_fn`, or its `input_fn`, `predict_fn` and `output_fn` in a row.

    Raises
    ------
    UserError
        If the module defines both kinds.
    """
    names = ("input_fn", "predict_fn", "output_fn")
    input_fn, predict_fn, output_fn = (getattr(module, name, None) for name in names)
    transform_fn = getattr(module, "transform_fn", None)
    if transform_fn is None:
        return in_a_row(input_fn or default_input_fn, predict_fn or default_predict_fn, output_fn or default_output_fn)
    if input_fn or predict_fn or output_fn:
        raise UserError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
    return transform_fn  # type: ignore[no-any-return]


def in_a_row(
    input_fn: Callable[[str | bytes, str], Any],
    predict_fn: Callable[[Any, Any], Any],
    output_fn: Callable[[Any, str], Any],
) -> Transform:
    """Read, predict, write."""

    def transform(model: Any, body: str | bytes, content_type: str, accept: str) -> Any:
        return output_fn(predict_fn(input_fn(body, content_type), model), accept)

    return transform


def default_model_fn(model_dir: str) -> Any:
    """Refuse: only the module knows how its model is stored."""
    raise NotImplementedError(
        f"Please provide a model_fn implementation: nothing says how the model in {model_dir} is loaded."
    )


def default_input_fn(body: str | bytes, content_type: str) -> Any:
    """Read JSON, CSV or NPY as an array; of 32-bit floats where the body is text."""
    from sagemaker_containers import _encoders  # NumPy is imported only where a module relies on this

    array = _encoders.decode(body, content_type)
    return array.astype("float32") if content_type in _content_types.UTF8_TYPES else array


def default_predict_fn(data: Any, model: Any) -> Any:
    """Call the model's `predict`."""
    return model.predict(data)


def default_output_fn(prediction: Any, accept: str) -> tuple[str | bytes, str]:
    """Write JSON, CSV or NPY."""
    from sagemaker_containers import _encoders  # as above

    return _encoders.encode(prediction, accept), accept
