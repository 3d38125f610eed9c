"""Start a phase from the parts of a saved run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.models import JointAutoencoder, load_trained
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.recipe import DataRecipe, Recipe


def start_from(model: JointAutoencoder, recipe: Recipe, index: int) -> None:
    """Set the weights of the parts that a phase starts from other runs.

    Args:
        model: as `recipe` builds it.
        recipe: the recipe.
        index: of the phase.

    Raises:
        RequestError: no phase trains such a part, or a run is missing, has other shapes, or was trained on images that
            a fold of this recipe is measured on.
    """
    phase, key = recipe.phases[index], f"phases.{index}"
    for name, folder in phase.start_from.items():
        part = getattr(model, name)
        if part is None:
            raise RequestError(
                f"recipe: {key}.start_from.{name}",
                expected="a part that some phase trains, since no other is built",
                received=f"{name!r}",
                fix="leave it out",
            )
        saved_run = RunFolder.open(Path(folder))
        _check_fold(recipe.data, saved_run, f"{key}.start_from.{name}")
        saved = getattr(load_trained(saved_run, needs_rejection=False).model, name)
        shapes = [tuple(weight.shape) for weight in part.weights]
        if saved is None or [tuple(weight.shape) for weight in saved.weights] != shapes:
            raise RequestError(
                f"recipe: {key}.start_from.{name}",
                expected=f"a run whose {name} has the shapes of this recipe's",
                received=f"{folder!r}, whose {name} {('is missing' if saved is None else 'has others')}",
            )
        part.set_weights(saved.get_weights())


def _check_fold(data: DataRecipe, saved_run: RunFolder, key: str) -> None:
    """Refuse a saved run that was trained on the images which a fold is measured on."""
    saved_data = saved_run.recipe.data
    if data.fold is not None and saved_data.source == data.source and saved_data.fold != data.fold:
        raise RequestError(
            f"recipe: {key}",
            expected="a run that did not learn from the images which a fold is measured on",
            received=f"{str(saved_run.path)!r}, of the same {data.source}",
            fix="compare over seeds, or train that part in a phase of this recipe",
        )
