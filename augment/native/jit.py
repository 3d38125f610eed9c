"""How the kernels are compiled: on first use, kept on disk, and without holding Python's lock while they run."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba

# Strict IEEE arithmetic: Pillow's bytes depend on every single rounding.
_compile: Callable[..., Any] = functools.partial(numba.njit, nogil=True, fastmath=False, error_model="numpy")


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` compiled, its machine code kept on disk for the next process."""
    try:
        return _compile(cache=True)(function)
    except RuntimeError:  # no folder can be written, not even the user's own: compile in every process
        return _compile()(function)


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` compiled as a part of the kernels that call it."""
    return _compile()(function)
