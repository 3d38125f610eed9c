from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import LedoitWolf

from kerasae.layers import Rejection
from kerasae.models import JointAutoencoder, TrainedModel, build, fit_rejection, model_with_ood_score
from kerasae.models.ood.estimators import centres_and_whitening, expected_error, scale, temperature
from kerasae.models.ood.feature_extractor import feature_extractor, features_and_labels
from kerasae.models.ood.fitting import fit_to_features, needed, splits, thresholds
from kerasae.models.ood.saving import load_rejection, save_rejection
from kerasae.recipe import ModelRecipe
from kerasae.utils.errors import RequestError

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (200, 8, 8, 1), dtype=np.uint8)
LABELS = np.arange(200) % 3
ROWS = np.eye(3, dtype=np.float32)[LABELS]


def made(*heads: str) -> JointAutoencoder:
    keras.utils.set_random_seed(0)
    recipe = ModelRecipe.model_validate({"encoder": {"name": "mlp", "units": [16, 6]}})
    return build(recipe, (8, 8, 1), 3, heads=heads or ("reconstruction", "label"))


def dataset(images: np.ndarray = IMAGES, rows: np.ndarray = ROWS) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((images, {"label": rows})).batch(64)


def known(count: int, seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Features of a made-up model: three classes in eight dimensions, errors that follow the contrast."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, count)
    contrast = np.exp(random.normal(size=count))
    error = 0.01 * contrast**0.5 * np.exp(0.1 * random.normal(size=count))
    found = {
        "latent": random.normal(size=(count, 8)) + 4 * labels[:, None],
        "contrast": contrast,
        "error": error,
        "worst_error": 5 * error * np.exp(0.1 * random.normal(size=count)),
        "logits": 3 * np.eye(3)[labels] + random.normal(size=(count, 3)),
    }
    return {name: value.astype(np.float32) for name, value in found.items()}, labels


@pytest.fixture(scope="module")
def fitted() -> Rejection:
    (reference, classes), (validation, labels) = known(3000, 1), known(2000, 2)
    return fit_to_features(reference, classes, validation, labels, 0.05)


def test_as_many_known_images_are_rejected_as_asked(fitted: Rejection) -> None:
    accepted = np.asarray(fitted(known(20_000, 3)[0])["accepted"])
    assert 0.035 < 1 - accepted.mean() < 0.065


@pytest.mark.parametrize(("count", "repetitions"), [(19, 25), (40, 20), (100, 10), (400, 6)])
@pytest.mark.parametrize("labelled", [True, False])
def test_the_mean_rate_is_at_most_the_asked_one(count: int, repetitions: int, labelled: bool) -> None:
    test, _ = known(2000, 10**6)
    rates = []
    for repetition in range(repetitions):
        (reference, classes), (validation, labels) = known(300, 2 * repetition), known(count, 2 * repetition + 1)
        if not labelled:
            for features_ in (reference, validation, test):
                features_.pop("logits", None)
            classes, labels = np.full(300, -1), np.full(count, -1)
        rates.append(1 - np.mean(fit_to_features(reference, classes, validation, labels, 0.05)(test)["accepted"]))
    # Three standard errors of the mean.
    assert np.mean(rates) <= 0.05 + 3 * np.std(rates, ddof=1) / repetitions**0.5


def test_centres_of_the_ranked_images_themselves_do_not_raise_the_rate() -> None:
    test, _ = known(2000, 10**6)
    rates = []
    for seed in range(10):
        validation, labels = known(40, seed)
        rates.append(1 - np.mean(fit_to_features(None, None, validation, labels, 0.05)(test)["accepted"]))
    assert np.mean(rates) <= 0.05 + 3 * np.std(rates, ddof=1) / 10**0.5


def test_many_images_are_ranked_by_what_the_others_teach() -> None:
    assert not splits(0.05, 999)
    assert splits(0.05, 1000)
    assert not splits(0.01, 1979)
    assert splits(0.01, 1980)
    (reference, classes), (validation, labels) = known(300, 1), known(1000, 2)
    ranked = np.random.default_rng(0).permutation(1000)[500:]
    odd = {name: values.copy() for name, values in validation.items()}
    odd["latent"][ranked] += 1.0
    plain, other = (fit_to_features(reference, classes, each, labels, 0.05) for each in (validation, odd))
    for own, changed in zip(plain.weights[1:], other.weights[1:], strict=True):
        np.testing.assert_array_equal(own, changed)  # the ranked ones move nothing but the threshold
    scores = np.sort(np.asarray(other(odd)["anomaly_score"])[ranked])
    assert float(other.threshold) == scores[476 - 1]  # ceil(501 x 0.95)


def test_predicted_classes_have_thresholds_of_their_own() -> None:
    (reference, classes), (validation, labels), (test, _) = known(1000, 1), known(2000, 2), known(6000, 3)
    for each in (validation, test):  # the model is less sure of class 2
        each["logits"][each["logits"].argmax(axis=1) == 2] *= 0.4
    pooled = fit_to_features(reference, classes, validation, labels, 0.05)
    own = fit_to_features(reference, classes, validation, labels, 0.05, by_class=True)
    predicted = test["logits"].argmax(axis=1)
    rate = {
        name: [1 - np.mean(np.asarray(each(test)["accepted"])[predicted == index]) for index in range(3)]
        for name, each in (("pooled", pooled), ("own", own))
    }
    assert rate["pooled"][2] > 0.1
    # Of some 330 ranked images a class, the rate varies by 0.012, measured on 2,000 by 0.005.
    np.testing.assert_allclose(rate["own"], 0.05, atol=0.04)
    np.testing.assert_array_equal(own.own, 1)
    np.testing.assert_array_equal(own.threshold_of(test), np.asarray(own.threshold)[predicted])
    assert pooled.threshold_of(test).shape == (6000,)


def test_classes_with_few_images_share_a_threshold() -> None:
    scores = np.arange(100.0)
    classes = np.repeat([0, 1, 2], [60, 21, 19])
    limits, own = thresholds(scores, classes, 4, 0.05)
    np.testing.assert_array_equal(own, [True, True, True, False])
    np.testing.assert_array_equal(limits, [57, 80, 99, 95])  # ranks 58 of 60, 21 of 21, 19 of 19; 96 of all
    limits, own = thresholds(scores, np.repeat([0, 1, 2], [78, 11, 11]), 3, 0.05)
    np.testing.assert_array_equal(own, [True, False, False])
    np.testing.assert_array_equal(limits, [75, 99, 99])  # rank 22 of the 22 of both


def test_thresholds_by_class_are_saved_and_decide_the_same(tmp_path: Path) -> None:
    model = made()
    rejection = fit_rejection(model, dataset(), by_class=True)
    answers = model_with_ood_score(TrainedModel(model, rejection)).predict(IMAGES, verbose=0)
    limits = np.asarray(rejection.threshold)[answers["logits"].argmax(axis=1)]
    np.testing.assert_array_equal(answers["accepted"], answers["anomaly_score"] <= limits)
    save_rejection(rejection, tmp_path / "rejection.keras")
    again = model_with_ood_score(TrainedModel(model, load_rejection(tmp_path / "rejection.keras"))).predict(
        IMAGES, verbose=0
    )
    np.testing.assert_array_equal(again["accepted"], answers["accepted"])


def test_a_rejection_of_an_older_version_has_one_threshold(fitted: Rejection) -> None:
    config = {name: value for name, value in fitted.get_config().items() if name != "by_class"}
    older = Rejection.from_config(config)
    assert [weight.path for weight in older.weights] == [weight.path for weight in fitted.weights]
    assert older.threshold.shape == ()


def test_thresholds_by_class_take_labels() -> None:
    found, labels = known(100)
    found.pop("logits")
    with pytest.raises(
        RequestError, match=r"rejection\.by_class: expected a model that predicts classes\. Received: one"
    ):
        fit_to_features(found, labels, found, labels, 0.05, by_class=True)
    with pytest.raises(
        ValueError, match=r"by_class: expected the part 'label' beside it\. Received: parts \['latent'\]"
    ):
        Rejection(["latent"], 4, 2, by_class=True)


@pytest.mark.parametrize("part", ["reconstruction", "latent", "label"])
def test_what_is_odd_in_one_way_is_found_by_that_part(fitted: Rejection, part: str) -> None:
    odd, _ = known(500, 4)
    usual = fitted(odd)
    odd |= {
        "reconstruction": {"error": 3 * odd["error"]},
        "latent": {"latent": odd["latent"] + 3 * np.resize([1, -1], 8).astype(np.float32)},
        "label": {"logits": 0 * odd["logits"]},
    }[part]
    found = fitted(odd)
    assert np.median(found[f"{part}_score"]) > np.max(np.quantile(usual[f"{part}_score"], 0.9))
    for other in {"reconstruction", "latent", "label"} - {part}:
        np.testing.assert_array_equal(found[f"{other}_score"], usual[f"{other}_score"])
    chances = {one: np.exp(-np.asarray(found[f"{one}_score"], np.float64)) for one in fitted.parts}
    beside = np.log1p(0.01 / chances["reconstruction"]) + np.log1p(0.05 / chances["latent"])
    np.testing.assert_allclose(found["anomaly_score"], beside - np.log(chances["label"]), rtol=1e-5)


def test_logits_that_speak_for_no_class_are_odd_though_one_leads(fitted: Rejection) -> None:
    odd, _ = known(500, 4)
    usual = np.asarray(fitted(odd)["label_score"])
    assert np.median(np.asarray(fitted({**odd, "logits": odd["logits"] - 8.0})["label_score"]) - usual) > 2


def test_without_a_label_the_score_is_fishers_sum() -> None:
    latents, labels = known(300)
    latents.pop("logits")
    found = fit_to_features(latents, labels, latents, labels, 0.05)(latents)
    total = np.asarray(found["reconstruction_score"]) + np.asarray(found["latent_score"])
    np.testing.assert_allclose(found["anomaly_score"], total, rtol=1e-6)


def test_without_a_label_a_small_defect_is_odd() -> None:
    usual, labels = known(500)
    rejection = fit_to_features(usual, labels, usual, labels, 0.05)
    defect = {**usual, "worst_error": 3 * usual["worst_error"]}
    np.testing.assert_array_equal(rejection(defect)["anomaly_score"], rejection(usual)["anomaly_score"])
    without = {name: values for name, values in usual.items() if name != "logits"}
    rejection = fit_to_features(without, labels, without, labels, 0.05)
    assert np.mean(rejection(without)["accepted"]) > 0.9
    assert np.mean(rejection({**without, "worst_error": defect["worst_error"]})["accepted"]) < 0.1


def test_an_error_too_small_for_its_contrast_is_odd_too(fitted: Rejection) -> None:
    odd, _ = known(500, 4)
    usual = np.asarray(fitted(odd)["reconstruction_score"])
    assert np.median(fitted({**odd, "error": odd["error"] / 3})["reconstruction_score"]) > usual.max()


def test_distances_are_those_of_mahalanobis() -> None:
    found, labels = known(400)
    centres, whitening = centres_and_whitening(found["latent"], labels)
    within = np.concatenate([found["latent"][labels == one] - centres[one] for one in range(3)])
    precision = LedoitWolf(assume_centered=True).fit(within).precision_
    for row in found["latent"][:5]:
        for centre in centres:
            own = np.linalg.norm((row - centre) @ whitening)
            assert own == pytest.approx(mahalanobis(row, centre, precision), rel=1e-3)


def test_without_labels_there_is_one_centre() -> None:
    found, _ = known(50)
    centres, _ = centres_and_whitening(found["latent"], np.full(50, -1))
    np.testing.assert_allclose(centres, found["latent"].mean(axis=0)[None], rtol=1e-5)


def test_a_latent_that_never_varies_gives_numbers() -> None:
    assert np.isfinite(centres_and_whitening(np.ones((30, 4)), np.zeros(30, int))[1]).all()


@pytest.mark.parametrize("count", [1, 3])
def test_one_label_a_class_leaves_the_spread_of_all_images(count: int) -> None:
    latent = RANDOM.normal(size=(200, 4)) * [1.0, 2.0, 3.0, 4.0]
    labels = np.full(200, -1)
    labels[:count] = np.arange(count)
    centres, whitening = centres_and_whitening(latent, labels)
    np.testing.assert_array_equal(centres, latent[:count])
    np.testing.assert_array_equal(whitening, centres_and_whitening(latent, np.full(200, -1))[1])


def test_temperature_undoes_a_factor_on_calibrated_logits() -> None:
    logits = RANDOM.normal(size=(20_000, 4)) * 2
    labels = (logits + RANDOM.gumbel(size=logits.shape)).argmax(axis=1)  # drawn from the softmax itself
    assert temperature(logits, labels) == pytest.approx(1.0, abs=0.05)
    assert temperature(5 * logits, labels) == pytest.approx(5.0, rel=0.05)
    assert temperature(logits, np.full(len(logits), -1)) == 1.0


def test_the_scale_is_minus_log_tail_probability() -> None:
    knots, levels, tail = scale(RANDOM.exponential(2.0, 100_000))
    np.testing.assert_allclose(levels, knots / 2, atol=0.05)  # of an exponential exactly value / mean
    assert tail == pytest.approx(0.5, rel=0.05)


def test_the_expected_error_follows_contrast() -> None:
    contrast = np.exp(RANDOM.normal(size=1000))
    offset, slope = expected_error(0.02 * contrast**0.7, contrast)
    assert (np.exp(offset), slope) == (pytest.approx(0.02, rel=0.01), pytest.approx(0.7, abs=0.01))
    assert expected_error(np.full(5, 0.1), np.full(5, 0.2))[1] == 0.0  # contrast that never varies explains nothing


@pytest.mark.parametrize("heads", [("reconstruction", "label"), ("reconstruction",), ("label",)])
def test_a_model_with_its_rejection_is_saved_and_decides_the_same(heads: tuple[str, ...], tmp_path: Path) -> None:
    model = made(*heads)
    rejection = fit_rejection(model, dataset(), reference=dataset(IMAGES[:100], ROWS[:100]))
    whole = model_with_ood_score(TrainedModel(model, rejection))
    answers = whole.predict(IMAGES, verbose=0)
    assert answers["accepted"].dtype == bool
    assert 0.02 < 1 - answers["accepted"].mean() < 0.06  # of the images that it learned from
    np.testing.assert_array_equal(answers["accepted"], answers["anomaly_score"] <= float(rejection.threshold))
    save_rejection(rejection, tmp_path / "rejection.keras")
    again = model_with_ood_score(TrainedModel(model, load_rejection(tmp_path / "rejection.keras"))).predict(
        IMAGES, verbose=0
    )
    np.testing.assert_array_equal(again["anomaly_score"], answers["anomaly_score"])
    whole.save(tmp_path / "whole.keras")
    loaded = keras.saving.load_model(tmp_path / "whole.keras").predict(IMAGES, verbose=0)
    np.testing.assert_array_equal(loaded["anomaly_score"], answers["anomaly_score"])


def test_the_model_itself_is_saved_as_before(tmp_path: Path) -> None:
    model = made()
    names = [weight.path for weight in model.weights]
    fit_rejection(model, dataset())
    assert [weight.path for weight in model.weights] == names
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not hasattr(loaded, "rejection")
    for own, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(own, other)


def test_features_are_what_a_rejection_goes_by() -> None:
    model = made()
    found, labels = features_and_labels(
        feature_extractor(model), dataset(rows=np.where(LABELS[:, None] == 2, 0, ROWS).astype(np.float32))
    )
    np.testing.assert_array_equal(labels, np.where(LABELS == 2, -1, LABELS))
    answers = model.predict(IMAGES, verbose=0)
    scaled = IMAGES / 255
    missed = np.mean((answers["reconstruction"] - scaled) ** 2, -1)
    np.testing.assert_allclose(found["error"], missed.mean((1, 2)), rtol=1e-4)
    windows = np.lib.stride_tricks.sliding_window_view(missed, (3, 3), (1, 2)).mean((-2, -1))
    np.testing.assert_allclose(found["worst_error"], windows.max((1, 2)), rtol=1e-4)
    steps = (np.diff(scaled, axis=1) ** 2).sum((1, 2, 3)) + (np.diff(scaled, axis=2) ** 2).sum((1, 2, 3))
    np.testing.assert_allclose(found["contrast"], steps / 64, rtol=1e-4)


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (IMAGES, r"Received: an element of shape \(8, 8, 1\)"),
        ((IMAGES, ROWS), r"Received: an element of shape \(200, 3\)"),
        (tf.data.Dataset.from_tensor_slices((IMAGES, ROWS)).batch(64), r"of shape \(64, 8, 8, 1\), shape \(64, 3\)"),
        (
            tf.data.Dataset.from_tensor_slices((IMAGES, {"label": LABELS})).batch(64),
            r"of shape \(64, 8, 8, 1\), \{'label': shape \(64,\)\}",
        ),
        (dataset().take(0), "expected images. Received: a dataset without any"),
    ],
)
def test_what_is_no_dataset_of_known_images(known: object, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        fit_rejection(made(), known)


@pytest.mark.parametrize(("rate", "count"), [(0.05, 19), (0.01, 99), (0.5, 1)])
def test_how_many_are_needed(rate: float, count: int) -> None:
    assert needed(rate) == count
    found, labels = known(count)
    if count > 5:
        fit_to_features(found, labels, found, labels, rate)
    few = {name: values[:-1] for name, values in found.items()}
    with pytest.raises(RequestError, match=rf"expected at least {count} validation images .*\. Received: {count - 1};"):
        fit_to_features(found, labels, few, labels[:-1], rate)


def test_parts_are_checked() -> None:
    with pytest.raises(ValueError, match=r"parts: expected some of reconstruction, latent, label\. Received: \['x'\]"):
        Rejection(["x"])
