"""A progress bar for slow loops, on terminals only."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeVar

from kerasae.utils.console import stderr_console

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

PATIENCE = 1.5


def with_progress(items: Iterable[T], total: int, description: str) -> Iterator[T]:
    """Yield `items`; show a progress bar if stderr is a terminal and they take longer than `PATIENCE` seconds."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.progress import Progress

    started = time.monotonic()
    bar = Progress(console=stderr_console(), transient=True)
    task = bar.add_task(description, total=total)
    try:
        for done, item in enumerate(items, start=1):
            yield item
            bar.update(task, completed=done)
            if not bar.live.is_started and time.monotonic() - started > PATIENCE:
                bar.start()
    finally:
        bar.stop()
