"""A trained model as its run keeps it."""

from __future__ import annotations

import keras

from kerasae.errors import RequestError
from kerasae.models.adversarial import AdversarialModel
from kerasae.models.guarded import load
from kerasae.models.joint import JointAutoencoder
from kerasae.origins import load_plugins_of
from kerasae.runs import Run


def load_trained(run: Run) -> JointAutoencoder:
    """Load a run's model, uncompiled, with its rejection if it has one, after the plugins that its layers come from.

    Raises:
        RequestError: a plugin of the run is not trusted, has changed or cannot be run, or the model is an
            adversarial one.
    """
    if run.recipe.model.adversarial is not None:
        raise RequestError(
            f"run: expected a model that answers for pictures. Received: {run.path}, whose adversarial model makes "
            f"pictures; use: kerasae generate {run.path}"
        )
    load_plugins_of(run)
    model: JointAutoencoder = keras.saving.load_model(run.model, compile=False)
    model.rejection = load(run.rejection) if run.rejection.is_file() else None
    return model


def load_generator(run: Run) -> AdversarialModel:
    """Load the adversarial model of a run, uncompiled, after the plugins that its layers come from.

    Raises:
        RequestError: a plugin of the run is not trusted, has changed or cannot be run.
    """
    load_plugins_of(run)
    model: AdversarialModel = keras.saving.load_model(run.model, compile=False)
    return model
