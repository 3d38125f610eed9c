"""A user's own Python files, which register transforms, encoders and the like before a recipe names them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from kerasae.errors import RequestError

_loaded: set[Path] = set()


def load_plugins(files: Iterable[str]) -> None:
    """Run each file once in this process.

    Raises:
        RequestError: a file is missing, is no Python file, or fails; one line says with what.
    """
    for name in files:
        path = Path(name).expanduser().resolve()
        if path in _loaded:
            continue
        if path.suffix != ".py" or not path.is_file():
            raise RequestError(f"recipe: plugins: expected the path of a .py file. Received: {name!r}, which is none")
        spec = importlib.util.spec_from_file_location(f"kerasae_plugin_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        try:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        except Exception as error:
            raise RequestError(f"recipe: plugins: {name} fails with {type(error).__name__}: {error}") from error
        _loaded.add(path)
