"""Equal images, within a split or across splits, where they bias what is measured on test images."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from kerasae.data.images import UNLABELLED, ImageSet
from kerasae.runs.data_facts import DuplicateGroup, DuplicateTotals

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_GROUPS = 100
MOST_PLACES = 20


def find_duplicates(splits: Mapping[str, ImageSet]) -> tuple[tuple[DuplicateGroup, ...], DuplicateTotals]:
    """Find groups of images with the same file bytes or the same upright pixels.

    Returns:
        At most `MOST_GROUPS` groups that cross splits, each with at most `MOST_PLACES` places "SPLIT: NAME"; and counts
        over all groups.
    """
    by_pixels = defaultdict(list)
    for split, images in splits.items():
        hashes = images.hashes
        for index, (file_hash, pixels_hash) in enumerate(zip(hashes.files, hashes.pixels, strict=True)):
            by_pixels[pixels_hash].append((split, index, file_hash))
    groups = [group for group in by_pixels.values() if len(group) > 1]
    across = [group for group in groups if len({split for split, _, _ in group}) > 1]
    labels = [{int(splits[split].labels[index]) for split, index, _ in group} - {UNLABELLED} for group in groups]
    listed = []
    for group in across[:MOST_GROUPS]:
        file_hashes = {file_hash for _, _, file_hash in group}
        listed.append(
            DuplicateGroup(
                kind="bytes" if len(file_hashes) == 1 and "" not in file_hashes else "pixels",
                count=len(group),
                places=tuple(f"{split}: {splits[split].name(index)}" for split, index, _ in group[:MOST_PLACES]),
            )
        )
    totals = DuplicateTotals(
        groups=len(groups),
        across_splits=len(across),
        surplus_pictures=sum(len(group) - 1 for group in groups),
        labels_differ=sum(len(classes) > 1 for classes in labels),
    )
    return tuple(listed), totals
