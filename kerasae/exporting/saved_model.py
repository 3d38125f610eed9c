"""The SavedModel: what is served is what was trained, images to named outputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np
import tensorflow as tf

from kerasae.data.array_images import ArrayImages
from kerasae.data.images import UNLABELLED
from kerasae.data.resizing import Resize, resize
from kerasae.data.value_range import FULL_16, Range, scales_8_bits, setting
from kerasae.exporting.decoding import decode
from kerasae.exporting.operations import check_operations
from kerasae.exporting.verification import check_agreement
from kerasae.files.manifest import seal
from kerasae.files.writing import write_json, written_whole
from kerasae.models import JointAutoencoder, TrainedModel, model_with_ood_score
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.runs.run import Run

# Beside the SavedModel, where TensorFlow Serving expects what it does not read itself.
ABOUT = Path("assets.extra") / "kerasae.json"
_PNG_DEPTH = 24  # where a PNG says how many bits its values have
NUM_CHECKED = 256  # images of noise, where there are no others
DECISION = ("anomaly_score", "accepted")


def export(run: Run, trained: TrainedModel, collection: Collection | None, to: Path | None = None) -> Path:
    """Write the SavedModel of a trained run, and keep it only if it agrees with `trained` over the test images.

    Where those are gone (`collection` is None) it has to agree over noise.

    Signatures: `serving_default` takes `images`, uint8 (n, height, width, channels), n 0 and up; `encoded` takes
    `encoded`, strings (n,) of JPEG or PNG bytes, which it decodes and resizes as training did (but does not turn by
    EXIF); `encode` takes `images` and gives `latent`; `classes` takes nothing and gives `class_names`. Outputs of the
    first two: `label` (n, num_classes) probabilities, `class_name` (n,) the most probable one, `reconstruction`
    (n, height, width, channels) in [0, 1], `reconstruction_error` (n,) mean squared error; of these the ones whose
    head the model has; and where it has a rejection `anomaly_score` (n,) and `accepted` (n,), bool.

    Args:
        to: where to write it, or None for the run's own `export`.

    Raises:
        ExportError: a fresh process could not load it or disagreed; nothing is kept then.
    """
    target = to if to is not None else run.export
    data = run.recipe.data
    with written_whole(target, replaces=to is None) as temporary:
        temporary.mkdir()  # TensorFlow would not say where it may not write
        class_names = run.facts.class_names if collection is None else collection.class_names
        save(trained, tuple(class_names), data.resize, temporary, data.range)
        _say_what_predict_refuses(temporary)
        seal(temporary)
        images = _noise(trained.model) if collection is None else collection.test
        check_agreement(temporary, trained, images, data.resize, setting(data.range))
    return target


def _say_what_predict_refuses(path: Path) -> None:
    """Say it if the graph holds an operation, such as of a plugin's layer, that `kerasae predict` takes from nobody."""
    try:
        check_operations(path)
    except RequestError as error:
        stderr_console().print(
            f"export: other programs can serve it, but `kerasae predict` refuses it: {error}", soft_wrap=True
        )


def _noise(model: JointAutoencoder) -> ArrayImages:
    """Return images to compare answers on where a run's own are gone."""
    images = np.random.default_rng(0).integers(0, 256, (NUM_CHECKED, *model.input_shape[1:]), np.uint8)
    return ArrayImages(images, np.full(NUM_CHECKED, UNLABELLED), [f"noise/{index}" for index in range(NUM_CHECKED)])


def save(
    trained: TrainedModel,
    class_names: tuple[str, ...],
    mode: Resize,
    path: Path,
    value_range: Literal["auto"] | Sequence[float] = "auto",
) -> None:
    """Write the SavedModel with all its signatures to a new folder; `value_range` is the run's `data.range`."""
    model = trained.model
    image_shape = tuple(model.input_shape[1:])
    names = tf.constant(class_names or ("",))
    whole = model_with_ood_score(trained)

    def serve(images: tf.Tensor) -> dict[str, tf.Tensor]:
        fed = _fed(whole, images)
        outputs: dict[str, Any] = {name: fed[name] for name in (*model.heads, *DECISION) if name in fed}
        if "label" in outputs:
            outputs["class_name"] = tf.gather(names, tf.argmax(outputs["label"], axis=-1))
        if "reconstruction" in outputs:
            error = outputs["reconstruction"] - tf.cast(images, tf.float32) / 255.0
            outputs["reconstruction_error"] = tf.reduce_mean(tf.square(error), axis=[1, 2, 3])
        return outputs

    def serve_encoded(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        image_set = tf.map_fn(
            lambda content: resize(decode(of_range(content, setting(value_range))), image_shape, mode),
            encoded,
            fn_output_signature=tf.TensorSpec(image_shape, tf.uint8),
        )
        return serve(image_set)

    def encode(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"latent": tf.cast(_fed(model.encoder, tf.cast(images, tf.float32) / 255.0), tf.float32)}

    image_set = tf.TensorSpec((None, *image_shape), tf.uint8, name="images")
    archive = keras.export.ExportArchive()
    archive.track(whole)
    archive.add_endpoint("serving_default", serve, [image_set])
    archive.add_endpoint("encoded", serve_encoded, [tf.TensorSpec((None,), tf.string, name="encoded")])
    archive.add_endpoint("encode", encode, [image_set])
    if class_names:
        archive.add_endpoint("classes", lambda: {"class_names": tf.identity(names)}, [])
    # Keras traces the layers' own functions too, which AutoGraph would write into the temporary folder.
    tf.autograph.experimental.do_not_convert(archive.write_out)(path, verbose=False)
    about = {"image_shape": image_shape, "class_names": class_names, "resize": mode, "range": value_range}
    write_json(path / ABOUT, about)


def _fed(model: Any, images: tf.Tensor) -> Any:
    """Call a model; an empty batch goes in as one black image that is dropped again.

    On some CPUs TensorFlow's fused convolutions refuse an empty batch.
    """
    count = tf.shape(images)[0]
    outputs = model(tf.pad(images, [[0, tf.cast(count == 0, tf.int32)], [0, 0], [0, 0], [0, 0]]), training=False)
    return tf.nest.map_structure(lambda values: values[:count], outputs)


def of_range(content: tf.Tensor, limits: Range | None) -> tf.Tensor:
    """Return JPEG or PNG bytes; fails when run for those whose values a run does not map by their upper 8 bits.

    Args:
        content: a scalar string.
        limits: the range that the run maps to 0 to 255, None for a run of 8-bit images.
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
