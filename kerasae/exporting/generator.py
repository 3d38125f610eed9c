"""The export of a generator as a SavedModel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from kerasae.exporting.verification import ServedBatch, check_served
from kerasae.files.manifest import seal
from kerasae.files.writing import written_whole
from kerasae.inference.export_facts import ExportFacts

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.models import AdversarialModel
    from kerasae.runs.folder import RunFolder

NUM_CHECKED = 256
GREY_LEVEL = 1.0  # another batch size changes the last bits of a float, which may then round to the next level


def export_generator(run: RunFolder, model: AdversarialModel, collection: Collection, to: Path | None = None) -> Path:
    """Write the SavedModel of an adversarial run's generator, and keep it only if it agrees with the model.

    Signatures:

    - `serving_default` takes `noise`, float32 (n, noise_dim), standard normal, and for a conditional generator `label`,
      int64 (n,), and returns `images`, uint8 (n, height, width, channels).
    - `sample` takes `count`, `seed` and for a conditional generator `label`, int64 scalars; it samples the noise.
    - `classes` takes nothing and returns `class_names`.

    Args:
        run: the run.
        model: its trained model.
        collection: its images, which name the classes.
        to: where to write it; None for the run's own `export`.

    Returns:
        The folder of the SavedModel.

    Raises:
        ExportError: a new process could not load it or disagreed; nothing is kept then.
    """
    target = to if to is not None else run.export
    with written_whole(target, replaces=to is None) as temporary:
        temporary.mkdir()  # TensorFlow does not name a folder that it may not write to
        save_generator(model, collection.class_names if model.num_classes else (), temporary)
        seal(temporary)
        check_served(temporary, [_random_batch(model)], GREY_LEVEL)
    return target


def _random_batch(model: AdversarialModel) -> ServedBatch:
    """Return noise, with labels for a conditional generator, and the images that the model generates from it."""
    random = np.random.default_rng(0)
    inputs: dict[str, np.ndarray] = {"noise": random.standard_normal((NUM_CHECKED, model.noise_dim)).astype(np.float32)}
    rows = None
    if model.num_classes:
        inputs["label"] = np.arange(NUM_CHECKED, dtype=np.int64) % model.num_classes
        rows = np.eye(model.num_classes, dtype=np.float32)[inputs["label"]]
    scaled = keras.ops.convert_to_numpy(model.drawn(inputs["noise"], rows))
    return ServedBatch(inputs, {"images": np.rint(255 * scaled).astype(np.uint8)})


def save_generator(model: AdversarialModel, class_names: tuple[str, ...], path: Path) -> None:
    """Write the SavedModel with all its signatures to a new folder."""

    def images(noise: tf.Tensor, label: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        row = None if label is None else tf.one_hot(label, model.num_classes)
        scaled = model.drawn(noise, row)
        return {"images": tf.cast(tf.round(255.0 * tf.clip_by_value(scaled, 0.0, 1.0)), tf.uint8)}

    def sampled_noise(count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        shape = tf.stack([tf.cast(count, tf.int32), model.noise_dim])
        return tf.random.stateless_normal(shape, tf.stack([seed, tf.zeros_like(seed)]), alg="philox")

    scalar = {name: tf.TensorSpec((), tf.int64, name=name) for name in ("count", "seed", "label")}
    noise = tf.TensorSpec((None, model.noise_dim), tf.float32, name="noise")
    archive = keras.export.ExportArchive()
    archive.track(model.generator)
    if model.num_classes:
        labels = tf.TensorSpec((None,), tf.int64, name="label")
        archive.add_endpoint("serving_default", images, [noise, labels])
        archive.add_endpoint(
            "sample",
            lambda count, seed, label: images(sampled_noise(count, seed), tf.repeat(label, tf.cast(count, tf.int32))),
            [scalar["count"], scalar["seed"], scalar["label"]],
        )
        archive.add_endpoint("classes", lambda: {"class_names": tf.constant(class_names)}, [])
    else:
        archive.add_endpoint("serving_default", images, [noise])
        archive.add_endpoint(
            "sample", lambda count, seed: images(sampled_noise(count, seed)), [scalar["count"], scalar["seed"]]
        )
    # Keras traces the layers' own functions too, which AutoGraph would write into the temporary folder.
    tf.autograph.experimental.do_not_convert(archive.write_out)(path, verbose=False)
    ExportFacts(model.image_shape, class_names, generates=True).write(path)
