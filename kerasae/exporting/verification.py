"""The gate of an export: a fresh process, without kerasae and without Keras, must agree with the trained model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np
import tensorflow as tf

from kerasae.data.images import ImageSet, batches
from kerasae.exporting.loading import loadable
from kerasae.exporting.samples import NUM_SAMPLES, decoded, encoded
from kerasae.models import TrainedModel, model_with_ood_score
from kerasae.models.ood.feature_extractor import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kerasae.data.resizing import Resize
    from kerasae.data.value_range import Range

# Both sides run in float32 on the CPU; other batches and fused operations move the last bits only.
TOLERANCE = 1e-5
_CHECKER = Path(__file__).with_name("checker.py")
Arrays = dict[str, np.ndarray]


class Call(NamedTuple):
    """One batch for a signature: by name what goes in and what should come out; `margin` as `checker` says."""

    given: Arrays
    expected: Arrays
    signature: str = "serving_default"


class ExportError(RuntimeError):
    """The SavedModel does not do what the trained model does."""


def check_agreement(
    saved_model: Path, trained: TrainedModel, image_set: ImageSet, mode: Resize, limits: Range | None = None
) -> float:
    """Serve every image from a fresh process and compare each head, and what is rejected, with `trained`.

    `encoded` is served `NUM_SAMPLES` files as well; it must agree with `trained` on what training reads of them.

    Args:
        saved_model: the folder.
        trained: what it was made from.
        images: what is served.
        mode: how training resizes.
        limits: the range that training maps to 0 to 255, None for 8-bit images as they are.

    Returns:
        The largest absolute difference over all images and heads.

    Raises:
        ExportError: the difference is above `TOLERANCE`, an image whose score is further than that from the threshold
            is decided otherwise, or the process failed.
    """
    rejection = trained.rejection
    whole = model_with_ood_score(trained)

    @tf.function(autograph=False)
    def expect(images: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.device("CPU:0"):  # a GPU multiplies in TensorFloat-32, which differs by more than the tolerance
            return dict(whole(images, training=False))

    def answer(images: np.ndarray) -> Arrays:
        outputs = {name: values.numpy() for name, values in expect(tf.constant(images)).items()}
        expected = {head: outputs[head] for head in trained.model.heads}
        if rejection is not None:
            threshold = rejection.threshold_of(chosen(outputs, rejection)).numpy()
            expected["margin"] = outputs["anomaly_score"] - threshold
        return expected

    def answered() -> Iterator[Call]:
        for places in batches(image_set):
            images = image_set.load(places)
            yield Call({"images": images}, answer(images))
        if len(image_set):
            images = image_set.load(np.arange(NUM_SAMPLES) % len(image_set))
            if files := encoded(images, limits):
                expected = answer(decoded(files, images.shape[1:], mode, limits))
                yield Call({"encoded": np.array(files)}, expected, "encoded")

    return check_served(saved_model, answered(), TOLERANCE)


def check_served(saved_model: Path, calls: Iterable[Call], tolerance: float) -> float:
    """Serve batches from a fresh process and compare what comes out.

    Args:
        calls: what goes in and what should come out.
        tolerance: the largest absolute difference that is let through.

    Returns:
        The largest absolute difference.

    Raises:
        ExportError: the difference is above the tolerance, or the process failed.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    with (
        loadable(saved_model) as path,
        subprocess.Popen(
            [sys.executable, str(_CHECKER), str(path), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        ) as process,
    ):
        assert process.stdin is not None
        try:
            for call in calls:
                _send(process.stdin, call)
        except BrokenPipeError:
            pass  # the process ended early; its own words follow
        output, errors = process.communicate()
    if process.returncode:
        words = errors.decode(errors="replace").strip().splitlines()
        raise ExportError(f"export: the SavedModel does not load on its own: {words[-1] if words else 'no message'}")
    result = json.loads(output)
    if not result["difference"] <= tolerance or result["undecided"] > tolerance or not result["repeatable"]:
        raise ExportError(
            f"export: expected the SavedModel to agree with the trained model within {tolerance:g} and repeat itself. "
            f"Received: a difference of {result['difference']:g}, repeatable: {result['repeatable']}, other decisions "
            f"up to {result['undecided']:g} from the threshold; it was removed"
        )
    return float(result["difference"])


def _send(stream: IO[bytes], call: Call) -> None:
    """Write a call as one line of JSON (signature, names, types, shapes) and the bytes of its arrays."""
    arrays = {**{f"given/{name}": array for name, array in call.given.items()}, **call.expected}
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    header = {name: [array.dtype.str, array.shape] for name, array in arrays.items()}
    stream.write(json.dumps({"signature": call.signature, "arrays": header}).encode() + b"\n")
    for array in arrays.values():
        stream.write(array.tobytes())
