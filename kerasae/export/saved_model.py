"""The SavedModel: what is served is what was trained, pictures to named outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from kerasae.data.collection import Collection
from kerasae.data.decoding import Resize, resize
from kerasae.export.gate import check_agreement
from kerasae.models import JointAutoencoder, guarded
from kerasae.runs import Run, write_json, written_whole

# Beside the SavedModel, where TensorFlow Serving expects what it does not read itself.
ABOUT = Path("assets.extra") / "kerasae.json"
DECISION = ("anomaly_score", "accepted")


def export(run: Run, model: JointAutoencoder, collection: Collection, to: Path | None = None) -> Path:
    """Write the SavedModel of a trained run, and keep it only if it agrees with `model` over the test pictures.

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
    mode = run.recipe.data.resize
    with written_whole(target, replaces=to is None) as temporary:
        temporary.mkdir()  # TensorFlow would not say where it may not write
        save(model, collection.class_names, mode, temporary)
        check_agreement(temporary, model, collection.test)
    return target


def save(model: JointAutoencoder, class_names: tuple[str, ...], mode: Resize, path: Path) -> None:
    """Write the SavedModel with all its signatures to a new folder."""
    image_shape = tuple(model.input_shape[1:])
    names = tf.constant(class_names or ("",))
    whole = guarded(model)

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
        pictures = tf.map_fn(
            lambda content: resize(decode(content), image_shape, mode),
            encoded,
            fn_output_signature=tf.TensorSpec(image_shape, tf.uint8),
        )
        return serve(pictures)

    def encode(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"latent": tf.cast(_fed(model.encoder, tf.cast(images, tf.float32) / 255.0), tf.float32)}

    pictures = tf.TensorSpec((None, *image_shape), tf.uint8, name="images")
    archive = keras.export.ExportArchive()
    archive.track(whole)
    archive.add_endpoint("serving_default", serve, [pictures])
    archive.add_endpoint("encoded", serve_encoded, [tf.TensorSpec((None,), tf.string, name="encoded")])
    archive.add_endpoint("encode", encode, [pictures])
    if class_names:
        archive.add_endpoint("classes", lambda: {"class_names": tf.identity(names)}, [])
    # Keras traces the layers' own functions too, which AutoGraph would write into the temporary folder.
    tf.autograph.experimental.do_not_convert(archive.write_out)(path, verbose=False)
    write_json(path / ABOUT, {"image_shape": image_shape, "class_names": class_names, "resize": mode})


def _fed(model: Any, images: tf.Tensor) -> Any:
    """Call a model; an empty batch goes in as one black picture that is dropped again.

    On some CPUs TensorFlow's fused convolutions refuse an empty batch.
    """
    count = tf.shape(images)[0]
    outputs = model(tf.pad(images, [[0, tf.cast(count == 0, tf.int32)], [0, 0], [0, 0], [0, 0]]), training=False)
    return tf.nest.map_structure(lambda values: values[:count], outputs)


def decode(content: tf.Tensor) -> tf.Tensor:
    """Decode JPEG or PNG bytes to uint8 (height, width, channels), to the bit as Pillow does."""
    picture = tf.cond(
        tf.io.is_jpeg(content),
        # The exact inverse transform; the default one is faster and differs from Pillow's by a few grey levels.
        lambda: tf.io.decode_jpeg(content, dct_method="INTEGER_ACCURATE"),
        # With alpha, or what the file says is transparent would be lost where it is one colour of many.
        lambda: tf.io.decode_png(content, channels=4),
    )
    return tf.ensure_shape(picture, [None, None, None])
