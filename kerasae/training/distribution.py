"""Which devices train, in which precision, and whether XLA compiles."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tensorflow as tf

# Instructions with which a CPU multiplies bfloat16 faster than float32. On one core of an EPYC with avx512_bf16 alone
# the joint models trained 1.6 to 1.8 times as fast with it, the small ones of studies C to E 1.0 to 1.2 times.
FAST_BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16"})


def leave_gpus() -> None:
    """Leave the memory of the GPUs to other processes, as long as this one does not need it."""
    import tensorflow as tf

    with contextlib.suppress(RuntimeError):  # they are in use by this process already
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)


def strategy(devices: Sequence[str] | Literal["auto"]) -> tf.distribute.Strategy:
    """Return the one strategy of this process: mirrored over several devices, else TensorFlow's default.

    `devices` is "auto" (every visible GPU) or names such as ("GPU:0", "GPU:1") or ("CPU:0", "CPU:1"); several CPU
    devices are made by dividing the one CPU, which must happen before TensorFlow has used it.

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
        with contextlib.suppress(RuntimeError):  # the CPU is in use already: it may have been divided before
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


def precision(asked: str) -> str:
    """Return the Keras dtype policy: as asked, or for "auto" what the device multiplies fast.

    GPUs of compute capability 8 and up, and CPUs with AMX or AVX512-BF16, take bfloat16; GPUs of 7 take float16; all
    others float32.
    """
    if asked != "auto":
        return asked
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = min(
            tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) for gpu in gpus
        )
        return "mixed_bfloat16" if capability >= (8, 0) else "mixed_float16" if capability >= (7, 0) else "float32"
    return "mixed_bfloat16" if FAST_BFLOAT16 & _cpu_flags() else "float32"


def jit_compile(asked: bool | Literal["auto"]) -> bool:
    """Return whether XLA compiles the training step: as asked, or for "auto" on a single GPU alone.

    On a CPU XLA's convolutions are slower than oneDNN's; benchmarks/training.py measures it.
    """
    if asked != "auto":
        return asked
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU")) == 1


def _cpu_flags() -> frozenset[str]:
    """Return the CPU's feature flags; none where the system does not list them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    return frozenset(
        next((line.split(":", 1)[1] for line in text.splitlines() if line.startswith("flags")), "").split()
    )
