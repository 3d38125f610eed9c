"""Every use of a private member of Keras, so that a new version of Keras can break only this file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras


def flatten_layers(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """Yield a layer or model and every layer inside it, at any depth."""
    yield from layer._flatten_layers()  # noqa: SLF001


def inbound_nodes(layer: keras.layers.Layer) -> list[Any]:
    """Return the nodes of Keras' graph that are calls of a layer."""
    nodes: list[Any] = layer._inbound_nodes  # noqa: SLF001
    return nodes
