"""Devices and precision of training, and whether XLA compiles it."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tensorflow as tf

# Instructions that multiply bfloat16 faster than float32. On one core of an EPYC with avx512_bf16 alone, joint models
# trained 1.6 to 1.8 times as fast with bfloat16, and the small models of studies C to E 1.0 to 1.2 times.
FAST_BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16"})


def leave_gpus() -> None:
    """Allocate the memory of GPUs as needed, so that other processes can use the rest."""
    import tensorflow as tf

    with contextlib.suppress(RuntimeError):  # this process uses them already
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)


def strategy(devices: Sequence[str] | Literal["auto"]) -> tf.distribute.Strategy:
    """Return the distribution strategy of this process: mirrored over several devices, else TensorFlow's default.

    Args:
        devices: "auto" (every visible GPU) or names such as ("GPU:0", "GPU:1") or ("CPU:0", "CPU:1"). Several CPU
            devices are created by dividing the CPU, which is possible before TensorFlow has used it.

    Raises:
        RequestError: a device that does not exist.
    """
    return _strategy(devices if devices == "auto" else tuple(devices))


@functools.cache
def _strategy(devices: tuple[str, ...] | Literal["auto"]) -> tf.distribute.Strategy:
    import tensorflow as tf

    if devices == "auto":
        names = [f"GPU:{index}" for index, _ in enumerate(tf.config.list_physical_devices("GPU"))]
        return tf.distribute.MirroredStrategy(names) if len(names) > 1 else tf.distribute.get_strategy()
    cpus = [name for name in devices if name.startswith("CPU:")]
    if len(cpus) > 1:
        with contextlib.suppress(RuntimeError):  # the CPU is used already, and may have been divided before
            tf.config.set_logical_device_configuration(
                tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * len(cpus)
            )
    known = [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices()]
    missing = [name for name in devices if name not in known]
    if missing or len(set(devices)) < len(devices):
        raise RequestError(
            "distribution.devices", expected=f"different ones of {', '.join(known)}", received=f"{list(devices)}"
        )
    return (
        tf.distribute.MirroredStrategy(list(devices))
        if len(devices) > 1
        else tf.distribute.OneDeviceStrategy(devices[0])
    )


def precision(policy: str) -> str:
    """Return the Keras dtype policy; for "auto" the one that this machine multiplies fast.

    This is bfloat16 on GPUs of compute capability 8 and up and on CPUs with AMX or AVX512-BF16, float16 on GPUs of
    compute capability 7, and float32 otherwise.
    """
    if policy != "auto":
        return policy
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = min(
            tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) for gpu in gpus
        )
        return "mixed_bfloat16" if capability >= (8, 0) else "mixed_float16" if capability >= (7, 0) else "float32"
    return "mixed_bfloat16" if FAST_BFLOAT16 & cpu_flags() else "float32"


def jit_compile(option: bool | Literal["auto"]) -> bool:
    """Return whether XLA compiles the training step; for "auto" it does so on a single GPU alone.

    On a CPU, convolutions of XLA are slower than those of oneDNN; benchmarks/training.py measures it.
    """
    if option != "auto":
        return option
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU")) == 1


def cpu_flags() -> frozenset[str]:
    """Return the feature flags of the CPU; none where the system does not list them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    return frozenset(
        next((line.split(":", 1)[1] for line in text.splitlines() if line.startswith("flags")), "").split()
    )
