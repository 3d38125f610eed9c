"""Where a person is told what is going on."""

from __future__ import annotations

from rich.console import Console


def told() -> Console:
    """Return standard error, for words as they are: brackets in a name are no markup, and :cat: is no emoji."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)
