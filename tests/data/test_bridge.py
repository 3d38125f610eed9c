"""kerasae.data.dataset: the elements, and that nothing random lives outside (seed, epoch, position)."""

import numpy as np
import pytest
import tensorflow as tf

import augment
from kerasae.data.array_images import ArrayImages
from kerasae.data.dataset import Targets, evaluation_dataset, training_dataset
from kerasae.data.epoch_sampler import EpochOrder

RANDOM = np.random.default_rng(0)
LABELS = np.where(np.arange(45) % 9 == 0, -1, np.arange(45) % 3)
IMAGES = ArrayImages(RANDOM.integers(0, 256, (45, 8, 6, 3), dtype=np.uint8), LABELS, [str(n) for n in range(45)])
TARGETS = Targets(("reconstruction", "label"), 3)
TRANSFORMS = [augment.Contrast((0.5, 1.5)), augment.Equalize(probability=0.5), augment.Rotate((-20, 20))]


def epochs(first: int, stop: int, engine: str = "native", transforms: list = TRANSFORMS, seed: int = 5) -> list[bytes]:
    order = EpochOrder(LABELS, 10, None, seed)
    dataset = training_dataset(IMAGES, TARGETS, order, transforms, epochs=range(first, stop), engine=engine)
    return [b"".join(array.tobytes() for array in tf.nest.flatten(element)) for element in dataset.as_numpy_iterator()]


def test_elements_follow_the_contract() -> None:
    order = EpochOrder(LABELS, 10, None, 0)
    images, targets, weights = next(iter(training_dataset(IMAGES, TARGETS, order, [], epochs=range(1))))
    indices = order.at(0, np.arange(10))
    np.testing.assert_array_equal(images, IMAGES.images[indices])
    np.testing.assert_array_equal(
        targets["reconstruction"], IMAGES.images[indices].astype(np.float32) / np.float32(255)
    )
    rows = (LABELS[indices][:, None] == np.arange(3)).astype(np.float32)
    np.testing.assert_array_equal(targets["label"], rows)
    np.testing.assert_array_equal(weights["label"], rows.sum(1))
    np.testing.assert_array_equal(weights["reconstruction"], np.ones(10))
    assert images.dtype == tf.uint8


@pytest.mark.parametrize("heads", [("reconstruction",), ("label",)])
def test_targets_of_the_heads_alone(heads: tuple) -> None:
    dataset = evaluation_dataset(IMAGES, Targets(heads, TARGETS.num_classes), batch_size=20)
    _, targets, weights = next(iter(dataset))
    assert set(targets) == set(weights) == set(heads)


def test_evaluation_gives_every_image_once_in_order() -> None:
    batches = [images.numpy() for images, _, _ in evaluation_dataset(IMAGES, TARGETS, batch_size=20)]
    assert [len(batch) for batch in batches] == [20, 20, 5]
    np.testing.assert_array_equal(np.concatenate(batches), IMAGES.images)


def test_epochs_differ_repeat_and_resume() -> None:
    through = epochs(0, 3)
    assert epochs(0, 3) == through
    assert epochs(1, 3) == through[4:]
    assert len(set(through)) == len(through) == 12
    assert epochs(0, 3, seed=6) != through


def test_both_engines_give_the_same_bytes() -> None:
    assert epochs(0, 2, "pil") == epochs(0, 2, "native")


def test_augmented_images_are_their_own_targets() -> None:
    order = EpochOrder(LABELS, 10, None, 0)
    images, targets, _ = next(iter(training_dataset(IMAGES, TARGETS, order, TRANSFORMS, epochs=range(1))))
    assert not np.array_equal(images, IMAGES.images[order.at(0, np.arange(10))])
    np.testing.assert_allclose(targets["reconstruction"] * 255, tf.cast(images, tf.float32), atol=1e-4)


@pytest.mark.parametrize("engine", ["native", "pil"])
def test_corruption_changes_the_input_alone_and_draws_for_itself(engine: str) -> None:
    noise, order = augment.GaussianNoise((20, 20)), EpochOrder(LABELS, 10, None, 5)
    grey = ArrayImages(np.full_like(IMAGES.images, 128), LABELS, IMAGES.names)

    def batches(first: int, *corruptions: augment.Transform) -> list:
        return list(
            training_dataset(
                grey, TARGETS, order, [noise], None, corruptions, epochs=range(first, 2), engine=engine
            ).as_numpy_iterator()
        )

    corrupted = batches(0, noise)
    for (plain, *clean), (images, *rest) in zip(batches(0), corrupted, strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, rest, clean)
        first, second = plain.astype(float) - 128, images.astype(float) - plain
        assert abs(second.std() - 20) < 2  # 1,440 values: five standard errors of a deviation are 1.9
        # Drawn from the stream of the augmentation, it would be the same noise once more.
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 5 / first.size**0.5
    for one, other in zip(batches(1, noise), corrupted[order.steps :], strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def test_a_mixed_image_is_corrupted_once_it_is_mixed() -> None:
    order, mask = EpochOrder(LABELS, 10, None, 0), augment.Mask(2, ratio=0.5, fill=255)
    dataset = training_dataset(IMAGES, TARGETS, order, [], augment.MixUp(1.0), [mask], epochs=range(1))
    for images, targets, _ in dataset.as_numpy_iterator():
        changed = (images != np.round(targets["reconstruction"] * 255)).any(-1)
        assert (images[changed] == 255).all()
        np.testing.assert_allclose(changed.mean((1, 2)), 0.5, atol=0.05)  # 6 of 12 patches; a pixel may be white


@pytest.mark.parametrize("mixing", [augment.MixUp(1.0), augment.CutMix(1.0)])
def test_mixed_images_keep_the_share_of_their_labels_in_the_weight(mixing: augment.Mixing) -> None:
    order, partly = EpochOrder(LABELS, 10, None, 0), 0
    for images, targets, weights in training_dataset(IMAGES, TARGETS, order, TRANSFORMS, mixing, epochs=range(3)):
        sums = targets["label"].numpy().sum(1)
        assert np.all(np.isclose(sums, 1, atol=1e-5) | (sums == 0))
        partly += int(((targets["label"].numpy() > 0.05).sum(1) == 2).sum())
        assert weights["label"].numpy().max() <= 1 + 1e-5
        np.testing.assert_allclose(targets["reconstruction"] * 255, tf.cast(images, tf.float32), atol=1e-4)
    assert partly > 10


def test_partners_do_not_depend_on_where_training_starts() -> None:
    order = EpochOrder(LABELS, 10, None, 0)

    def images(first: int) -> list[bytes]:
        dataset = training_dataset(IMAGES, TARGETS, order, TRANSFORMS, augment.MixUp(1.0), epochs=range(first, 3))
        return [element[0].numpy().tobytes() for element in dataset]

    assert images(1) == images(0)[order.steps :]


def test_no_iterator_waits_for_the_tuner() -> None:
    order = EpochOrder(LABELS, 10, None, 0)
    for dataset in (
        training_dataset(IMAGES, TARGETS, order, TRANSFORMS, epochs=range(1)),
        evaluation_dataset(IMAGES, TARGETS, batch_size=20),
    ):
        assert dataset.options().autotune.enabled is False
