"""The module that plugins of earlier versions import: everything of `blocks` and `registries`, by old names too."""

from __future__ import annotations

from typing import Any

from kerasae.models import blocks, registries

_RENAMED = {"picture": "image", "picture_input": "image_input", "picture_output": "image_output"}


def __getattr__(name: str) -> Any:
    """Return what has the name now; AttributeError if nothing does."""
    current = _RENAMED.get(name, name)
    if not current.startswith("_"):
        for module in (blocks, registries):
            if hasattr(module, current):
                return getattr(module, current)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
