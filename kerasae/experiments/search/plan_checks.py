"""Checks of a search before its first trial."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from kerasae.data.collection import Collection, open_collection
from kerasae.experiments.search.kerastuner.hyperband import hyperband_schedule
from kerasae.experiments.search.plan import SearchPlan, limit_epochs
from kerasae.recipe import KINDS, SEEDS, Recipe, SearchRecipe, toml
from kerasae.tasks import task_of
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import check, check_fits

if TYPE_CHECKING:
    from kerasae.experiments.search.space import EndPoint


def check_recipe(recipe: Recipe, settings: SearchRecipe) -> None:
    """Check the recipe that is searched, before its images are opened.

    Raises:
        RequestError: it cannot be trained, is adversarial, or has too few seeds left.
    """
    check(recipe)
    if recipe.seed + settings.executions_per_trial > SEEDS:
        raise RequestError(
            "search.executions_per_trial",
            expected=f"seeds below {SEEDS}, counted from the recipe's",
            received=f"{settings.executions_per_trial} from {recipe.seed}",
            fix="set seed lower",
        )
    if not task_of(recipe).predicts:
        raise RequestError(
            "tune",
            expected="a recipe that is measured on validation images",
            received="an adversarial one, whose samples are judged after training",
            fix="compare such runs with kerasae generate",
        )


def check_algorithm(plan: SearchPlan) -> None:
    """Check that the algorithm can search the space.

    Raises:
        RequestError: a grid over a continuous range or beyond `max_trials`; or Hyperband with a range of epochs, too
            few epochs for the objective, or too few combinations.
    """
    if plan.settings.algorithm == "grid":
        _check_grid(plan)
    if plan.settings.algorithm == "hyperband":
        _check_hyperband(plan)


def _check_grid(plan: SearchPlan) -> None:
    continuous = next((parameter.name for parameter in plan.space.parameters if parameter.count is None), None)
    if continuous is not None:
        raise RequestError(
            f"search.space.{continuous}",
            expected="choices, or a range with a step, to go through in a grid",
            received="a range without one",
            fix="add step, or choose another search.algorithm",
        )
    max_trials = plan.settings.max_trials
    if max_trials is not None and (plan.space.size or 0) > max_trials:
        raise RequestError(
            "search.max_trials",
            expected=f"at least the {plan.space.size:,} trials of the grid",
            received=f"{max_trials}",
            fix="raise it, narrow search.space, or set search.algorithm to 'random'",
        )


def _check_hyperband(plan: SearchPlan) -> None:
    if any(field.startswith("phases.") and field.endswith(".epochs") for field in plan.space.ranges):
        raise RequestError(
            "search.space",
            expected="no epochs beside hyperband, which sets them itself",
            received="a range of epochs",
            fix="leave it out, or choose another search.algorithm",
        )
    schedule = hyperband_schedule(plan.epochs, plan.settings.factor)
    epochs_before = 0  # of the phases that do not log the objective yet
    for phase in limit_epochs(plan.resolved, plan.settings.max_epochs).phases:
        if plan.objective.is_logged_by(phase):
            break
        epochs_before += phase.epochs
    if schedule.min_epochs <= epochs_before:
        raise RequestError(
            "search.algorithm",
            expected=f"trials that reach a phase which logs {plan.objective.name}, after {epochs_before} epochs",
            received=f"'hyperband', whose first trials train {schedule.min_epochs}",
            fix="choose another",
        )
    if (size := plan.space.size) is not None and size < schedule.num_drawn:
        raise RequestError(
            "search.space",
            expected=f"at least the {schedule.num_drawn} combinations that hyperband draws over {plan.epochs} epochs",
            received=size,
            fix="widen it, or set search.algorithm to 'grid'",
        )


def check_trials(plan: SearchPlan, collection: Collection) -> None:
    """Check that the recipe can be trained on the images: in each fold, and at each end of each range.

    Raises:
        RequestError: a field of the recipe, or one end of a range, is refused.
    """
    check_fits(plan.resolved, collection)
    try:
        limit_epochs(plan.resolved, plan.settings.max_epochs)
    except RequestError as error:
        raise RequestError("search.max_epochs", received=error) from None
    if plan.settings.folds is not None:
        data = plan.resolved.data.model_copy(update={"fold": [0, plan.settings.folds]})
        try:
            folded = plan.resolved.model_copy(update={"data": data})
            check_fits(folded, open_collection(data, classifies=plan.resolved.classifies))
        except RequestError as error:
            raise RequestError("search.folds", received=error) from None
    for end in plan.space.end_points():
        _check_end(plan, end, collection)


def _check_end(plan: SearchPlan, end: EndPoint, collection: Collection) -> None:
    try:
        recipe = plan.trial_recipe(end.values)
        check(recipe)
        if any(field.startswith("data.") for field, _ in plan.space.overrides(end.values)):
            collection = open_collection(recipe.data, classifies=recipe.classifies)
        check_fits(recipe, collection)
    except RequestError as error:
        message = re.sub(r"^--set \S+: ", "", str(error))
        key = end.parameter.rpartition(".")[2]
        if key not in KINDS and "Did you mean" not in message:
            message += "".join(f". Did you mean the key {kind!r}?" for kind in get_close_matches(key, KINDS, 1, 0.75))
        received = f"{end.parameter} = {toml.inline(end.value)}: {message}"
        raise RequestError("search.space", received=received) from None
