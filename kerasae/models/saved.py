"""A trained model as its run keeps it."""

from __future__ import annotations

import keras

from kerasae.models import rejection
from kerasae.models.joint import JointAutoencoder
from kerasae.plugins import load_plugins
from kerasae.runs import Run


def load_trained(run: Run) -> JointAutoencoder:
    """Load a run's model, uncompiled, with its rejection if it has one, after the plugins that its layers come from.

    Raises:
        RequestError: a plugin of the run's recipe cannot be run.
    """
    load_plugins(run.recipe.plugins)
    model: JointAutoencoder = keras.saving.load_model(run.model, compile=False)
    model.rejection = rejection.load(run.rejection) if run.rejection.is_file() else None
    return model
