"""The transpose of a tied layer: the decoder's side of a weight tie."""

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

    The encoder and this layer hold the same object, so that training, freezing, saving and mirroring see one kernel. A
    decoder saved alone contains a copy; loaded with its encoder (see `sharing`) it shares the layer again.

    Args:
        layer: a layer whose `call` takes `transpose`.
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any) -> None:
        """Build the shared layer unless the encoder has built it."""
        if not self.layer.built:
            self.layer.build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Call the transpose of the shared layer."""
        return self.layer(inputs, transpose=True)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Transposed:
        """Create the layer from its config; inside `sharing` with the shared layer of that name."""
        config = dict(config)
        shared = _SHARED.get({}).get(config["layer"]["config"]["name"])
        layer = shared if shared is not None else keras.saving.deserialize_keras_object(config["layer"])
        return cls(**{**config, "layer": layer})


@contextlib.contextmanager
def sharing(layers: Iterable[keras.layers.Layer]) -> Iterator[None]:
    """Let decoders created from their config share `layers` of an encoder instead of copying them.

    Layers nested in them, such as those of a model inside the encoder, are shared as well.
    """
    token = _SHARED.set({inner.name: inner for layer in layers for inner in flatten_layers(layer)})
    try:
        yield
    finally:
        _SHARED.reset(token)
