"""A variational autoencoder learns the handwritten digits, and draws new ones."""

import csv
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasae.data.collection import open_collection
from kerasae.exporting.saved_model import save
from kerasae.exporting.verification import check_agreement
from kerasae.models import TrainedModel
from kerasae.training import fit

from tiny_task import make  # isort: skip


def test_the_bound_improves_samples_are_images_and_the_mean_is_served(tmp_path: Path) -> None:
    phase = {
        "learns": ["encoder", "decoder"],
        "epochs": 15,
        "batch_size": 64,
        # A decoder of variance 1/50; the divergence warms up to what makes the loss a bound.
        "loss_weights": {"reconstruction": 25.0, "kl_divergence": {"name": "linear", "start": 0, "epochs": 3}},
        "restore_best": False,
    }
    model = {
        "encoder": {"name": "mlp", "units": [128]},
        "decoder": {"name": "mlp", "units": [128]},
        "variational": {"latent_dim": 8},
    }
    run, recipe = make(tmp_path / "run", phase, model=model)
    collection = open_collection(recipe.data, classifies=False)
    trained = fit(run, recipe, collection)
    with run.history.open() as file:
        rows = [{key: float(value) for key, value in row.items() if key != "phase"} for row in csv.DictReader(file)]
    assert rows[-1]["kl_divergence_weight"] == np.float32(1 / 64)
    bounds = [row["val_loss"] for row in rows[2:]]  # of epochs with the last weights
    assert bounds[-1] < 0.8 * bounds[0]
    # Better than the best model that says nothing of the image: its mean, without divergence.
    images = collection.train.load(np.arange(len(collection.train))) / 255.0
    assert bounds[-1] < 0.7 * 25 * images.var(axis=0).mean()

    drawn = trained.decoder.predict(np.random.default_rng(0).normal(size=(500, 8)), verbose=0)
    assert drawn.shape == (500, 8, 8, 1)
    assert drawn.std(axis=(1, 2, 3)).min() > 0.1  # no flat image
    ratio = drawn.std(axis=0).mean() / images.std(axis=0).mean()
    assert 0.5 < ratio < 1.5  # as various as the digits, not one image again and again

    (tmp_path / "export").mkdir()
    save(TrainedModel(trained), (), "fill", tmp_path / "export")
    check_agreement(tmp_path / "export", TrainedModel(trained), collection.test, "fill")
    served = tf.saved_model.load(tmp_path / "export").signatures
    sample_images = collection.test.load(np.arange(5))
    assert set(served["serving_default"].structured_outputs) == {"reconstruction", "reconstruction_error"}
    _, mean, _ = trained.posterior(sample_images / 255.0, training=False)
    np.testing.assert_allclose(
        served["encode"](images=tf.constant(sample_images))["latent"], keras.ops.convert_to_numpy(mean), atol=1e-5
    )
