"""kerasae: joint autoencoder-classifiers from a folder of images.

    import kerasae

    run = kerasae.train("joint", data="images/")
    run.predict("new/")

Importing the package loads no TensorFlow; the first use of a public name does.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kerasae._version import __version__

if TYPE_CHECKING:
    from kerasae.api import (
        JointAutoencoder,
        Run,
        compare,
        evaluate,
        explore,
        export,
        generate,
        predict,
        train,
        tune,
    )

__all__ = [
    "JointAutoencoder",
    "Run",
    "__version__",
    "compare",
    "evaluate",
    "explore",
    "export",
    "generate",
    "predict",
    "train",
    "tune",
]

_NAMESPACES = frozenset({"layers", "losses", "metrics", "models", "optimizers"})


def __getattr__(name: str) -> Any:
    """Import what a public name needs, at its first use."""
    if name in _NAMESPACES:
        return importlib.import_module(f"kerasae.{name}")
    if name not in __all__:
        raise AttributeError(f"module 'kerasae' has no attribute {name!r}")
    from kerasae.utils.tensorflow import load_tensorflow

    load_tensorflow()
    value = getattr(importlib.import_module("kerasae.api"), name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """Keeps the function `tune` in its place where a program imports the module of the same name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*__all__, *_NAMESPACES})
