"""Check before training that a step fits into memory; a process that runs out of memory may end without a message."""

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
    from collections.abc import Container, Sequence

ControlGroup = tuple[Path, str, str, tuple[str, str]]
# A weight, its gradient and two slots of the optimizer, in float32.
_BYTES_PER_WEIGHT = 16
# Copies of an image as float32 in the input pipeline, finished or not.
_COPIES_AHEAD = 6
# Share of a step in float32, measured on the joint model at 256x256: half for activations, plus the casts.
_HALF_PRECISION = 0.6
# The files of a container's memory limit, of its usage, and the keys of its file cache, in control groups v2 and v1.
CGROUPS: tuple[ControlGroup, ...] = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current", ("active_file", "inactive_file")),
    (
        Path("/sys/fs/cgroup/memory"),
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_active_file", "total_inactive_file"),
    ),
)


def available_memory(cgroups: Sequence[ControlGroup] = CGROUPS) -> int:
    """Return the bytes that this process can still allocate: free memory, within its limits and those of its container.

    Args:
        cgroups: the control groups to look at.
    """
    free = [psutil.virtual_memory().available]
    process = psutil.Process().memory_info()
    for limit, used in ((resource.RLIMIT_AS, process.vms), (resource.RLIMIT_DATA, process.rss)):
        soft, _ = resource.getrlimit(limit)
        if soft != resource.RLIM_INFINITY:
            free.append(soft - used)
    for folder, limit_file, usage_file, cache_keys in cgroups:
        with contextlib.suppress(OSError, ValueError):  # "max" is not a number: there is no limit
            used = int((folder / usage_file).read_text()) - _file_cache(folder, cache_keys)
            free.append(int((folder / limit_file).read_text()) - used)
    return max(0, min(free))


def _file_cache(folder: Path, keys: Container[str]) -> int:
    """Return the bytes of a container's file cache, which the kernel frees for a process."""
    with contextlib.suppress(OSError):
        lines = [line.split() for line in (folder / "memory.stat").read_text().splitlines()]
        return sum(int(number) for name, number in lines if name in keys)
    return 0


def step_memory(model: keras.Model, precision: str = "float32") -> tuple[int, float]:
    """Estimate the memory of a training step.

    A step keeps the outputs of all layers for the gradient. On the joint model the process grew by as much as estimated
    between a step on one image and one on three: 121.3 MiB an image at 256x256, and 32.0 of 30.3 MiB at 128x128.

    Args:
        model: takes (n, height, width, channels), in float32.
        precision: the dtype policy of training.

    Returns:
        The bytes for a batch of any size, and the bytes for each of its images.
    """
    layers = [layer for layer in flatten_layers(model) if not isinstance(layer, keras.Model)]
    outputs = [output for layer in layers for node in inbound_nodes(layer) for output in node.output_tensors]
    values = sum(math.prod(size for size in output.shape[1:] if size) for output in outputs)
    share = 1.0 if precision == "float32" else _HALF_PRECISION
    pipeline = _COPIES_AHEAD * math.prod(model.input_shape[1:])
    return _BYTES_PER_WEIGHT * model.count_params(), 4.0 * (share * values + pipeline)


def check_memory(model: keras.Model, batch_size: int, precision: str, key: str, available: int | None = None) -> None:
    """Refuse a batch whose training step does not fit into the memory of this machine.

    Nothing is refused where there is a GPU: training then uses its memory, and TensorFlow reports where that is too
    small.

    Args:
        model: as for `step_memory`.
        batch_size: images of a step.
        precision: the dtype policy of training.
        key: where the batch size is in the recipe.
        available: bytes of free memory; None to ask the system.

    Raises:
        RequestError: names a batch size that fits.
    """
    if tf.config.list_physical_devices("GPU"):
        return
    available = available_memory() if available is None else available
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
