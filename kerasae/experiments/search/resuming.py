"""Resuming a search: whether a folder holds the same search already, and what an earlier version left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasae.data.fingerprint import check_unchanged
from kerasae.experiments.search.plan import FILE, SearchPlan, is_search, read_tree
from kerasae.recipe import Recipe, toml
from kerasae.recipe.differences import first_difference
from kerasae.runs.folder import check_new
from kerasae.runs.origins import check_same
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import with_every_class, without_min_steps

if TYPE_CHECKING:
    from pathlib import Path

# Settings that may change when a search is resumed.
CHANGEABLE = ("max_trials", "max_seconds", "directory", "name")


def as_started(recipe: Recipe, folder: Path) -> Recipe:
    """Return a recipe without `min_steps` and `data.normal` if an earlier version started the search without them."""
    if not is_search(folder):
        return recipe
    if "normal" not in read_tree(folder)["asked"].get("data", {}):
        recipe = with_every_class(recipe)
    if not any(phase.min_steps for phase in recipe.phases):
        return recipe
    if any(phase.min_steps for phase in SearchPlan.read(folder).requested.phases):
        return recipe
    stderr_console().print(f"tune: {folder} was started without min_steps and resumes without", soft_wrap=True)
    return without_min_steps(recipe)


def can_resume(plan: SearchPlan) -> bool:
    """Return whether the folder holds this search already; False for a new folder.

    Raises:
        RequestError: the folder holds something else, or plugins, start models or images have changed.
    """
    if not plan.folder.exists():
        check_new(plan.folder, "search.directory")
        return False
    if not is_search(plan.folder):
        # Hidden files are locks, and what a killed process was writing.
        if any(not path.name.startswith(".") for path in plan.folder.iterdir()):
            raise RequestError(
                "tune",
                expected="a new folder, or that of this search",
                received=f"{plan.folder}, which holds no {FILE}",
                fix="give another --name",
            )
        return False
    existing = SearchPlan.read(plan.folder)
    difference = first_difference(_compared_fields(existing), _compared_fields(plan))
    if difference:
        key, before, now = difference
        raise RequestError(
            "tune",
            expected=f"the settings of the search in {plan.folder}, {key} {before}",
            received=f"{key} {now}",
            fix="resume it with its own settings, or give another --name",
        )
    assert plan.origins is not None  # only a search of an earlier version has none
    check_same(existing.origins, plan.origins, f"search {plan.folder}")
    check_unchanged(existing.facts, plan.facts, str(plan.folder))
    return True


def _compared_fields(plan: SearchPlan) -> dict[str, Any]:
    """Return all fields that decide on the trials."""
    tree = plan.resolved.model_dump(mode="json", exclude_defaults=True)
    settings = plan.settings.model_dump(mode="json", exclude_none=True, exclude=set(CHANGEABLE))
    space = {field: toml.inline(range_.model_dump(mode="json", exclude_defaults=True))
             for field, range_ in (plan.settings.space or {}).items()}  # fmt: skip
    return {**tree, "phases": plan.resolved.model_dump(mode="json")["phases"], "search": {**settings, "space": space}}
