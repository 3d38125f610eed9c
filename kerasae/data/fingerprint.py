"""Tell whether images are the same as before, by one hash over all of them, their labels and their splits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from kerasae.data.images import ImageSet, batches
from kerasae.data.progress import with_progress
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.runs.data_facts import DataFacts


def fingerprint(splits: Mapping[str, ImageSet]) -> str:
    """Return a hash of every image's pixels and label, in order, by split; file names do not count."""
    digest = hashlib.sha256()
    for split, images in splits.items():
        digest.update(f"{split} {len(images)}\n".encode())
        for label, pixels_hash in zip(images.labels.tolist(), images.hashes.pixels, strict=True):
            digest.update(f"{label} {pixels_hash}\n".encode())
    return digest.hexdigest()


def model_input_hash(images: ImageSet) -> str:
    """Return a hash of images and labels in order, read and resized as a model gets them, wherever they are stored."""
    digest = hashlib.sha256(f"{len(images)} {images.image_shape} {images.labels.tolist()}\n".encode())
    parts = batches(images)
    for indices in with_progress(parts, len(parts), "Comparing images"):
        digest.update(images.load(indices).data)
    return digest.hexdigest()


def check_unchanged(before: DataFacts, now: DataFacts, run: str) -> None:
    """Refuse images other than those that a run was made with, which would mix what it learned and what tests it.

    Args:
        before: the facts that the run keeps.
        now: the facts of the images as they are.
        run: the name of the run, for the message.

    Raises:
        RequestError: the images, their labels or their splits differ.
    """
    if before.fingerprint != now.fingerprint:
        raise RequestError(
            "run",
            expected=f"the images that {run} was made with, {_total(before)} in {before.source}",
            received=f"{_total(now)}, not all of them the same",
            fix="put the old ones back or train a new run",
        )


def _total(facts: DataFacts) -> int:
    return sum(counts.total for counts in facts.counts.values())
