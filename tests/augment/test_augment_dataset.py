"""The bridges to tf.data against the NumPy functions."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from augment_catalogue import TRANSFORMS, sample_images

import augment

NUM, MANY = 37, 259
IMAGES = sample_images((NUM, 16, 12, 3))
LABELS = np.arange(NUM)
ROWS = np.eye(5, dtype=np.float32)[LABELS % 5]
ALL = list(TRANSFORMS.values())
EXPECTED = augment.apply(IMAGES, ALL, seed=3, epoch=1)


def collected(dataset: Any, index: int = 0) -> Any:
    spec = dataset.element_spec
    batched = (spec[0] if isinstance(spec, tuple) else spec).shape.rank == 4
    parts = [element[index] if isinstance(element, tuple) else element for element in dataset.as_numpy_iterator()]
    return np.concatenate(parts) if batched else np.stack(parts)


@pytest.fixture(scope="module")
def many() -> tuple[Any, Any]:
    """More images than the largest batch, and what becomes of them."""
    images = sample_images((MANY, 6, 5, 3))
    return images, augment.apply(images, ALL, seed=3, epoch=1)


@pytest.mark.parametrize("calls", [1, 2, 8])
@pytest.mark.parametrize("size", [1, 7, 256])
def test_batch_size_and_parallel_calls_change_nothing(calls: int, size: int, many: tuple[Any, Any]) -> None:
    images, expected = many
    dataset = tf.data.Dataset.from_tensor_slices((images, np.arange(MANY))).batch(size)
    mapped = augment.map(dataset, ALL, seed=3, epoch=1, num_parallel_calls=calls)
    assert mapped.element_spec == dataset.element_spec
    np.testing.assert_array_equal(collected(mapped), expected)
    np.testing.assert_array_equal(collected(mapped, 1), np.arange(MANY))


def test_an_epoch_read_again_or_from_its_middle_on_repeats() -> None:
    dataset = tf.data.Dataset.from_tensor_slices(IMAGES).batch(5)
    mapped = augment.map(dataset, ALL, seed=3, epoch=1)
    np.testing.assert_array_equal(collected(mapped), EXPECTED)
    np.testing.assert_array_equal(collected(mapped), EXPECTED)
    np.testing.assert_array_equal(collected(mapped.skip(3)), EXPECTED[15:])
    later = augment.map(dataset, ALL, seed=3, epoch=2)
    differing = (collected(later) != EXPECTED).any((1, 2, 3))
    assert differing.mean() > 0.9


def test_another_process_resumes_with_the_same_bytes() -> None:
    code = (
        "import sys, hashlib, numpy, augment; sys.path.insert(0, 'tests/augment'); import augment_catalogue as c; "
        "images = c.sample_images((37, 16, 12, 3))[20:]; places = numpy.arange(20, 37); "
        "changed = augment.apply(images, list(c.TRANSFORMS.values()), seed=3, epoch=1, positions=places); "
        "print(hashlib.sha256(changed.tobytes()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == hashlib.sha256(EXPECTED[20:].tobytes()).hexdigest()


def test_single_images_and_pillows_engine() -> None:
    single = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
    np.testing.assert_array_equal(collected(augment.map(single, ALL, seed=3, epoch=1)), EXPECTED)
    alone = tf.data.Dataset.from_tensor_slices(IMAGES).batch(8, drop_remainder=True)
    mapped = augment.map(alone, ALL, seed=3, epoch=1, engine="pil")
    assert mapped.element_spec == alone.element_spec
    np.testing.assert_array_equal(collected(mapped), EXPECTED[:32])


def test_one_batch_in_a_graph_with_the_epoch_as_a_tensor() -> None:
    @tf.function
    def graph(images: Any, epoch: Any) -> Any:
        changed = augment.augment_batch(images, ALL, seed=3, epoch=epoch, positions=tf.range(NUM))
        assert changed.shape == images.shape
        return changed

    np.testing.assert_array_equal(graph(IMAGES, tf.constant(1, tf.int64)), EXPECTED)
    other = augment.apply(IMAGES, ALL, seed=3, epoch=2)
    assert (other != EXPECTED).any()
    np.testing.assert_array_equal(graph(IMAGES, tf.constant(2, tf.int64)), other)


@pytest.mark.parametrize("mixing", [augment.MixUp(1.0), augment.CutMix()], ids=repr)
def test_mixing_a_dataset(mixing: augment.Mixing) -> None:
    single = tf.data.Dataset.from_tensor_slices((IMAGES, ROWS))
    key: dict[str, Any] = {"seed": 3, "epoch": 1, "mixing": mixing}
    whole = augment.map(single.batch(NUM), ALL, **key)
    images, rows = next(whole.as_numpy_iterator())
    np.testing.assert_allclose(rows.sum(1), 1.0, atol=1e-6)  # two float32 shares
    # The partner of each image is one shift away, the same for all, and takes part after its own transforms.
    params = mixing.parameters(3, 1, LABELS)
    fits = [
        np.array_equal(mixing.run(EXPECTED, np.roll(EXPECTED, -shift, 0), ROWS, ROWS, params)[0], images)
        for shift in range(NUM)
    ]
    assert sum(fits) == 1
    assert not fits[0]
    for dataset in (single, single.batch(7)):
        mapped = augment.map(dataset, ALL, **key)
        assert mapped.element_spec == dataset.element_spec
        np.testing.assert_array_equal(collected(mapped), images)
        np.testing.assert_array_equal(collected(mapped, 1), rows)


def test_mixing_batches_whose_partners_were_gathered() -> None:
    mixing = augment.CutMix(probability=0.5)
    places = tf.range(10, dtype=tf.int64)
    partner = augment.partners(places, mixing, seed=1, epoch=2, size=NUM)
    np.testing.assert_array_equal(partner, mixing.partner(1, 2, np.arange(10), NUM))
    mixed = augment.mix_batch(
        tf.constant(IMAGES[:10]),
        tf.gather(IMAGES, partner),
        tf.constant(ROWS[:10]),
        tf.gather(ROWS, partner),
        mixing,
        seed=1,
        epoch=2,
        positions=places,
    )
    others = IMAGES[partner.numpy()], ROWS[partner.numpy()]
    expected = mixing.run(IMAGES[:10], others[0], ROWS[:10], others[1], mixing.parameters(1, 2, range(10)))
    np.testing.assert_array_equal(mixed[0], expected[0])
    np.testing.assert_array_equal(mixed[1], expected[1])


@pytest.mark.parametrize(
    ("dataset", "options", "error", "message"),
    [
        (IMAGES.astype(np.float32), {}, TypeError, "dtype uint8.*Received: float32"),
        (IMAGES[..., :2], {}, ValueError, r"C in \(1, 3\)"),
        (LABELS, {}, ValueError, "dataset of images"),
        ({"image": IMAGES}, {}, ValueError, "dataset of images"),
        (IMAGES, {"engine": "gpu"}, ValueError, "`engine` of map"),
        (IMAGES, {"mixing": augment.MixUp()}, ValueError, "float32 label rows"),
        ((IMAGES, LABELS), {"mixing": augment.MixUp()}, ValueError, "one-hot encode"),
    ],
)
def test_other_datasets_are_refused(dataset: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        augment.map(tf.data.Dataset.from_tensor_slices(dataset), [], seed=0, **options)


def test_an_endless_dataset_cannot_be_mixed() -> None:
    endless = tf.data.Dataset.from_tensor_slices((IMAGES, ROWS)).repeat()
    with pytest.raises(ValueError, match="a dataset with an end"):
        augment.map(endless, [], seed=0, mixing=augment.MixUp())


def test_importing_augment_imports_neither_tensorflow_nor_numba_nor_keras() -> None:
    code = "import augment, sys; print([n for n in ('tensorflow', 'keras', 'numba', 'kerasae') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_composition_given_alone_keeps_its_probability() -> None:
    sometimes = augment.Compose([augment.Invert()], probability=0.5)
    changed = collected(augment.map(tf.data.Dataset.from_tensor_slices(IMAGES).batch(8), sometimes, seed=0))
    np.testing.assert_array_equal(changed, augment.apply(IMAGES, sometimes, seed=0))
    assert 5 < sum(not np.array_equal(*pair) for pair in zip(changed, IMAGES, strict=True)) < 32
