"""The process that serves a SavedModel for its verification, without Keras and without kerasae.

`verification` runs this file by its path and calls `main`, so that nothing of the package is imported.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from typing import Any

import numpy as np

PARENT_SECONDS = 0.5  # between two looks at the parent process


def main(path: str, parent: int) -> None:
    """Serve the batches on standard input, and print how the outputs compare with the expected ones as JSON.

    Every batch is served twice. Its arrays named `input/NAME` are the inputs of its signature, the others are the
    expected outputs, except `margin`: how far the score of each image lies above the threshold, which the served
    decision must agree with.

    Args:
        path: the folder of the SavedModel.
        parent: the process that started this one, which ends with it.
    """
    threading.Thread(target=end_with_parent, args=(parent,), daemon=True).start()
    # `import tensorflow` would load Keras by itself; with None in its place any use of it fails.
    sys.modules["keras"] = None  # type: ignore[assignment]
    sys.modules["kerasae"] = None  # type: ignore[assignment]
    import tensorflow as tf

    signatures = tf.saved_model.load(path).signatures
    difference, undecided, repeatable = 0.0, 0.0, True
    while (batch := receive()) is not None:
        serve, arrays = signatures[batch[0]], batch[1]
        margin = arrays.pop("margin", None)
        inputs = {name.removeprefix("input/"): name for name in arrays if name.startswith("input/")}
        tensors = {name: tf.constant(arrays.pop(key)) for name, key in inputs.items()}
        first, second = serve(**tensors), serve(**tensors)
        if margin is not None:
            wrong = first["accepted"].numpy() != (margin <= 0)
            undecided = max(undecided, float(np.max(np.abs(margin[wrong]), initial=0.0)))
        for name, expected in arrays.items():
            served = first[name].numpy()
            repeatable &= served.tobytes() == second[name].numpy().tobytes()
            # The maximum of an array with NaN is NaN, which is within no tolerance.
            distance = np.abs(served.astype(np.float64) - expected)  # in float64, since unsigned integers wrap
            difference = float(np.maximum(difference, np.max(distance, initial=0.0)))
    print(json.dumps({"difference": difference, "undecided": undecided, "repeatable": repeatable}))


def receive() -> tuple[str, dict[str, Any]] | None:
    """Read the signature and the arrays of the next batch from standard input; None at its end."""
    line = sys.stdin.buffer.readline()
    if not line:
        return None
    header = json.loads(line)
    arrays = {}
    for name, (dtype, shape) in header["arrays"].items():
        size = math.prod(shape) * np.dtype(dtype).itemsize
        arrays[name] = np.frombuffer(sys.stdin.buffer.read(size), dtype).reshape(shape)
    return header["signature"], arrays


def end_with_parent(parent: int) -> None:
    """End this process as soon as its parent process is gone."""
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os._exit(1)
