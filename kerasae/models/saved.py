"""A trained model as its run keeps it."""

from __future__ import annotations

from kerasae.errors import RequestError
from kerasae.manifest import is_listed
from kerasae.models.adversarial import AdversarialModel
from kerasae.models.guarded import load
from kerasae.models.joint import JointAutoencoder
from kerasae.plugins import load_plugins
from kerasae.reading import damaged, read_keras
from kerasae.runs import Run


def load_trained(run: Run, *, unfinished: bool = False) -> JointAutoencoder:
    """Load a run's model, uncompiled, with its rejection if it has one, after the plugins that its layers come from.

    Args:
        unfinished: whether a rejection that is gone will be fitted again, and is no error.

    Raises:
        RequestError: a plugin of the run's recipe cannot be run, the run's model is an adversarial one, or a file is
            missing, changed or damaged.
    """
    if run.recipe.model.adversarial is not None:
        raise RequestError(
            f"run: expected a model that answers for pictures. Received: {run.path}, whose adversarial model makes "
            f"pictures; use: kerasae generate {run.path}"
        )
    load_plugins(run.recipe.plugins)
    model = read_keras(run.model)
    if not isinstance(model, JointAutoencoder):
        raise damaged(run.model, f"expected a joint model, found {type(model).__name__}")
    expected = run.rejection.exists() or (is_listed(run.rejection) and not unfinished)
    model.rejection = load(run.rejection) if expected else None
    return model


def load_generator(run: Run) -> AdversarialModel:
    """Load the adversarial model of a run, uncompiled, after the plugins that its layers come from.

    Raises:
        RequestError: a plugin of the run's recipe cannot be run, or the model is missing, changed or damaged.
    """
    load_plugins(run.recipe.plugins)
    model = read_keras(run.model)
    if not isinstance(model, AdversarialModel):
        raise damaged(run.model, f"expected an adversarial model, found {type(model).__name__}")
    return model
