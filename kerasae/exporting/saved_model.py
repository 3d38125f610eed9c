"""The export of a trained model as a SavedModel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import keras
import numpy as np
import tensorflow as tf

from kerasae.data.array_images import ArrayImages
from kerasae.data.images import UNLABELLED
from kerasae.data.resizing import Resize, resize
from kerasae.data.value_range import FULL_16, Range, scales_8_bits, setting
from kerasae.exporting.decoding import decode
from kerasae.exporting.verification import check_agreement
from kerasae.files.manifest import seal
from kerasae.files.writing import written_whole
from kerasae.inference.export_facts import ExportFacts
from kerasae.inference.image_error import mean_squared_errors
from kerasae.inference.operations import check_operations
from kerasae.models import TrainedModel, model_with_ood_score
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError
from kerasae.utils.pixels import scale_image_tensor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.runs.folder import RunFolder

_PNG_DEPTH = 24  # the byte of a PNG file that holds its bits per value
NUM_NOISE = 256  # images of noise, which take the place of test images that are gone
DECISION = ("anomaly_score", "accepted")


def export(run: RunFolder, trained: TrainedModel, collection: Collection | None, to: Path | None = None) -> Path:
    """Write the SavedModel of a trained run, and keep it only if it agrees with the model on the test images.

    Signatures:

    - `serving_default` takes `images`, uint8 (n, height, width, channels), n 0 and up.
    - `encoded` takes `encoded`, strings (n,) of JPEG or PNG bytes, which it decodes and resizes as training did; it
      does not apply EXIF orientation.
    - `encode` takes `images` and returns `latent`.
    - `classes` takes nothing and returns `class_names`.

    The first two return the outputs of the heads that the model has: `label` (n, num_classes), the probabilities,
    `class_name` (n,), the most probable class, `reconstruction` (n, height, width, channels) in [0, 1], and
    `reconstruction_error` (n,), the mean squared error; with a rejection also `anomaly_score` (n,) and `accepted`
    (n,), bool.

    Args:
        run: the run.
        trained: its trained model.
        collection: its images; None if they are gone, and then the SavedModel must agree on noise.
        to: where to write it; None for the run's own `export`.

    Returns:
        The folder of the SavedModel.

    Raises:
        ExportError: a new process could not load it or disagreed; nothing is kept then.
    """
    target = to if to is not None else run.export
    data = run.recipe.data
    with written_whole(target, replaces=to is None) as temporary:
        temporary.mkdir()  # TensorFlow does not name a folder that it may not write to
        class_names = run.facts.class_names if collection is None else collection.class_names
        save(trained, tuple(class_names), data.resize, temporary, data.range)
        warn_if_refused(temporary)
        seal(temporary)
        images = _noise(trained) if collection is None else collection.test
        check_agreement(temporary, trained, images, data.resize, setting(data.range))
    return target


def warn_if_refused(path: Path) -> None:
    """Print a line if `kerasae predict` refuses a SavedModel, as it does for an operation of a plugin's layer."""
    try:
        check_operations(path)
    except RequestError as error:
        stderr_console().print(
            f"export: other programs can serve it, but `kerasae predict` refuses it: {error}", soft_wrap=True
        )


def _noise(trained: TrainedModel) -> ArrayImages:
    """Return unlabelled images of noise in the shape of the model's inputs."""
    images = np.random.default_rng(0).integers(0, 256, (NUM_NOISE, *trained.model.input_shape[1:]), np.uint8)
    return ArrayImages(images, np.full(NUM_NOISE, UNLABELLED), [f"noise/{index}" for index in range(NUM_NOISE)])


def save(
    trained: TrainedModel,
    class_names: tuple[str, ...],
    mode: Resize,
    path: Path,
    value_range: Literal["auto"] | Sequence[float] = "auto",
) -> None:
    """Write the SavedModel with all its signatures to a new folder.

    Args:
        trained: the trained model.
        class_names: in the order of its softmax head; empty without.
        mode: how training resized images.
        path: the folder.
        value_range: the run's `data.range`.
    """
    model = trained.model
    image_shape = tuple(model.input_shape[1:])
    names = tf.constant(class_names or ("",))
    model_with_score = model_with_ood_score(trained)

    def serve(images: tf.Tensor) -> dict[str, tf.Tensor]:
        answers = _call(model_with_score, images)
        outputs = {name: answers[name] for name in (*model.heads, *DECISION) if name in answers}
        if "label" in outputs:
            outputs["class_name"] = tf.gather(names, tf.argmax(outputs["label"], axis=-1))
        if "reconstruction" in outputs:
            outputs["reconstruction_error"] = mean_squared_errors(scale_image_tensor(images), outputs["reconstruction"])
        return outputs

    def serve_encoded(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        images = tf.map_fn(
            lambda content: resize(decode(of_range(content, setting(value_range))), image_shape, mode),
            encoded,
            fn_output_signature=tf.TensorSpec(image_shape, tf.uint8),
        )
        return serve(images)

    def encode(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"latent": tf.cast(_call(model.encoder, scale_image_tensor(images)), tf.float32)}

    images = tf.TensorSpec((None, *image_shape), tf.uint8, name="images")
    archive = keras.export.ExportArchive()
    archive.track(model_with_score)
    archive.add_endpoint("serving_default", serve, [images])
    archive.add_endpoint("encoded", serve_encoded, [tf.TensorSpec((None,), tf.string, name="encoded")])
    archive.add_endpoint("encode", encode, [images])
    if class_names:
        archive.add_endpoint("classes", lambda: {"class_names": tf.identity(names)}, [])
    # Keras traces the layers' own functions too, which AutoGraph would write into the temporary folder.
    tf.autograph.experimental.do_not_convert(archive.write_out)(path, verbose=False)
    ExportFacts(image_shape, class_names, mode, value_range).write(path)


def _call(model: keras.Model, images: tf.Tensor) -> tf.Tensor | dict[str, tf.Tensor]:
    """Call a model; an empty batch becomes one black image, whose outputs are dropped.

    On some CPUs TensorFlow's fused convolutions refuse an empty batch.
    """
    count = tf.shape(images)[0]
    outputs = model(tf.pad(images, [[0, tf.cast(count == 0, tf.int32)], [0, 0], [0, 0], [0, 0]]), training=False)
    return tf.nest.map_structure(lambda values: values[:count], outputs)


def of_range(content: tf.Tensor, limits: Range | None) -> tf.Tensor:
    """Return the bytes of a JPEG or PNG file; the graph raises an error for a file whose values it would map wrongly.

    A file of 16 bits is decoded to its upper 8 bits, which is right only for a run that maps the full range.

    Args:
        content: a scalar string.
        limits: the range that the run maps to 0 to 255; None for a run of 8-bit images.
    """
    if limits == FULL_16:
        return content
    if scales_8_bits(limits):
        refused = tf.constant(True)
    else:
        refused = ~tf.io.is_jpeg(content) & (tf.strings.substr(content, _PNG_DEPTH, 1) == b"\x10")
    kind = "8-bit images" if limits is None else f"images with data.range = {list(limits)}"
    message = f"encoded: this model was trained on {kind}; map the values of this image and use serving_default"
    with tf.control_dependencies([tf.debugging.Assert(~refused, [message])]):
        return tf.identity(content)
