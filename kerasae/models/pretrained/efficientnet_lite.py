"""EfficientNet-Lite: EfficientNet (Tan and Le, arXiv 1905.11946) without squeeze-and-excitation and with ReLU6.

Such a network quantizes cleanly and converts to ONNX and LiteRT. The Lite variants are those of Google's
`tpu/models/official/efficientnet/lite`: stem and top keep their widths, and the first and last group their depth,
whatever the multipliers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from kerasae.layers import BatchNormalization

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

STEM_FILTERS = 32
TOP_FILTERS = 1280
# What the ImageNet weights were trained on: (values of 0 to 255 - 127) / 128.
INPUT_SCALE, INPUT_OFFSET = 255.0 / 128.0, -127.0 / 128.0


@dataclass(frozen=True)
class Variant:
    """A member of the family.

    Attributes:
        width: multiplies the filters of every group.
        depth: multiplies the blocks of every group but the first and the last.
        image_size: the side of the square images that its ImageNet weights were trained on.
    """

    width: float
    depth: float
    image_size: int


VARIANTS = {
    "efficientnet_lite0": Variant(1.0, 1.0, 224),
    "efficientnet_lite1": Variant(1.0, 1.1, 240),
    "efficientnet_lite2": Variant(1.1, 1.2, 260),
}


@dataclass(frozen=True)
class _Group:
    blocks: int
    kernel_size: int
    strides: int
    expansion: int
    filters: int


_GROUPS = (
    _Group(1, 3, 1, 1, 16),
    _Group(2, 3, 2, 6, 24),
    _Group(2, 5, 2, 6, 40),
    _Group(3, 3, 2, 6, 80),
    _Group(3, 5, 1, 6, 112),
    _Group(4, 5, 2, 6, 192),
    _Group(1, 3, 1, 6, 320),
)


@dataclass(frozen=True)
class _Block:
    name: str
    kernel_size: int
    strides: int
    expansion: int
    filters: int


def _blocks(variant: Variant) -> list[_Block]:
    blocks: list[_Block] = []
    for place, group in enumerate(_GROUPS):
        scaled = place not in (0, len(_GROUPS) - 1)
        for repeat in range(math.ceil(group.blocks * variant.depth) if scaled else group.blocks):
            name = f"block_{len(blocks)}"
            strides = group.strides if repeat == 0 else 1
            filters = _rounded(group.filters * variant.width)
            blocks.append(_Block(name, group.kernel_size, strides, group.expansion, filters))
    return blocks


def _rounded(filters: float) -> int:
    """Round to the nearest multiple of 8 that is not below nine tenths of the number."""
    nearest = max(8, int(filters + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * filters else nearest


def levels_of(scaled_images: Any, variant: Variant) -> dict[str, Any]:
    """Apply the network to images, and return its feature maps by name.

    Args:
        scaled_images: symbolic or not, (batch, height, width, 3) in [0, 1].
        variant: which of the family.

    Returns:
        The last map of each resolution, `stride_2` to `stride_32`, and `top`: 1,280 maps at stride 32, whose means are
        what ImageNet's classes were told apart by.
    """
    layers = keras.layers
    x = layers.Rescaling(INPUT_SCALE, INPUT_OFFSET, dtype="float32", name="imagenet_scale")(scaled_images)
    x = layers.Conv2D(STEM_FILTERS, 3, 2, padding="same", use_bias=False, name="stem_conv")(x)
    x = _relu6(_normalized(x, "stem_norm"), "stem_relu6")
    levels, stride = {"stride_2": x}, 2
    for block in _blocks(variant):
        x = _inverted_residual(x, block)
        stride *= block.strides
        levels[f"stride_{stride}"] = x
    x = layers.Conv2D(TOP_FILTERS, 1, use_bias=False, name="top_conv")(x)
    levels["top"] = _relu6(_normalized(x, "top_norm"), "top_relu6")
    return levels


def _inverted_residual(x: Any, block: _Block) -> Any:
    layers, channels, before = keras.layers, x.shape[-1], x
    if block.expansion > 1:
        x = layers.Conv2D(channels * block.expansion, 1, use_bias=False, name=f"{block.name}_expand_conv")(x)
        x = _relu6(_normalized(x, f"{block.name}_expand_norm"), f"{block.name}_expand_relu6")
    x = layers.DepthwiseConv2D(
        block.kernel_size, block.strides, padding="same", use_bias=False, name=f"{block.name}_depthwise_conv"
    )(x)
    x = _relu6(_normalized(x, f"{block.name}_depthwise_norm"), f"{block.name}_depthwise_relu6")
    x = layers.Conv2D(block.filters, 1, use_bias=False, name=f"{block.name}_project_conv")(x)
    x = _normalized(x, f"{block.name}_project_norm")
    if block.strides == 1 and channels == block.filters:
        x = layers.Add(name=f"{block.name}_add")([x, before])
    return x


def _normalized(x: Any, name: str) -> Any:
    return BatchNormalization(momentum=0.99, epsilon=1e-3, name=name)(x)


def _relu6(x: Any, name: str) -> Any:
    return keras.layers.ReLU(6.0, name=name)(x)


def weights_from_torch(tensors: Mapping[str, np.ndarray], variant: Variant) -> dict[str, list[np.ndarray]]:
    """Return the weights of each layer of `levels_of`, from the names and layouts of a PyTorch checkpoint.

    Args:
        tensors: by the names of the package `efficientnet_lite_pytorch`; what else is among them is left out.
        variant: which of the family.

    Raises:
        KeyError: a tensor is missing.
    """
    names = {"stem": ("_conv_stem", "_bn0"), "top": ("_conv_head", "_bn1")}
    weights: dict[str, list[np.ndarray]] = {}
    for layer, (convolution, norm) in names.items():
        weights[f"{layer}_conv"] = [tensors[f"{convolution}.weight"].transpose(2, 3, 1, 0)]
        weights[f"{layer}_norm"] = _norm(tensors, norm)
    for index, block in enumerate(_blocks(variant)):
        prefix = f"_blocks.{index}."
        if block.expansion > 1:
            weights[f"{block.name}_expand_conv"] = [tensors[f"{prefix}_expand_conv.weight"].transpose(2, 3, 1, 0)]
            weights[f"{block.name}_expand_norm"] = _norm(tensors, f"{prefix}_bn0")
        weights[f"{block.name}_depthwise_conv"] = [tensors[f"{prefix}_depthwise_conv.weight"].transpose(2, 3, 0, 1)]
        weights[f"{block.name}_depthwise_norm"] = _norm(tensors, f"{prefix}_bn1")
        weights[f"{block.name}_project_conv"] = [tensors[f"{prefix}_project_conv.weight"].transpose(2, 3, 1, 0)]
        weights[f"{block.name}_project_norm"] = _norm(tensors, f"{prefix}_bn2")
    return weights


def _norm(tensors: Mapping[str, np.ndarray], name: str) -> list[np.ndarray]:
    """Return scale, offset, mean and variance of a batch normalization."""
    return [tensors[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
