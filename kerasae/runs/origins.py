"""The SHA-256 of the plugins and of the models of other runs that a run begins from.

`origins.json` is written when a run begins; runs of early versions have none.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from kerasae.files.manifest import is_listed
from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.recipe.plugins import OPTION, digests, load_plugins, trusts_all
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kerasae.recipe import Recipe


class Origins(TypedDict):
    """The content of origins.json: SHA-256 by path of each plugin, and of the model of each run to start from."""

    plugins: dict[str, str]
    start_from: dict[str, str]


def origins_of(recipe: Recipe) -> Origins:
    """Return the origins of a recipe whose plugins are imported."""
    folders = sorted({folder for phase in recipe.phases for folder in phase.start_from.values()})
    return {
        "plugins": digests(recipe.plugins),
        "start_from": {folder: _model_digest(folder) for folder in folders},
    }


def write_origins(run: RunFolder, recipe: Recipe) -> None:
    """Write the origins of a recipe to its run."""
    write_json(run.origins, origins_of(recipe))


def read_origins(run: RunFolder) -> Origins | None:
    """Return the origins of a run; None for a run of an early version.

    Raises:
        RequestError: the file is missing, changed or damaged.
    """
    if not run.origins.exists() and not is_listed(run.origins):
        return None
    origins = read_json(run.origins)
    if not _is_valid(origins):
        raise RequestError("run", received=f"{run.origins} is damaged", fix="put it back or train a new run")
    return Origins(plugins=origins["plugins"], start_from=origins["start_from"])


def load_plugins_of(run: RunFolder) -> None:
    """Import the plugins of a run, if they are trusted and unchanged since the run began.

    Raises:
        RequestError: a plugin is not trusted or has changed, or the run is of an early version and not all plugins are
            trusted.
    """
    load_kept(run.recipe.plugins, read_origins(run), f"run {run.path}")


def load_kept(plugins: Iterable[str], origins: Origins | None, owner: str) -> None:
    """Import plugins that must be unchanged since their run, comparison or search began.

    Args:
        plugins: paths.
        origins: when it began; None if it is of an early version.
        owner: for messages, such as "run runs/joint-001".

    Raises:
        RequestError: as `load_plugins_of`.
    """
    files = list(plugins)
    if files and origins is None and not trusts_all():
        raise RequestError(
            f"{owner}: plugins",
            expected=f"the SHA-256 of {', '.join(files)} as it was",
            received="none, from an earlier version of kerasae",
            fix=f"if the file is the same and you trust it, add {OPTION}",
        )
    load_plugins(files, None if origins is None else origins["plugins"], owner)


def check_start(run: RunFolder, folders: Iterable[str]) -> None:
    """Refuse runs to start from whose models have changed since the run began.

    Args:
        run: the run that starts from others.
        folders: the paths of the others.

    Raises:
        RequestError: the model of one of them has changed.
    """
    origins = read_origins(run)
    before = {} if origins is None else origins["start_from"]
    now = {folder: _model_digest(folder) for folder in folders if folder in before}
    _check_models({folder: before[folder] for folder in now}, now, f"run {run.path}")


def check_same(before: Origins | None, now: Origins, owner: str) -> None:
    """Import the plugins of a run, a comparison or a search, and refuse origins that have changed since it began.

    Args:
        before: the origins when it began; None if it is of an early version.
        now: the origins now.
        owner: for messages, such as "run runs/joint-001".

    Raises:
        RequestError: the first plugin or model that has changed.
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
    model = RunFolder.open(Path(folder).expanduser()).model
    with model.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_valid(origins: Any) -> bool:
    return isinstance(origins, dict) and all(
        isinstance(origins.get(key), dict) and all(isinstance(value, str) for value in origins[key].values())
        for key in ("plugins", "start_from")
    )
