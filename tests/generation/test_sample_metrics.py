"""The judgement of samples that are known: real images, copies, one image again and again."""

from pathlib import Path

import numpy as np
import pytest

from kerasae.data.array_images import ArrayImages
from kerasae.data.collection import Collection
from kerasae.generation.judge import Judge, Opinion
from kerasae.generation.method import Method, Samples
from kerasae.generation.sample_metrics import Reality, agreement, flat
from kerasae.models import load_trained
from kerasae.runs.data_facts import DataFacts
from kerasae.runs.run import Run

RANDOM = np.random.default_rng(0)


def sample_images(count: int) -> ArrayImages:
    """Noise around a grey level that tells the class."""
    labels = np.arange(count) % 2
    images = RANDOM.integers(0, 100, (count, 8, 8, 1)) + 100 * labels[:, None, None, None]
    return ArrayImages(images.astype(np.uint8), labels, [str(index) for index in range(count)])


class Brightness:
    """A judge that goes by the mean grey."""

    path = "brightness"

    def __call__(self, images: np.ndarray) -> Opinion:
        means = images.reshape(len(images), -1).mean(axis=1)
        features = np.stack([means / 255.0, images.reshape(len(images), -1).std(axis=1) / 255.0], axis=1)
        return Opinion((means > 100).astype(int), features.astype(np.float32))


@pytest.fixture(scope="module")
def reality() -> Reality:
    collection = Collection(
        sample_images(300),
        sample_images(10),
        sample_images(200),
        ("dark", "bright"),
        (8, 8, 1),
        np.ones(2, np.float32),
        DataFacts(),
    )
    return Reality(collection, Brightness(), [0, 1])


def samples(images: np.ndarray, labels: np.ndarray, *, by_class: bool = True) -> Samples:
    return Samples(Method("some", "words", by_class, lambda *_: images), images, labels)


def test_new_images_of_the_same_kind_are_as_good_as_real_ones(reality: Reality) -> None:
    new = sample_images(200)
    found = reality.judged(samples(new.images, new.labels)).found
    real = reality.summary()
    assert found["agreement"]["overall"] == real["agreement"]["overall"] == 1.0
    assert found["diversity"]["pixels"] == pytest.approx(real["diversity"]["pixels"], rel=0.05)
    assert found["nearest"]["median"] == pytest.approx(real["nearest"]["median"], rel=0.05)
    assert found["nearest"]["copies"] < 0.1
    assert found["frechet"]["distance"] < 0.001
    assert found["frechet"]["num_pictures"] == 200


def test_copies_are_found(reality: Reality) -> None:
    train = reality.collection.train
    judged = reality.judged(samples(train.load(np.arange(50)), train.labels[:50]))
    assert judged.found["nearest"]["copies"] == 1.0
    np.testing.assert_array_equal(judged.neighbours, np.arange(50))
    assert reality.summary()["nearest"]["copies"] == pytest.approx(0.01, abs=0.01)  # by definition


def test_one_image_again_and_again(reality: Reality) -> None:
    images = np.repeat(reality.collection.test.load([0]), 40, axis=0)
    found = reality.judged(samples(images, np.zeros(40, int))).found
    assert found["diversity"] == pytest.approx({"pixels": 0.0, "features": 0.0}, abs=1e-9)
    assert found["agreement"]["per_class"] == {"dark": 1.0}


def test_samples_of_no_class_are_counted(reality: Reality) -> None:
    test = reality.collection.test
    dark = np.flatnonzero(test.labels == 0)[:30]
    bright = np.flatnonzero(test.labels == 1)[:10]
    images = test.load(np.concatenate([dark, bright]))
    found = reality.judged(samples(images, np.full(40, -1), by_class=False)).found
    assert "agreement" not in found
    assert found["balance"]["per_class"]["dark"] == {"share": 0.75, "training": 0.5}
    assert found["balance"]["distance"] == pytest.approx(0.25)


def test_without_a_judge_pixels_remain(reality: Reality) -> None:
    alone = Reality(reality.collection, None, [])
    found = alone.judged(samples(sample_images(20).images, np.full(20, -1), by_class=False)).found
    assert set(found) == {"words", "num_pictures", "diversity", "nearest"}
    assert set(found["diversity"]) == {"pixels"}


def test_agreement_by_hand() -> None:
    found = agreement(np.array([0, 0, 1, 1, -1]), np.array([0, 1, 1, 1, 0]), ["a", "b"])["agreement"]
    assert found == {"overall": 0.75, "worst": 0.5, "per_class": {"a": 0.5, "b": 1.0}}
    assert agreement(np.array([-1]), np.array([0]), ["a"]) == {}


def test_large_images_are_reduced() -> None:
    large = np.full((2, 80, 100, 3), 51, np.uint8)
    assert flat(large).shape == (2, 32 * 32 * 3)
    np.testing.assert_allclose(flat(large), 0.2, rtol=1e-5)
    assert flat(large[:, :64, :64]).shape == (2, 64 * 64 * 3)


def test_the_judge_counts_in_the_order_of_the_run(digits_run: Path) -> None:
    model = load_trained(Run(digits_run)).model
    images = RANDOM.integers(0, 256, (12, 8, 8, 1), dtype=np.uint8)
    names = tuple("0123456789")
    same = Judge(Path("x"), model, names, names)(images)
    turned = Judge(Path("x"), model, names, names[::-1])(images)
    few = Judge(Path("x"), model, names, ("3",))(images)
    np.testing.assert_array_equal(turned.named, 9 - same.named)
    np.testing.assert_array_equal(few.named, np.where(same.named == 3, 0, -1))
    assert same.features.shape == (12, 16)
