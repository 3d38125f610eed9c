"""Loads the trained model of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasae.files.reading import damaged, read_json, without
from kerasae.models.adversarial import AdversarialModel
from kerasae.models.archive import load_model
from kerasae.models.joint import JointAutoencoder
from kerasae.models.ood.saving import load_rejection
from kerasae.models.trained import TrainedModel
from kerasae.runs.origins import load_plugins_of
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.runs.folder import RunFolder


def load_trained(run: RunFolder, *, needs_rejection: bool = True) -> TrainedModel:
    """Load a run's model, uncompiled, with its rejection if it has one, after the plugins that its layers come from.

    Args:
        needs_rejection: whether a rejection that was fitted must exist; False where it is fitted again or not used.

    Raises:
        RequestError: a plugin of the run is not trusted, has changed or fails; the model is adversarial; the rejection
            is missing; or a file is missing, changed or damaged.
    """
    if run.recipe.model.adversarial is not None:
        raise RequestError(
            "run",
            expected="a model that answers for images",
            received=f"{run.path}, whose adversarial model makes images",
            fix=f"use: kerasae generate {run.path}",
        )
    load_plugins_of(run)
    model = load_model(run.model)
    if not isinstance(model, JointAutoencoder):
        raise damaged(run.model, f"expected a joint model, found {type(model).__name__}")
    rejection = load_rejection(run.rejection) if run.rejection.exists() else None
    if rejection is None and needs_rejection:
        check_without_rejection(run)
    return TrainedModel(model, rejection)


def check_without_rejection(run: RunFolder) -> None:
    """Refuse a run whose rejection is missing; print a line if the run does not say whether it has one."""
    if run.rejection_facts.is_file():
        fitted = read_json(run.rejection_facts, {"fitted": bool})["fitted"]
    else:  # made by an earlier version or by a comparison: the metrics say whether there was a rejection
        nothing: dict[str, Any] = {"test": {}}
        metrics = without(lambda: read_json(run.metrics, {"test": dict}), nothing) if run.metrics.exists() else nothing
        fitted = "rejection" in metrics["test"] or None
    again = f"kerasae train --run {run.path} --resume"
    if fitted:
        raise RequestError(
            "run",
            received=f"{run.path} lacks {run.rejection.name}, without which every answer would be accepted",
            fix=f"put it back, or fit it again with: {again}",
        )
    if fitted is None:
        stderr_console().print(
            f"run: {run.path} has no rejection and does not say whether it should: no answer is rejected; "
            f"to fit one: {again}",
            soft_wrap=True,
        )


def load_generator(run: RunFolder) -> AdversarialModel:
    """Load the adversarial model of a run, uncompiled, after the plugins that its layers come from.

    Raises:
        RequestError: a plugin of the run is not trusted, has changed or fails, or the model is missing, changed or
            damaged.
    """
    load_plugins_of(run)
    model = load_model(run.model)
    if not isinstance(model, AdversarialModel):
        raise damaged(run.model, f"expected an adversarial model, found {type(model).__name__}")
    return model
