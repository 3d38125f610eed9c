"""A trained model as its run keeps it."""

from __future__ import annotations

import keras

from kerasae.models.joint import JointAutoencoder
from kerasae.plugins import load_plugins
from kerasae.runs import Run


def load_trained(run: Run) -> JointAutoencoder:
    """Load a run's model, uncompiled, after the plugins that its layers may come from.

    Raises:
        RequestError: a plugin of the run's recipe cannot be run.
    """
    load_plugins(run.recipe.plugins)
    return keras.saving.load_model(run.model, compile=False)
