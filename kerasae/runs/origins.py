"""What a run is made from beside its recipe and its images: plugins, and models of other runs, by SHA-256.

`origins.json` is written when a run begins. A run that was made before it existed has none.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae.files.manifest import is_listed
from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.recipe.plugins import OPTION, digests, load_plugins, trusts_all
from kerasae.runs.run import Run
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kerasae.recipe import Recipe

Origins = dict[str, dict[str, str]]


def origins_of(recipe: Recipe) -> Origins:
    """Return the SHA-256 of each imported plugin, and of the model of each run that the recipe starts from, by path."""
    folders = sorted({folder for phase in recipe.phases for folder in phase.start_from.values()})
    return {
        "plugins": digests(recipe.plugins),
        "start_from": {folder: _model_digest(folder) for folder in folders},
    }


def write_origins(run: Run, recipe: Recipe) -> None:
    """Keep what a run begins from."""
    write_json(run.origins, origins_of(recipe))


def read_origins(run: Run) -> Origins | None:
    """Return what a run began from; None for a run of an earlier version.

    Raises:
        RequestError: the file is damaged.
    """
    if not run.origins.exists() and not is_listed(run.origins):
        return None
    kept = read_json(run.origins)
    if not _is_valid(kept):
        raise RequestError("run", received=f"{run.origins} is damaged", fix="put it back or train a new run")
    return kept


def load_plugins_of(run: Run) -> None:
    """Import the plugins of a run, if they are trusted and as they were when the run began.

    Raises:
        RequestError: one of them is not, or the run is of an earlier version and not all plugins are trusted.
    """
    load_kept(run.recipe.plugins, read_origins(run), f"run {run.path}")


def load_kept(plugins: Iterable[str], kept: Origins | None, owner: str) -> None:
    """Import the plugins of something that began with these origins; raises as `load_plugins_of` does."""
    files = list(plugins)
    if files and kept is None and not trusts_all():
        raise RequestError(
            f"{owner}: plugins",
            expected=f"the SHA-256 of {', '.join(files)} as it was",
            received="none, from an earlier version of kerasae",
            fix=f"if the file is the same and you trust it, add {OPTION}",
        )
    load_plugins(files, None if kept is None else kept["plugins"], owner)


def check_start(run: Run, folders: Iterable[str]) -> None:
    """Refuse other runs that a run starts from if their models have changed since it began.

    Raises:
        RequestError: one of them has.
    """
    kept = read_origins(run)
    before = {} if kept is None else kept["start_from"]
    now = {folder: _model_digest(folder) for folder in folders if folder in before}
    _check_models({folder: before[folder] for folder in now}, now, f"run {run.path}")


def check_same(before: Origins | None, now: Origins, owner: str) -> None:
    """Refuse other plugins or other models than something began with; `before` is None if that is not known.

    Raises:
        RequestError: the first one that differs.
    """
    load_kept(now["plugins"], before, owner)
    if before is not None:
        _check_models(before["start_from"], now["start_from"], owner)


def _check_models(before: Mapping[str, str], now: Mapping[str, str], owner: str) -> None:
    changed = next((folder for folder, digest in before.items() if now.get(folder, digest) != digest), None)
    if changed is not None:
        raise RequestError(
            f"{owner}: start_from",
            expected=f"the model of {changed} as it was",
            received="another one",
            fix="put the old model.keras back, or train a new run",
        )


def _model_digest(folder: str) -> str:
    model = Run.open(Path(folder).expanduser()).model
    with model.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_valid(kept: Any) -> bool:
    return isinstance(kept, dict) and all(
        isinstance(kept.get(key), dict) and all(isinstance(value, str) for value in kept[key].values())
        for key in ("plugins", "start_from")
    )
