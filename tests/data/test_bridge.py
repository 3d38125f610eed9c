"""kerasae.data.dataset: the elements, and that nothing random lives outside (seed, epoch, position)."""

import numpy as np
import pytest
import tensorflow as tf

import augment
from kerasae.data.dataset import Targets, evaluation_dataset, training_dataset
from kerasae.data.order import EpochOrder
from kerasae.data.pictures import ArrayPictures

RANDOM = np.random.default_rng(0)
LABELS = np.where(np.arange(45) % 9 == 0, -1, np.arange(45) % 3)
PICTURES = ArrayPictures(RANDOM.integers(0, 256, (45, 8, 6, 3), dtype=np.uint8), LABELS, [str(n) for n in range(45)])
TARGETS = Targets(("reconstruction", "label"), np.array([1, 2, 4], np.float32))
TRANSFORMS = [augment.Contrast((0.5, 1.5)), augment.Equalize(probability=0.5), augment.Rotate((-20, 20))]


def epochs(first: int, stop: int, engine: str = "native", transforms: list = TRANSFORMS, seed: int = 5) -> list[bytes]:
    order = EpochOrder(LABELS, 10, None, seed)
    dataset = training_dataset(PICTURES, TARGETS, order, transforms, epochs=range(first, stop), engine=engine)
    return [b"".join(array.tobytes() for array in tf.nest.flatten(element)) for element in dataset.as_numpy_iterator()]


def test_elements_follow_the_contract() -> None:
    order = EpochOrder(LABELS, 10, None, 0)
    images, targets, weights = next(iter(training_dataset(PICTURES, TARGETS, order, [], epochs=range(1))))
    indices = order.at(0, np.arange(10))
    np.testing.assert_array_equal(images, PICTURES.images[indices])
    np.testing.assert_array_equal(
        targets["reconstruction"], PICTURES.images[indices].astype(np.float32) / np.float32(255)
    )
    rows = (LABELS[indices][:, None] == np.arange(3)).astype(np.float32)
    np.testing.assert_array_equal(targets["label"], rows)
    np.testing.assert_array_equal(weights["label"], rows @ [1, 2, 4])
    np.testing.assert_array_equal(weights["reconstruction"], np.ones(10))
    assert images.dtype == tf.uint8


@pytest.mark.parametrize("heads", [("reconstruction",), ("label",)])
def test_targets_of_the_heads_alone(heads: tuple) -> None:
    dataset = evaluation_dataset(PICTURES, Targets(heads, TARGETS.class_weights), batch_size=20)
    _, targets, weights = next(iter(dataset))
    assert set(targets) == set(weights) == set(heads)


def test_evaluation_gives_every_picture_once_in_order() -> None:
    batches = [images.numpy() for images, _, _ in evaluation_dataset(PICTURES, TARGETS, batch_size=20)]
    assert [len(batch) for batch in batches] == [20, 20, 5]
    np.testing.assert_array_equal(np.concatenate(batches), PICTURES.images)


def test_epochs_differ_repeat_and_resume() -> None:
    through = epochs(0, 3)
    assert epochs(0, 3) == through
    assert epochs(1, 3) == through[4:]
    assert len(set(through)) == len(through) == 12
    assert epochs(0, 3, seed=6) != through


def test_both_engines_give_the_same_bytes() -> None:
    assert epochs(0, 2, "pil") == epochs(0, 2, "native")


def test_augmented_pictures_are_their_own_targets() -> None:
    order = EpochOrder(LABELS, 10, None, 0)
    images, targets, _ = next(iter(training_dataset(PICTURES, TARGETS, order, TRANSFORMS, epochs=range(1))))
    assert not np.array_equal(images, PICTURES.images[order.at(0, np.arange(10))])
    np.testing.assert_allclose(targets["reconstruction"] * 255, tf.cast(images, tf.float32), atol=1e-4)


@pytest.mark.parametrize("mixing", [augment.MixUp(1.0), augment.CutMix(1.0)])
def test_mixed_pictures_keep_the_share_of_their_labels_in_the_weight(mixing: augment.Mixing) -> None:
    order, partly = EpochOrder(LABELS, 10, None, 0), 0
    for images, targets, weights in training_dataset(PICTURES, TARGETS, order, TRANSFORMS, mixing, epochs=range(3)):
        sums = targets["label"].numpy().sum(1)
        assert np.all(np.isclose(sums, 1, atol=1e-5) | (sums == 0))
        partly += int(((targets["label"].numpy() > 0.05).sum(1) == 2).sum())
        # The weight of two labelled pictures is the mean of their class weights by share: between 1 and 4.
        assert weights["label"].numpy().max() <= 4 + 1e-5
        np.testing.assert_allclose(targets["reconstruction"] * 255, tf.cast(images, tf.float32), atol=1e-4)
    assert partly > 10


def test_partners_do_not_depend_on_where_training_starts() -> None:
    order = EpochOrder(LABELS, 10, None, 0)

    def images(first: int) -> list[bytes]:
        dataset = training_dataset(PICTURES, TARGETS, order, TRANSFORMS, augment.MixUp(1.0), epochs=range(first, 3))
        return [element[0].numpy().tobytes() for element in dataset]

    assert images(1) == images(0)[order.steps :]
