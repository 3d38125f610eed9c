"""The program that the gate runs: it must not need Keras or kerasae, and is started by path for that reason."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from typing import Any

# `import tensorflow` would load Keras by itself; None in its place makes any use of it fail.
sys.modules["keras"] = None  # type: ignore[assignment]
sys.modules["kerasae"] = None  # type: ignore[assignment]

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

PARENT_SECONDS = 0.5


def receive() -> tuple[str, dict[str, Any]] | None:
    """Read the name of a signature and its arrays from standard input, or None at its end."""
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
    """End this process as soon as the one that has started it is gone."""
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os._exit(1)


def main(path: str) -> None:
    """Serve every batch twice, and print the largest difference from what was expected.

    What is named `given/NAME` goes in, the rest is what should come out. `margin` is no output: how far each image's
    score lies above the threshold, which its decision must agree with.
    """
    signatures = tf.saved_model.load(path).signatures
    difference, undecided, repeatable = 0.0, 0.0, True
    while (message := receive()) is not None:
        serve, expected = signatures[message[0]], message[1]
        given = {name.removeprefix("given/"): name for name in expected if name.startswith("given/")}
        inputs = {name: tf.constant(expected.pop(key)) for name, key in given.items()}
        margin = expected.pop("margin", None)
        first, second = serve(**inputs), serve(**inputs)
        if margin is not None:
            wrong = first["accepted"].numpy() != (margin <= 0)
            undecided = max(undecided, float(np.max(np.abs(margin[wrong]), initial=0.0)))
        for name, values in expected.items():
            served = first[name].numpy()
            repeatable &= served.tobytes() == second[name].numpy().tobytes()
            # The maximum of an array with NaN is NaN, which no tolerance lets through.
            distance = np.abs(served.astype(np.float64) - values)  # unsigned numbers have no differences below 0
            difference = float(np.maximum(difference, np.max(distance, initial=0.0)))
    print(json.dumps({"difference": difference, "undecided": undecided, "repeatable": repeatable}))


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, args=(int(sys.argv[2]),), daemon=True).start()
    main(sys.argv[1])
