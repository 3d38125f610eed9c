"""Numbers as JSON takes them."""

from __future__ import annotations

import math
from typing import SupportsFloat


def number(value: SupportsFloat) -> float | None:
    """Return a plain float, or None for NaN and infinity."""
    plain = float(value)
    return plain if math.isfinite(plain) else None
