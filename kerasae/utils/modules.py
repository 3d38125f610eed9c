"""Importing every module of a package, so that a new file in it takes part without being listed anywhere."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def import_all(package: str, path: Iterable[str]) -> None:
    """Import all modules directly inside a package, in the order of their names.

    Args:
        package: the package's `__name__`.
        path: the package's `__path__`.
    """
    for module in sorted(info.name for info in pkgutil.iter_modules(path)):
        importlib.import_module(f"{package}.{module}")
