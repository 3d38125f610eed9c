"""Whether a training step fits into memory, told before training: one that does not may end without a message."""

from __future__ import annotations

import contextlib
import math
import resource
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import psutil
import tensorflow as tf

from kerasae.utils.errors import RequestError
from kerasae.utils.keras_internals import flatten_layers, inbound_nodes

if TYPE_CHECKING:
    from collections.abc import Container

# A weight, its gradient and two slots of an optimizer, float32.
_BYTES_PER_WEIGHT = 16
# Of an image's pixels as float32: copies that the input pipeline holds, ready or in the making.
_COPIES_AHEAD = 6
# Of a step in float32, measured on the joint model at 256x256: half for activations, and the casts.
_HALF_PRECISION = 0.6
# Of a container, in the second and the first version of control groups: what is allowed, used, and kept of files.
_CGROUPS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current", ("active_file", "inactive_file")),
    (
        Path("/sys/fs/cgroup/memory"),
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_active_file", "total_inactive_file"),
    ),
)


def available_memory() -> int:
    """Return how many bytes this process may still take: what is free, within the limits of process and container."""
    free = [psutil.virtual_memory().available]
    process = psutil.Process().memory_info()
    for limit, used in ((resource.RLIMIT_AS, process.vms), (resource.RLIMIT_DATA, process.rss)):
        soft, _ = resource.getrlimit(limit)
        if soft != resource.RLIM_INFINITY:
            free.append(soft - used)
    for folder, most, now, cached in _CGROUPS:
        with contextlib.suppress(OSError, ValueError):  # "max" is no number: there is no limit
            used = int((folder / now).read_text()) - _cached(folder, cached)
            free.append(int((folder / most).read_text()) - used)
    return max(0, min(free))


def _cached(folder: Path, names: Container[str]) -> int:
    """Return how many bytes of a container are files kept in memory, which the kernel gives up for a process."""
    with contextlib.suppress(OSError):
        lines = [line.split() for line in (folder / "memory.stat").read_text().splitlines()]
        return sum(int(number) for name, number in lines if name in names)
    return 0


def step_memory(model: keras.Model, precision: str = "float32") -> tuple[int, float]:
    """Return the bytes that a training step takes, whatever the batch, and those for each of its images.

    A step keeps the outputs of all layers for the gradient. On the joint model that is what was measured as the growth
    of the process from a step on one image to one on three: 121.3 MiB an image at 256x256, and 32.0 of 30.3 at 128x128.

    Args:
        model: takes (n, height, width, channels), in float32.
        precision: the dtype policy of training.
    """
    layers = [layer for layer in flatten_layers(model) if not isinstance(layer, keras.Model)]
    outputs = [output for layer in layers for node in inbound_nodes(layer) for output in node.output_tensors]
    values = sum(math.prod(size for size in output.shape[1:] if size) for output in outputs)
    share = 1.0 if precision == "float32" else _HALF_PRECISION
    waiting = _COPIES_AHEAD * math.prod(model.input_shape[1:])
    return _BYTES_PER_WEIGHT * model.count_params(), 4.0 * (share * values + waiting)


def check_memory(model: keras.Model, batch_size: int, precision: str, key: str) -> None:
    """Refuse a batch whose training step does not fit into this machine's memory.

    Nothing is refused where there is a GPU: its own memory counts then, and TensorFlow says when that is too small.

    Args:
        model: as `step_memory` takes it.
        batch_size: images a step.
        precision: the dtype policy of training.
        key: where the batch size stands in the recipe.

    Raises:
        RequestError: says which batch size would fit.
    """
    if tf.config.list_physical_devices("GPU"):
        return
    available = available_memory()
    fixed, image = step_memory(model, precision)
    if fixed + batch_size * image <= available:
        return
    fits = int((available - fixed) / image)
    height, width, channels = model.input_shape[1:]
    smaller = f"data.image_shape to [{max(height // 2, 1)},{max(width // 2, 1)},{channels}]"
    advice = f"set it to {2 ** int(math.log2(fits))}, or {smaller}" if fits >= 1 else f"set {smaller}"
    raise RequestError(
        f"recipe: {key}",
        expected=(
            f"a batch whose training step fits into {available / 2**30:.1f} GiB of free memory; a "
            f"{height}x{width} image takes about {image / 2**20:,.0f} MiB"
        ),
        received=batch_size,
        fix=advice,
    )
