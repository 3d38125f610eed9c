"""What was found in the images, in the few lines that a user reads before training begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasae.data.sources.naming import listing, printable
from kerasae.data.sources.source import SPLIT_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_CLASSES = 20


def lines(facts: Mapping[str, Any]) -> list[str]:
    """Return what a collection's facts come to: how many images, of which shape, and what is not used."""
    counts = facts["counts"]
    unlabelled = counts["train"]["unlabelled"]
    hidden = f" ({unlabelled:,} without a label)" if unlabelled and facts["class_names"] else ""
    number = len(facts["class_names"])
    classes = f"{number or 'no'} class{'es' * (number != 1)}"
    height, width, channels = facts["image_shape"]
    found = [
        (
            f"{counts['train']['total']:,} images to train on{hidden}, {counts['validation']['total']:,} for "
            f"validation, {counts['test']['total']:,} for testing; {classes}"
        ),
        f"shape {height}x{width}x{channels} (data.image_shape), {facts['image_shape_rule']}",
    ]
    if facts["class_names"]:
        totals = {name: sum(split["classes"][name] for split in counts.values()) for name in facts["class_names"]}
        labelled = "labelled images a class" if hidden else "images a class"
        found.append(
            f"{labelled}: {listing([f'{printable(name)} ({n:,})' for name, n in totals.items()], MOST_CLASSES)}"
        )
    renamed = {name: split for name, split in facts.get("split_folders", {}).items() if name.lower() not in SPLIT_NAMES}
    if renamed:
        found.append(f"read as splits: {', '.join(f'{printable(name)}/ ({split})' for name, split in renamed.items())}")
    if facts["unknown"]:
        kinds = [f"{printable(name)} ({count:,})" for name, count in facts["unknown"].items()]
        found.append(
            f"learned from: {listing([printable(name) for name in facts['normal']], MOST_CLASSES)}; kept apart, and "
            f"measured as unknown: {listing(kinds, MOST_CLASSES)} (data.normal)"
        )
    values = facts.get("values", {})
    if values.get("rule"):
        found.append(f"values {values['lowest']:g} to {values['highest']:g} become 0 to 255 by the {values['rule']}")
    if facts["quarantine"]:
        first = facts["quarantine"][0]
        found.append(
            f"broken and set aside: {len(facts['quarantine']):,}, the first {first['path']} ({first['reason']})"
        )
    if facts["ignored"]:
        ignored = [f"{printable(kind)} ({count:,})" for kind, count in facts["ignored"].items()]
        found.append(f"ignored: {listing(ignored, MOST_CLASSES)}")
    return found + warnings(facts)


def warnings(facts: Mapping[str, Any]) -> list[str]:
    """Return which validation and test images were learned from, a line for each reason; none if there are none."""
    said = []
    totals = {split: counts["total"] for split, counts in facts.get("counts", {}).items()}
    for split, count in facts.get("in_train", {}).items():
        if count:
            crossing = [group["places"] for group in facts["duplicates"] if _crosses(group["places"], split)]
            example = f"; the first: {', '.join(crossing[0][:3])}" if crossing else ""
            said.append(
                f"warning: {share(count, totals[split])} {split} images are among the training images too, which "
                f"flatters what is measured on them{example}"
            )
    before = facts.get("start_from", {})
    for split, effect in (
        ("validation", "the best epoch and the rejection threshold are chosen on them"),
        ("test", "what is measured on them is flattered"),
    ):
        if before.get(split):
            said.append(
                f"warning: {share(before[split], totals[split])} {split} images are among those that the runs in "
                f"start_from learned from; {effect}"
            )
    if before.get("unknown"):
        said.append(
            f"warning: it cannot be checked whether validation and test images are among those that "
            f"{', '.join(before['unknown'])} learned from, made by an earlier version of kerasae"
        )
    return said


def with_start(facts: Mapping[str, Any], recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's facts; for one of an earlier version they say that nothing is known of what it started from."""
    folders = sorted({folder for phase in recipe["phases"] for folder in phase.get("start_from", {}).values()})
    return {**({"start_from": {"unknown": folders}} if folders else {}), **facts}


def is_tested_unseen(facts: Mapping[str, Any]) -> bool:
    """Whether none of the test images is known or suspected to be among those that were learned from."""
    before = facts.get("start_from", {})
    listed = any(_crosses(one["places"], "test") for one in facts.get("duplicates", []))
    return not (listed or facts.get("in_train", {}).get("test") or before.get("test") or before.get("unknown"))


def share(count: int, total: int) -> str:
    """Return a count, what it is out of, and the share."""
    return f"{count:,} of {total:,} ({count / max(1, total):.0%})"


def _crosses(places: Sequence[str], split: str) -> bool:
    splits = {place.partition(":")[0] for place in places}
    return {"train", split} <= splits
