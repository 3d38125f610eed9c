"""The verification of an export: a new process, without kerasae and without Keras, must agree with the model."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import tensorflow as tf

from kerasae.data.images import ImageSet, batches
from kerasae.exporting.samples import NUM_SAMPLES, decoded, encoded
from kerasae.inference.saved_model import loadable
from kerasae.models import TrainedModel, model_with_ood_score
from kerasae.models.ood.feature_extractor import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kerasae.data.resizing import Resize
    from kerasae.data.value_range import Range

# Both sides compute in float32 on the CPU: other batch sizes and fused operations change the last bits only.
TOLERANCE = 1e-5
CHECKER = Path(__file__).with_name("checker.py")
# Runs a file by its path, so that the packages around it are not imported.
_RUN_BY_PATH = "import runpy, sys; runpy.run_path(sys.argv[1])['main'](sys.argv[2], int(sys.argv[3]))"
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class ServedBatch:
    """A batch for a signature: inputs and expected outputs by name; for `margin` see `checker.main`."""

    inputs: Arrays
    expected: Arrays
    signature: str = "serving_default"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the outputs of a SavedModel compare with the expected ones.

    Attributes:
        difference: the largest absolute difference; NaN if an output is NaN.
        undecided: the largest distance from the threshold of an image that is decided differently.
        repeatable: whether the same batch gives the same bytes twice.
    """

    difference: float
    undecided: float
    repeatable: bool

    def within(self, tolerance: float) -> bool:
        """Return whether differences are at most `tolerance`, and outputs repeat."""
        return self.difference <= tolerance and self.undecided <= tolerance and self.repeatable


class ExportError(RuntimeError):
    """The SavedModel does not do what the trained model does."""


def check_agreement(
    saved_model: Path, trained: TrainedModel, image_set: ImageSet, mode: Resize, limits: Range | None = None
) -> float:
    """Serve an image set from a new process, and compare every head and every decision with the model's.

    The signature `encoded` is served `NUM_SAMPLES` files too, for which it must give what the model gives for the same
    files as training reads them.

    Args:
        saved_model: the folder of the SavedModel.
        trained: the model that was exported.
        image_set: the images that are served.
        mode: how training resizes.
        limits: the range of stored values that training maps to 0 to 255; None for images of 8 bits as they are.

    Returns:
        The largest absolute difference over all images and heads.

    Raises:
        ExportError: the difference is above `TOLERANCE`, an image whose score is further than that from the threshold
            is decided differently, or the process failed.
    """
    return check_served(saved_model, _batches(trained, image_set, mode, limits), TOLERANCE)


def _batches(trained: TrainedModel, image_set: ImageSet, mode: Resize, limits: Range | None) -> Iterator[ServedBatch]:
    """Yield all images of a set, and some of them as files, with the outputs of the model."""
    rejection = trained.rejection
    model_with_score = model_with_ood_score(trained)

    @tf.function(autograph=False)
    def call(images: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.device("CPU:0"):  # a GPU multiplies in TensorFloat-32, which differs by more than the tolerance
            return dict(model_with_score(images, training=False))

    def expected(images: np.ndarray) -> Arrays:
        outputs = {name: values.numpy() for name, values in call(tf.constant(images)).items()}
        arrays = {head: outputs[head] for head in trained.model.heads}
        if rejection is not None:
            threshold = rejection.threshold_of(chosen(outputs, rejection)).numpy()
            arrays["margin"] = outputs["anomaly_score"] - threshold
        return arrays

    for indices in batches(image_set):
        images = image_set.load(indices)
        yield ServedBatch({"images": images}, expected(images))
    if len(image_set):
        images = image_set.load(np.arange(NUM_SAMPLES) % len(image_set))
        if files := encoded(images, limits):
            as_read = decoded(files, images.shape[1:], mode, limits)
            yield ServedBatch({"encoded": np.array(files)}, expected(as_read), "encoded")


def check_served(saved_model: Path, served_batches: Iterable[ServedBatch], tolerance: float) -> float:
    """Serve batches from a new process and compare the outputs with the expected ones.

    Args:
        saved_model: the folder of the SavedModel.
        served_batches: inputs and expected outputs.
        tolerance: the largest absolute difference that is accepted.

    Returns:
        The largest absolute difference.

    Raises:
        ExportError: a difference is above the tolerance, or the process failed.
    """
    agreement = _serve(saved_model, served_batches)
    if not agreement.within(tolerance):
        raise ExportError(
            f"export: expected the SavedModel to agree with the trained model within {tolerance:g} and repeat itself. "
            f"Received: a difference of {agreement.difference:g}, repeatable: {agreement.repeatable}, other decisions "
            f"up to {agreement.undecided:g} from the threshold; it was removed"
        )
    return agreement.difference


def _serve(saved_model: Path, served_batches: Iterable[ServedBatch]) -> Agreement:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    with (
        loadable(saved_model) as path,
        subprocess.Popen(
            [sys.executable, "-c", _RUN_BY_PATH, str(CHECKER), str(path), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        ) as process,
    ):
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the process ended early; its last line of output says why
            for batch in served_batches:
                _send(process.stdin, batch)
        output, errors = process.communicate()
    if process.returncode:
        lines = errors.decode(errors="replace").strip().splitlines() or ["no message"]
        raise ExportError(f"export: the SavedModel does not load on its own: {lines[-1]}")
    return Agreement(**json.loads(output))


def _send(stream: IO[bytes], batch: ServedBatch) -> None:
    """Write a batch as one line of JSON (signature, names, types, shapes) and the bytes of its arrays."""
    arrays = {**{f"input/{name}": array for name, array in batch.inputs.items()}, **batch.expected}
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    header = {name: [array.dtype.str, array.shape] for name, array in arrays.items()}
    stream.write(json.dumps({"signature": batch.signature, "arrays": header}).encode() + b"\n")
    for array in arrays.values():
        stream.write(array.tobytes())
