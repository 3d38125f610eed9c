"""The other direction of a layer that runs both ways: the decoder's end of a weight tie."""

from __future__ import annotations

import contextlib
import contextvars
from typing import TYPE_CHECKING, Any

import keras

from kerasae.utils.keras_internals import flatten_layers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHARED: contextvars.ContextVar[dict[str, keras.layers.Layer]] = contextvars.ContextVar("shared")


@keras.saving.register_keras_serializable("kerasae")
class Transposed(keras.layers.Layer):
    """Calls a shared layer, `TiedConv2D` or `TiedDense`, with `transpose=True`.

    The shared layer stays one object in the encoder and in here, so that fit, freezing, saving and mirroring see one
    kernel. Saved alone, a decoder takes a copy along; loaded with its encoder (see `sharing`) it shares again.

    Args:
        layer: a layer whose `call` takes `transpose`.
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any) -> None:
        """Build the shared layer unless the encoder has."""
        if not self.layer.built:
            self.layer.build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Run the shared layer backwards."""
        return self.layer(inputs, transpose=True)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Transposed:
        """Build from a config; inside `sharing`, around the shared layer of that name."""
        config = dict(config)
        shared = _SHARED.get({}).get(config["layer"]["config"]["name"])
        layer = shared if shared is not None else keras.saving.deserialize_keras_object(config["layer"])
        return cls(**{**config, "layer": layer})


@contextlib.contextmanager
def sharing(layers: Iterable[keras.layers.Layer]) -> Iterator[None]:
    """While a decoder is rebuilt from its config, let it share `layers` of its encoder instead of copying them.

    The layers inside of them, such as those of a model within the encoder, are shared as well.
    """
    token = _SHARED.set({inner.name: inner for layer in layers for inner in flatten_layers(layer)})
    try:
        yield
    finally:
        _SHARED.reset(token)
