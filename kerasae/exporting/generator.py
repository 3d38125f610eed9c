"""The SavedModel of a generator: noise, and a class, to images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from kerasae.exporting.saved_model import ABOUT
from kerasae.exporting.verification import Call, check_served
from kerasae.files.manifest import seal
from kerasae.files.writing import write_json, written_whole

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.models import AdversarialModel
    from kerasae.runs.run import Run

NUM_CHECKED = 256
GREY_LEVEL = 1.0  # another batch moves the last bits of a float, which may round to the next level


def export_generator(run: Run, model: AdversarialModel, collection: Collection, to: Path | None = None) -> Path:
    """Write the SavedModel of an adversarial run's generator, and keep it only if it agrees with `model`.

    Signatures: `serving_default` takes `noise`, float32 (n, noise_dim), standard normal, and where there are classes
    `label`, int64 (n,), their indices, and gives `images`, uint8 (n, height, width, channels); `sample` takes `count`,
    `seed` and `label`, int64 scalars, and draws the noise itself; `classes` takes nothing and gives `class_names`.

    Args:
        to: where to write it, or None for the run's own `export`.

    Raises:
        ExportError: a fresh process could not load it or disagreed; nothing is kept then.
    """
    target = to if to is not None else run.export
    with written_whole(target, replaces=to is None) as temporary:
        temporary.mkdir()  # TensorFlow would not say where it may not write
        _save(model, collection.class_names if model.num_classes else (), temporary)
        seal(temporary)
        random = np.random.default_rng(0)
        given: dict[str, np.ndarray] = {
            "noise": random.standard_normal((NUM_CHECKED, model.noise_dim)).astype(np.float32)
        }
        rows = None
        if model.num_classes:
            given["label"] = np.arange(NUM_CHECKED, dtype=np.int64) % model.num_classes
            rows = np.eye(model.num_classes, dtype=np.float32)[given["label"]]
        scaled = keras.ops.convert_to_numpy(model.drawn(given["noise"], rows))
        check_served(temporary, [Call(given, {"images": np.rint(255 * scaled).astype(np.uint8)})], GREY_LEVEL)
    return target


def _save(model: AdversarialModel, class_names: tuple[str, ...], path: Path) -> None:
    """Write the SavedModel with all its signatures to a new folder."""

    def images(noise: tf.Tensor, label: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        row = None if label is None else tf.one_hot(label, model.num_classes)
        scaled = model.drawn(noise, row)
        return {"images": tf.cast(tf.round(255.0 * tf.clip_by_value(scaled, 0.0, 1.0)), tf.uint8)}

    def drawn(count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
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
            lambda count, seed, label: images(drawn(count, seed), tf.repeat(label, tf.cast(count, tf.int32))),
            [scalar["count"], scalar["seed"], scalar["label"]],
        )
        archive.add_endpoint("classes", lambda: {"class_names": tf.constant(class_names)}, [])
    else:
        archive.add_endpoint("serving_default", images, [noise])
        archive.add_endpoint(
            "sample", lambda count, seed: images(drawn(count, seed)), [scalar["count"], scalar["seed"]]
        )
    # Keras traces the layers' own functions too, which AutoGraph would write into the temporary folder.
    tf.autograph.experimental.do_not_convert(archive.write_out)(path, verbose=False)
    write_json(path / ABOUT, {"generates": True, "image_shape": model.image_shape, "class_names": class_names})
