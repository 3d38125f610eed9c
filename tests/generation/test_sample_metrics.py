"""Metrics of known samples: real images, copies, one image again and again."""

from pathlib import Path

import numpy as np
import pytest

from kerasae.data.array_images import ArrayImages
from kerasae.data.collection import Collection
from kerasae.generation.judge import Judge, JudgePredictions
from kerasae.generation.result import Agreement, ClassShare
from kerasae.generation.sample_metrics import SampleEvaluator, class_agreement, pixel_vectors
from kerasae.generation.samplers.sampler import Sampler, Samples
from kerasae.models import load_trained
from kerasae.runs.folder import RunFolder

RANDOM = np.random.default_rng(0)


def sample_images(count: int) -> ArrayImages:
    """Noise around a grey level that tells the class."""
    labels = np.arange(count) % 2
    images = RANDOM.integers(0, 100, (count, 8, 8, 1)) + 100 * labels[:, None, None, None]
    return ArrayImages(images.astype(np.uint8), labels, [str(index) for index in range(count)])


class Brightness:
    """A judge that goes by the mean grey."""

    path = "brightness"

    def __call__(self, images: np.ndarray) -> JudgePredictions:
        means = images.reshape(len(images), -1).mean(axis=1)
        features = np.stack([means / 255.0, images.reshape(len(images), -1).std(axis=1) / 255.0], axis=1)
        return JudgePredictions((means > 100).astype(int), features.astype(np.float32))


@pytest.fixture(scope="module")
def evaluator() -> SampleEvaluator:
    collection = Collection(
        sample_images(300),
        sample_images(10),
        sample_images(200),
        ("dark", "bright"),
        (8, 8, 1),
        np.ones(2, np.float32),
        {},
    )
    return SampleEvaluator(collection, Brightness(), [0, 1])


def samples(images: np.ndarray, labels: np.ndarray, *, is_conditional: bool = True) -> Samples:
    return Samples(Sampler("some", "somewhere", is_conditional, lambda *_: images), images, labels)


def test_new_images_of_the_same_kind_are_as_good_as_real_ones(evaluator: SampleEvaluator) -> None:
    new = sample_images(200)
    metrics = evaluator.measure(samples(new.images, new.labels)).metrics
    real = evaluator.measure_real()
    assert metrics.agreement.overall == real.agreement.overall == 1.0
    assert metrics.diversity["pixels"] == pytest.approx(real.diversity["pixels"], rel=0.05)
    assert metrics.nearest.median == pytest.approx(real.nearest.median, rel=0.05)
    assert metrics.nearest.copies < 0.1
    assert metrics.frechet.distance < 0.001
    assert metrics.frechet.num_images == 200


def test_copies_are_found(evaluator: SampleEvaluator) -> None:
    train = evaluator.collection.train
    measured = evaluator.measure(samples(train.load(np.arange(50)), train.labels[:50]))
    assert measured.metrics.nearest.copies == 1.0
    np.testing.assert_array_equal(measured.neighbours, np.arange(50))
    assert evaluator.measure_real().nearest.copies == pytest.approx(0.01, abs=0.01)  # by definition


def test_one_image_again_and_again(evaluator: SampleEvaluator) -> None:
    images = np.repeat(evaluator.collection.test.load([0]), 40, axis=0)
    metrics = evaluator.measure(samples(images, np.zeros(40, int))).metrics
    assert metrics.diversity == pytest.approx({"pixels": 0.0, "features": 0.0}, abs=1e-9)
    assert metrics.agreement.per_class == {"dark": 1.0}


def test_samples_of_no_class_are_counted(evaluator: SampleEvaluator) -> None:
    test = evaluator.collection.test
    dark = np.flatnonzero(test.labels == 0)[:30]
    bright = np.flatnonzero(test.labels == 1)[:10]
    images = test.load(np.concatenate([dark, bright]))
    metrics = evaluator.measure(samples(images, np.full(40, -1), is_conditional=False)).metrics
    assert metrics.agreement is None
    assert metrics.balance.per_class["dark"] == ClassShare(0.75, 0.5)
    assert metrics.balance.distance == pytest.approx(0.25)


def test_without_a_judge_pixels_remain(evaluator: SampleEvaluator) -> None:
    alone = SampleEvaluator(evaluator.collection, None, [])
    metrics = alone.measure(samples(sample_images(20).images, np.full(20, -1), is_conditional=False)).metrics
    assert set(metrics.to_json()) == {"words", "num_pictures", "diversity", "nearest"}
    assert set(metrics.diversity) == {"pixels"}


def test_agreement_by_hand() -> None:
    measured = class_agreement(np.array([0, 0, 1, 1, -1]), np.array([0, 1, 1, 1, 0]), ["a", "b"])
    assert measured == Agreement(overall=0.75, worst=0.5, per_class={"a": 0.5, "b": 1.0})
    assert class_agreement(np.array([-1]), np.array([0]), ["a"]) is None


def test_large_images_are_reduced() -> None:
    large = np.full((2, 80, 100, 3), 51, np.uint8)
    assert pixel_vectors(large).shape == (2, 32 * 32 * 3)
    np.testing.assert_allclose(pixel_vectors(large), 0.2, rtol=1e-5)
    assert pixel_vectors(large[:, :64, :64]).shape == (2, 64 * 64 * 3)


def test_the_judge_counts_in_the_order_of_the_run(digits_run: Path) -> None:
    model = load_trained(RunFolder(digits_run)).model
    images = RANDOM.integers(0, 256, (12, 8, 8, 1), dtype=np.uint8)
    names = tuple("0123456789")
    same = Judge(Path("x"), model, names, names)(images)
    turned = Judge(Path("x"), model, names, names[::-1])(images)
    few = Judge(Path("x"), model, names, ("3",))(images)
    np.testing.assert_array_equal(turned.labels, 9 - same.labels)
    np.testing.assert_array_equal(few.labels, np.where(same.labels == 3, 0, -1))
    assert same.features.shape == (12, 16)
