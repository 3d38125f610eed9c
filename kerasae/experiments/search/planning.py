"""From a recipe to the plan of a search: everything that can be wrong is refused here, before any trial."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.data.collection import open_collection
from kerasae.data.learned_images import facts_of
from kerasae.experiments.search.defaults import default_space
from kerasae.experiments.search.plan import SearchPlan, is_search
from kerasae.experiments.search.plan_checks import check_algorithm, check_recipe, check_trials
from kerasae.experiments.search.resuming import as_started, can_resume
from kerasae.recipe import SearchRecipe
from kerasae.runs.origins import origins_of
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import resolve

if TYPE_CHECKING:
    from kerasae.recipe import Recipe


def plan_search(default_name: str, recipe: Recipe) -> SearchPlan:
    """Plan a search, or plan an existing one again; nothing is written.

    Args:
        default_name: the name of the search if the recipe gives none.
        recipe: the recipe to search, with its table `search`.

    Raises:
        RequestError: a recipe that cannot be trained, a space or objective that does not fit it, a grid that is too
            large, or a folder that holds another search.
    """
    settings = recipe.search or SearchRecipe()
    check_recipe(recipe, settings)
    name = settings.name or default_name
    folder = search_folder(settings, name)
    recipe = as_started(recipe, folder)
    collection = open_collection(recipe.data, classifies="label" in recipe.heads, asks=not is_search(folder))
    resolved = resolve(recipe, collection)
    plan = SearchPlan.of(
        name,
        folder,
        requested=_trainable_anywhere(recipe, resolved),
        resolved=resolved,
        settings=_with_space(settings, resolved, collection.image_shape),
        facts=facts_of(resolved, collection),
        origins=origins_of(resolved),
    )
    check_algorithm(plan)
    if not can_resume(plan):
        check_trials(plan, collection)
    return plan


def search_folder(settings: SearchRecipe, default_name: str) -> Path:
    """Return the folder of a search."""
    return Path(settings.directory).expanduser() / (settings.name or default_name)


def _with_space(settings: SearchRecipe, resolved: Recipe, image_shape: tuple[int, int, int]) -> SearchRecipe:
    """Return settings with the default space of the encoder if they have none.

    Raises:
        RequestError: the encoder has no default space.
    """
    if settings.space is not None:
        return settings
    space = default_space(resolved, image_shape)
    if not space:
        raise RequestError(
            "search.space",
            expected=f"ranges of fields, because the encoder {resolved.model.encoder.name!r} has no default ranges",
            received="nothing",
            fix="add a table [search.space]",
        )
    return settings.model_copy(update={"space": space})


def _trainable_anywhere(recipe: Recipe, resolved: Recipe) -> Recipe:
    """Return a recipe without `search`, its paths absolute as in `resolved`."""
    data = recipe.data.model_copy(update={"source": resolved.data.source})
    phases = [
        phase.model_copy(update={"start_from": absolute.start_from})
        for phase, absolute in zip(recipe.phases, resolved.phases, strict=True)
    ]
    return recipe.model_copy(update={"data": data, "phases": phases, "plugins": resolved.plugins, "search": None})
