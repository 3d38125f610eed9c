import dataclasses
import json

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from kerasae.evaluation import baseline
from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.models import TrainedModel
from kerasae.models.summary import parameter_counts
from kerasae.recipe import DataRecipe, Recipe
from kerasae.tasks.joint_evaluation import evaluate
from kerasae.utils.errors import RequestError


def test_metrics_agree_with_the_whole_set_at_once(run, model, collection):
    metrics = evaluate(run, TrainedModel(model), collection, batch_size=16)
    images, labels = collection.test.images, collection.test.labels
    outputs = {key: value.numpy() for key, value in model(images).items()}
    mse = ((images / 255 - outputs["reconstruction"]) ** 2).mean(axis=(1, 2, 3))
    labelled = labels >= 0

    test = metrics["test"]
    assert test["num_pictures"] == 50
    assert test["reconstruction"]["mse"] == pytest.approx(mse.mean(), rel=1e-5)
    assert test["reconstruction"]["loss"] == test["reconstruction"]["mse"]
    right = outputs["label"].argmax(axis=1) == labels
    assert test["label"]["accuracy"] == right[labelled].mean()
    assert sum(scores["support"] for scores in test["label"]["per_class"]) == 45

    saved = np.load(run.predictions, allow_pickle=False)
    np.testing.assert_array_equal(saved["label"], labels)
    np.testing.assert_allclose(saved["mse"], mse, rtol=1e-5)
    np.testing.assert_allclose(saved["probabilities"], outputs["label"], atol=1e-6)  # float32, other batch sizes
    assert saved["names"][7] == "test/7"
    assert saved["names"].dtype.kind == "U"


def test_the_file_holds_what_is_returned_and_nothing_half_written_stays(run, model, collection):
    metrics = evaluate(run, TrainedModel(model), collection)
    assert read_json(run.metrics) == json.loads(json.dumps(metrics))
    assert {path.name for path in run.path.iterdir()} == {"recipe.json", "metrics.json", "predictions.npz"}


@pytest.mark.parametrize("head", ["reconstruction", "label"])
def test_a_missing_head_is_absent(run, collection, make_model, head):
    metrics = evaluate(run, TrainedModel(make_model((head,))), collection)
    assert set(metrics["test"]) == {"num_pictures", "pixels", head}
    assert ("baseline" in metrics) == (head == "label")
    assert set(np.load(run.predictions)) == {"label", "names", "histogram-test"} | (
        {"probabilities"} if head == "label" else {"mse"}
    )


def test_without_labels_only_the_reconstruction_is_measured(run, model, collection, make_images):
    unlabelled = dataclasses.replace(collection, test=make_images(9, seed=3, unlabelled=9))
    assert set(evaluate(run, TrainedModel(model), unlabelled)["test"]) == {"num_pictures", "pixels", "reconstruction"}


def test_no_test_image_is_refused(run, model, collection, make_images):
    with pytest.raises(RequestError, match=r"at least one test image\. Received: 0"):
        evaluate(run, TrainedModel(model), dataclasses.replace(collection, test=make_images(0, seed=0)))
    assert not run.metrics.exists()


def test_no_more_than_a_batch_is_loaded_at_once(run, model, collection, monkeypatch):
    evaluate(run, TrainedModel(model), collection, batch_size=16, linear_baseline=False)
    assert collection.test.largest_load == 16
    monkeypatch.setattr("kerasae.data.images._MOST_VALUES", 5 * 64)  # large images: five of these fill a batch
    collection.test.largest_load = 0
    evaluate(run, TrainedModel(model), collection, batch_size=16, linear_baseline=False)
    assert collection.test.largest_load == 5


def test_the_recipes_own_loss_is_measured(run, model, collection):
    write_json(run.recipe_file, Recipe(loss={"reconstruction": "mean_absolute_error"}).model_dump(mode="json"))
    measured = evaluate(run, TrainedModel(model), collection)["test"]["reconstruction"]
    assert measured["loss"] == pytest.approx((collection.test.images / 255 * 0.1).mean(), rel=1e-5)
    assert measured["loss"] != measured["mse"]


def test_variants_are_measured_as_test_images_changed_by_seed(run, model, collection):
    noise = {"name": "gaussian_noise", "deviation_range": [30.0, 30.0]}
    recipe = Recipe(evaluation={"variants": {"negative": [{"name": "invert"}], "noisy": [noise]}}, data={"seed": 4})
    write_json(run.recipe_file, recipe.model_dump(mode="json"))
    plain = evaluate(run, TrainedModel(model), collection, batch_size=16)
    measured = plain["variants"]
    assert list(measured) == ["negative", "noisy"]
    images, labels = 255 - collection.test.images, collection.test.labels
    right = model(images)["label"].numpy().argmax(axis=1) == labels
    assert measured["negative"]["label"]["accuracy"] == right[labels >= 0].mean()
    # The target of a variant is the changed image: this model rebuilds nine tenths of what it is given.
    assert measured["negative"]["reconstruction"]["mse"] == pytest.approx(((images / 2550) ** 2).mean(), rel=1e-4)
    test = plain["test"]["pixels"]
    assert test == pytest.approx(
        {"mean": collection.test.images.mean() / 255, "std": collection.test.images.std() / 255}
    )
    assert measured["negative"]["pixels"] == pytest.approx({"mean": 1 - test["mean"], "std": test["std"]})
    assert set(measured["negative"]) == set(plain["test"])
    train = collection.train.load(np.arange(len(collection.train)))
    assert plain["train"]["num_pictures"] == len(train)
    pixels, negative = plain["train"]["pixels"], plain["train"]["variants"]["negative"]
    assert pixels == pytest.approx({"mean": train.mean() / 255, "std": train.std() / 255})
    assert negative == pytest.approx({"mean": 1 - pixels["mean"], "std": pixels["std"]})
    histograms = np.load(run.predictions)
    np.testing.assert_array_equal(histograms["histogram-train, negative"], histograms["histogram-train"][::-1])
    np.testing.assert_array_equal(histograms["histogram-negative"], histograms["histogram-test"][::-1])
    again = evaluate(run, TrainedModel(model), collection, batch_size=50)["variants"]
    assert again["noisy"]["pixels"] == measured["noisy"]["pixels"]  # whatever the batch size
    write_json(run.recipe_file, recipe.model_copy(update={"data": DataRecipe(seed=5)}).model_dump(mode="json"))
    assert evaluate(run, TrainedModel(model), collection)["variants"]["noisy"]["pixels"] != measured["noisy"]["pixels"]


def test_the_linear_baseline_is_logistic_regression_with_the_class_weights(run, model, collection):
    weighted = dataclasses.replace(collection, class_weights=np.array([1.0, 0.0, 2.0], np.float32))
    metrics = evaluate(run, TrainedModel(model), weighted)["baseline"]["linear"]
    train, test = collection.train, collection.test
    reference = LogisticRegression(max_iter=1000).fit(
        train.images.reshape(60, -1) / 255, train.labels, sample_weight=weighted.class_weights[train.labels]
    )
    expected = reference.score(test.images[:45].reshape(45, -1) / 255, test.labels[:45])
    assert metrics["accuracy"] == pytest.approx(expected)
    assert metrics["accuracy"] < 0.7  # a class of weight zero is never learned, so a third goes wrong
    assert "logistic regression" in metrics["what"]


def test_the_linear_baseline_is_left_out_where_it_would_cost(run, model, collection, monkeypatch):
    assert "baseline" not in evaluate(run, TrainedModel(model), collection, linear_baseline=False)
    monkeypatch.setattr(baseline, "SMALL_VALUES", 60 * 64 - 1)
    assert "baseline" not in evaluate(run, TrainedModel(model), collection)
    assert "baseline" in evaluate(run, TrainedModel(model), collection, linear_baseline=True)


def test_an_unfinished_baseline_says_so(collection, monkeypatch):
    monkeypatch.setattr(baseline, "MAX_ITERATIONS", 2)
    assert "stopped after 2 iterations" in baseline.linear_baseline(collection).what


def test_shared_weights_count_once(model):
    class Tied(keras.Model):
        pass

    shared = keras.layers.Dense(4)
    image = keras.Input((4,))
    tied = Tied(image, shared(shared(image)))
    tied.encoder = keras.Sequential([image, shared])
    tied.decoder = keras.Sequential([keras.Input((4,)), shared, keras.layers.Dense(2)])
    tied.classifier = None
    assert parameter_counts(tied) == {"parameters": 30, "parameters_by_part": {"encoder": 20, "decoder": 10}}
    plain = parameter_counts(model)
    assert plain == {"parameters": 65 * 3, "parameters_by_part": {"other": 195}}
    assert plain["parameters"] == model.count_params()


def test_timings_sum_the_history(run, model, collection):
    run.history.write_text("epoch,phase,seconds,loss\n1,joint,2.5,0.9\n2,joint,1.5,\n", encoding="utf-8")
    timings = evaluate(run, TrainedModel(model), collection)["timings"]
    assert timings["training_seconds"] == 4.0
    assert timings["images_per_second"] == pytest.approx(50 / timings["evaluation_seconds"])
