"""The environment of a run: versions, machine and devices."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

from kerasae._version import __version__

PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "scikit-learn", "numba")


def environment(**more: Any) -> dict[str, Any]:
    """Return a flat description of the machine and the libraries of this process, followed by `more`."""
    import tensorflow as tf

    gpus = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    return {
        "python": platform.python_version(),
        "kerasae": __version__,
        **{package: version(package) for package in PACKAGES},
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu_cores": os.cpu_count(),
        "gpus": [details.get("device_name", "unknown") for details in gpus],
        **more,
    }
