"""Whether pictures are the same as before: one hash over all of them, their labels and their splits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from kerasae.data.images import Pictures, batches
from kerasae.data.progress import with_progress
from kerasae.utils.errors import RequestError


def fingerprint(splits: Mapping[str, Pictures]) -> str:
    """Return a hash of every picture's pixels and label, in order, by split; file names do not count."""
    digest = hashlib.sha256()
    for split, pictures in splits.items():
        digest.update(f"{split} {len(pictures)}\n".encode())
        for label, (_, pixels_hash) in zip(pictures.labels.tolist(), pictures.digests(), strict=True):
            digest.update(f"{label} {pixels_hash}\n".encode())
    return digest.hexdigest()


def seen(pictures: Pictures) -> str:
    """Return a hash of pictures and labels in order, read and resized as a model sees them, wherever they lie."""
    digest = hashlib.sha256(f"{len(pictures)} {pictures.image_shape} {pictures.labels.tolist()}\n".encode())
    parts = batches(pictures)
    for places in with_progress(parts, len(parts), "Comparing pictures"):
        digest.update(pictures.load(places).data)
    return digest.hexdigest()


def check_unchanged(before: Mapping[str, Any], now: Mapping[str, Any], run: str) -> None:
    """Refuse pictures other than those that a run was made with, which would mix what it learned and what tests it.

    Args:
        before: the facts that the run keeps.
        now: the facts of the pictures as they are.
        run: what to call the run.

    Raises:
        RequestError: the pictures, their labels or their splits differ.
    """
    if before["fingerprint"] != now["fingerprint"]:
        raise RequestError(
            "run",
            expected=f"the pictures that {run} was made with, {_total(before)} in {before['source']}",
            received=f"{_total(now)}, not all of them the same",
            fix="put the old ones back or train a new run",
        )


def _total(facts: Mapping[str, Any]) -> int:
    return sum(counts["total"] for counts in facts["counts"].values())
