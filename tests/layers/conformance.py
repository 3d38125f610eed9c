"""What every layer of kerasae has to do, checked in one place: `run_layer_test`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

# Eager and compiled operations round sums in another order.
SAME = {"rtol": 1e-5, "atol": 1e-6}
# bfloat16 has 8 significant bits: a value of 4 errs by up to 0.016, and a layer computes with several such values.
HALF = {"rtol": 0.05, "atol": 0.1}


@dataclass(frozen=True)
class Case:
    """One layer with what it is checked on.

    Attributes:
        kind: the class.
        arguments: for the constructor; together with those of other cases every argument changed from its default.
        inputs: positional arguments of the call: float32 arrays, or dicts of them, the batch first.
        shapes: of the outputs, in the structure of the outputs, the batch first.
        dtypes: of the outputs in float32, in the same structure; all float32 if None.
        half_dtype: the dtype of the outputs in mixed_bfloat16: the compute dtype, or float32 for layers that keep it.
            A mapping or tuple has one for each output.
        learns: the names of the trainable weights.
        unused: those of them that the call does not use.
        differentiable: whether gradients reach the inputs.
        call: how the layer is called, given the layer and its inputs.
    """

    kind: type[keras.layers.Layer]
    inputs: tuple[Any, ...]
    shapes: Any
    arguments: Mapping[str, Any] = field(default_factory=dict)
    dtypes: Any = None
    half_dtype: Any = "bfloat16"
    learns: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    differentiable: bool = True
    call: Callable[..., Any] = lambda layer, *inputs, **options: layer(*inputs, **options)

    def make(self, **others: Any) -> keras.layers.Layer:
        """Construct the layer anew."""
        arguments = {
            name: value() if name == "layer" else value for name, value in {**self.arguments, **others}.items()
        }
        return self.kind(**arguments)


def arguments_of(kind: type[keras.layers.Layer]) -> dict[str, inspect.Parameter]:
    """Return the arguments of a layer's constructor by name, without those of every Keras layer."""
    parameters = inspect.signature(kind.__init__).parameters
    return {
        name: parameter
        for name, parameter in parameters.items()
        if name not in inspect.signature(keras.layers.Layer.__init__).parameters
        and name != "dtype"
        and parameter.kind is not parameter.VAR_KEYWORD
    }


def run_layer_test(case: Case, folder: Path) -> None:
    """Check config, saving, shapes, dtypes, mixed precision, graph mode and gradients of a layer."""
    _check_config(case)
    layer = case.make(name="under_test")
    outputs = case.call(layer, *_tensors(case.inputs))
    _check_outputs(case, layer, outputs)
    _check_graph(case, layer, outputs)
    _check_gradients(case, layer)
    _check_mixed_precision(case, outputs)
    _check_saving(case, folder)


def _check_config(case: Case) -> None:
    layer = case.make(name="under_test", dtype="float64")
    config = layer.get_config()
    assert set(arguments_of(case.kind)) <= set(config), "get_config forgets an argument"
    required = {name for name, parameter in arguments_of(case.kind).items() if parameter.default is parameter.empty}
    plain = case.kind(**{name: value for name, value in case.arguments.items() if name in required}).get_config()
    assert not [name for name in case.arguments if name not in required and config[name] == plain[name]]
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is case.kind
    assert again.get_config() == config
    assert (again.name, again.dtype_policy.name) == ("under_test", "float64")
    assert keras.saving.get_registered_name(case.kind) == f"kerasae>{case.kind.__name__}"


def _check_outputs(case: Case, layer: keras.layers.Layer, outputs: Any) -> None:
    shapes, values = _flat(case.shapes), tf.nest.flatten(outputs)
    assert [tuple(value.shape) for value in values] == shapes
    dtypes = ["float32"] * len(values) if case.dtypes is None else tf.nest.flatten(case.dtypes)
    assert [keras.backend.standardize_dtype(value.dtype) for value in values] == dtypes
    assert all(np.isfinite(value).all() for value in values)
    symbolic = tf.nest.flatten(case.call(layer, *_symbols(case.inputs)))
    assert [tuple(value.shape[1:]) for value in symbolic] == [shape[1:] for shape in shapes]
    assert [keras.backend.standardize_dtype(value.dtype) for value in symbolic] == dtypes
    assert tuple(weight.name for weight in layer.trainable_weights) == case.learns


def _check_graph(case: Case, layer: keras.layers.Layer, outputs: Any) -> None:
    call = tf.function(lambda *inputs: case.call(layer, *inputs), autograph=False)
    _assert_close(call(*_tensors(case.inputs)), outputs, **SAME)


def _check_gradients(case: Case, layer: keras.layers.Layer) -> None:
    inputs = _tensors(case.inputs)
    sources = tf.nest.flatten(inputs) if case.differentiable else []
    weights = [weight.value for weight in layer.trainable_weights if weight.name not in case.unused]
    with tf.GradientTape() as tape:
        for source in sources:
            tape.watch(source)
        outputs = tf.nest.flatten(case.call(layer, *inputs, **_training(layer)))
        values = [value for value in outputs if value.dtype != tf.bool]
        total = tf.add_n([tf.reduce_sum(tf.cast(value, tf.float32) ** 2) for value in values])
    gradients = tape.gradient(total, [*sources, *weights])
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in gradients)


def _check_mixed_precision(case: Case, outputs: Any) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = case.make()
    finally:
        keras.config.set_dtype_policy(before)
    reference = case.make()
    for each in (layer, reference):
        case.call(each, *_tensors(case.inputs))
    layer.set_weights(reference.get_weights())
    half = case.call(layer, *_tensors(case.inputs, "bfloat16"))
    values = tf.nest.flatten(half)
    kinds = [case.half_dtype] * len(values) if isinstance(case.half_dtype, str) else tf.nest.flatten(case.half_dtype)
    assert [keras.backend.standardize_dtype(value.dtype) for value in values] == kinds
    _assert_close(half, case.call(reference, *_tensors(case.inputs)), **HALF)


def _check_saving(case: Case, folder: Path) -> None:
    symbols = _symbols(case.inputs)
    layer = case.make(name="under_test")
    model = keras.Model(list(symbols), case.call(layer, *symbols))
    path = folder / f"{case.kind.__name__}.keras"
    model.save(path)
    again = keras.saving.load_model(path)
    assert type(again.get_layer("under_test")) is case.kind
    assert again.get_layer("under_test").get_config() == layer.get_config()
    assert [(weight.name, weight.shape) for weight in again.weights] == [
        (weight.name, weight.shape) for weight in model.weights
    ]
    for training in (False, True):  # the state of random seeds is kept too
        answers = [each(list(_tensors(case.inputs)), training=training) for each in (model, again)]
        for own, other in zip(*map(tf.nest.flatten, answers), strict=True):
            np.testing.assert_array_equal(own, other)


def _training(layer: keras.layers.Layer) -> dict[str, bool]:
    return {"training": True} if "training" in inspect.signature(layer.call).parameters else {}


def _tensors(inputs: Any, dtype: str = "float32") -> Any:
    return tf.nest.map_structure(lambda array: tf.cast(tf.constant(array), dtype), inputs)


def _symbols(inputs: Any) -> Any:
    return tf.nest.map_structure(lambda array: keras.Input(array.shape[1:]), inputs)


def _flat(shapes: Any) -> list[tuple[int, ...]]:
    """Flatten a structure of shapes, each a tuple of numbers, in the order in which TensorFlow flattens outputs."""
    if isinstance(shapes, Mapping):
        return [tuple(shapes[name]) for name in sorted(shapes)]
    return [tuple(shapes)] if all(isinstance(side, int) for side in shapes) else [tuple(shape) for shape in shapes]


def _assert_close(values: Any, expected: Any, **tolerance: float) -> None:
    for value, other in zip(tf.nest.flatten(values), tf.nest.flatten(expected), strict=True):
        if value.dtype == tf.bool:
            continue  # a decision near its threshold may go either way
        np.testing.assert_allclose(tf.cast(value, tf.float32), tf.cast(other, tf.float32), **tolerance)
