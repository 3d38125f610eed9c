"""The same image more than once, within a split or, which flatters a test, across splits."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from kerasae.data.images import UNLABELLED, ImageSet

if TYPE_CHECKING:
    from collections.abc import Mapping

_GROUPS = 100
_PLACES = 20


def find_duplicates(splits: Mapping[str, ImageSet]) -> dict[str, Any]:
    """Find groups of images of the same bytes (files) or the same upright pixels.

    Returns:
        JSON-able facts: `duplicates`, at most 100 groups that cross splits, `{"kind": "bytes" or "pixels",
        "count": images, "places": at most 20 "SPLIT: NAME"}`; and `duplicate_totals`, counts over all groups.
    """
    groups = defaultdict(list)
    for split, images in splits.items():
        for index, (bytes_hash, pixels_hash) in enumerate(images.digests()):
            groups[pixels_hash].append((split, index, bytes_hash))
    totals = {"groups": 0, "across_splits": 0, "surplus_pictures": 0, "labels_differ": 0}
    listed: list[dict[str, Any]] = []
    for group in groups.values():
        if len(group) == 1:
            continue
        labels = {int(splits[split].labels[index]) for split, index, _ in group} - {UNLABELLED}
        across = len({split for split, _, _ in group}) > 1
        totals["groups"] += 1
        totals["across_splits"] += across
        totals["surplus_pictures"] += len(group) - 1
        totals["labels_differ"] += len(labels) > 1
        if across and len(listed) < _GROUPS:
            hashes = {bytes_hash for _, _, bytes_hash in group}
            listed.append(
                {
                    "kind": "bytes" if len(hashes) == 1 and "" not in hashes else "pixels",
                    "count": len(group),
                    "places": [f"{split}: {splits[split].name(index)}" for split, index, _ in group[:_PLACES]],
                }
            )
    return {"duplicates": listed, "duplicate_totals": totals}
