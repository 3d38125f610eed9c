"""How latents are sampled: as they are, over principal components, around prototypes, by mixtures."""

from types import SimpleNamespace

import numpy as np
import pytest

from kerasae.data.images import to_uint8
from kerasae.generation.interpolation import Endpoint, interpolate_latents
from kerasae.generation.latent_vectors import MAX_VALUES, LatentVectorizer
from kerasae.generation.samplers import Samples, autoencoder_samplers, draw_samples
from kerasae.generation.samplers.class_prototypes import MIN_IMAGES, class_prototypes, prototype_sampler
from kerasae.generation.samplers.gaussian_mixtures import fit_mixtures, mixture_sampler
from kerasae.generation.training_latents import TrainingLatents, class_log_odds
from kerasae.utils.errors import RequestError

RANDOM = np.random.default_rng(0)


class UndecodedLatents(TrainingLatents):
    """Latents that are decoded to an image of one row, their own values."""

    def decode(self, vectors: np.ndarray) -> np.ndarray:
        return np.asarray(vectors)[:, None, :, None]


def latents(vectors: np.ndarray, labels: np.ndarray, log_odds: np.ndarray | None = None) -> TrainingLatents:
    vectorizer = LatentVectorizer.fit(vectors.astype(np.float32))
    model = SimpleNamespace(posterior=None)
    return UndecodedLatents(model, vectorizer, vectorizer.to_vectors(vectors), labels, log_odds)


def test_a_short_latent_is_sampled_as_it_is() -> None:
    feature_maps = RANDOM.normal(size=(30, 4, 2, 3)).astype(np.float32)
    vectorizer = LatentVectorizer.fit(feature_maps)
    assert vectorizer.to_vectors(feature_maps).shape == (30, 24)
    np.testing.assert_allclose(vectorizer.to_latents(vectorizer.to_vectors(feature_maps)), feature_maps, rtol=1e-6)
    assert vectorizer.description == "the latent, a feature map of 4x2x3, is flattened"


def test_a_long_latent_is_sampled_over_its_principal_components() -> None:
    few = RANDOM.normal(size=(300, 5)) @ RANDOM.normal(size=(5, 200))  # five dimensions of two hundred
    vectorizer = LatentVectorizer.fit(few.reshape(300, 10, 20).astype(np.float32))
    vectors = vectorizer.to_vectors(few.reshape(300, 10, 20))
    assert vectors.shape == (300, MAX_VALUES)
    np.testing.assert_allclose(vectorizer.to_latents(vectors).reshape(300, 200), few, atol=1e-3)
    assert vectorizer.description.endswith("reduced to its first 64 principal components (100% of the variance)")


def test_latents_stay_in_the_range_that_images_had() -> None:
    feature_maps = np.maximum(RANDOM.normal(size=(50, 6)), 0.0).astype(np.float32)
    vectorizer = LatentVectorizer.fit(feature_maps)
    back = vectorizer.to_latents(vectorizer.to_vectors(feature_maps) * 3.0 - 1.0)
    assert back.min() >= 0.0
    assert (back <= feature_maps.max(axis=0)).all()


def test_a_softmax_latent_stays_one() -> None:
    rows = RANDOM.dirichlet(np.ones(5), size=40).astype(np.float32)
    vectorizer = LatentVectorizer.fit(rows, is_softmax=True)
    back = vectorizer.to_latents(rows + RANDOM.normal(size=rows.shape))
    np.testing.assert_allclose(back.sum(axis=1), 1.0, rtol=1e-5)


def test_prototypes_are_of_the_surest_images_alone() -> None:
    count = 10 * MIN_IMAGES
    vectors = RANDOM.normal(size=(2 * count, 3))
    labels = np.repeat([0, 1], count)
    odds = np.tile(np.arange(count, dtype=float), 2)
    learned = class_prototypes(latents(vectors, labels, odds), 3)
    surest = vectors[count - MIN_IMAGES : count].astype(np.float32)
    np.testing.assert_allclose(learned.means[0], surest.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(learned.deviations[0], surest.std(axis=0), rtol=1e-5)
    assert np.isnan(learned.means[2]).all()  # no image of the third class


def test_log_odds_tell_probabilities_of_one_apart() -> None:
    logits = np.array([[50.0, 0.0, 0.0], [80.0, 0.0, 0.0], [0.0, 9.0, 0.0]], np.float32)
    odds = class_log_odds(logits, np.array([0, 0, 0]))
    np.testing.assert_allclose(odds[:2], [50 - np.log(2), 80 - np.log(2)])
    assert odds[2] == pytest.approx(-9.0, abs=0.01)
    assert class_log_odds(logits[:1], np.array([-1]))[0] == -np.inf


def test_without_noise_all_are_the_prototype() -> None:
    vectors, labels = RANDOM.normal(size=(100, 3)), np.zeros(100, int)
    known = latents(vectors, labels, np.arange(100.0))
    sampler = prototype_sampler(known, class_prototypes(known, 1))
    images = sampler.draw(0, 5, 0.0, RANDOM)
    assert np.ptp(images, axis=0).max() == 0.0
    wide, narrow = (sampler.draw(0, 4000, noise, np.random.default_rng(1)).std(axis=0).mean() for noise in (1.0, 0.5))
    assert wide == pytest.approx(2 * narrow)


def test_mixtures_know_how_values_go_together() -> None:
    """Two values that are nearly the same: noise that does not know would part them."""
    single = RANDOM.normal(size=(600, 1))
    vectors = np.concatenate([single, single + 0.05 * RANDOM.normal(size=(600, 1))], axis=1)
    known = latents(vectors, np.zeros(600, int), np.arange(600.0))
    mixed = mixture_sampler(known, fit_mixtures(known, 1)).draw(0, 3000, 1.0, np.random.default_rng(2))[:, 0, :, 0]
    plain = prototype_sampler(known, class_prototypes(known, 1)).draw(0, 3000, 1.0, np.random.default_rng(2))[
        :, 0, :, 0
    ]
    assert np.corrcoef(mixed.T)[0, 1] > 0.95
    assert abs(np.corrcoef(plain.T)[0, 1]) < 0.1  # 3,000 independent pairs: its standard error is 0.02
    # Four standard errors of a mean of 3,000.
    np.testing.assert_allclose(mixed.mean(axis=0), vectors.mean(axis=0), atol=4 / np.sqrt(3000))


def test_a_class_with_few_images_gets_one_component() -> None:
    vectors = RANDOM.normal(size=(210, 4))
    labels = np.repeat([0, 1], [200, 10])
    learned = fit_mixtures(latents(vectors, labels), 2)
    assert learned[0].n_components == 8
    assert learned[1].n_components == 1
    assert fit_mixtures(latents(vectors[:3], np.array([0, 0, 1])), 2).keys() == {0}
    assert list(fit_mixtures(latents(vectors, np.full(210, -1)), 0)) == [-1]


def test_a_class_is_drawn_the_same_whatever_else_is_asked_for() -> None:
    vectors = RANDOM.normal(size=(100, 3))
    known = latents(vectors, np.arange(100) % 2, np.arange(100.0))
    sampler = prototype_sampler(known, class_prototypes(known, 2))
    both, single = (draw_samples(sampler, classes, 6, 1.0, 3) for classes in ([0, 1], [1]))
    assert isinstance(both, Samples)
    np.testing.assert_array_equal(both.images[both.labels == 1], single.images)
    assert not np.array_equal(single.images, draw_samples(sampler, [1], 6, 1.0, 4).images)


def test_images_are_cut_to_grey_levels() -> None:
    np.testing.assert_array_equal(to_uint8(np.array([-0.2, 0.0, 0.5, 1.0, 1.7])), [0, 0, 128, 255, 255])


@pytest.mark.parametrize("odds", [None, np.arange(5.0)])
def test_no_way_leads_to_a_class_without_images(odds: np.ndarray | None) -> None:
    known = latents(RANDOM.normal(size=(5, 3)), np.array([0, 0, 0, 0, 2]), odds)
    names = ("zero", "one", "two")
    ends = [Endpoint(name, index) for index, name in enumerate(names)]
    assert np.isfinite(interpolate_latents(known, (ends[0], ends[2]), 3, 1.0, 0).images).all()
    with pytest.raises(RequestError, match=r"--between: expected classes with labelled .* Received: one, without any"):
        interpolate_latents(known, (ends[0], ends[1]), 3, 1.0, 0)


def test_a_class_that_is_too_small_is_named() -> None:
    known = latents(RANDOM.normal(size=(6, 3)), np.array([0, 0, 0, 0, 0, 2]))
    class_names = ("zero", "one", "two")
    assert [sampler.name for sampler in autoencoder_samplers(known, class_names, [0])] == ["mixtures"]
    with pytest.raises(
        RequestError, match=r"at least two labelled .*Received: one with 0, two with 1; name only other classes"
    ):
        autoencoder_samplers(known, class_names, [0, 1, 2])
