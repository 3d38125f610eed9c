"""What was found in the pictures, in the few lines that a user reads before training begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasae.data.sources.naming import listing, printable
from kerasae.data.sources.source import SPLIT_NAMES

MOST_CLASSES = 20


def lines(facts: Mapping[str, Any]) -> list[str]:
    """Return what a collection's facts come to: how many pictures, of which shape, and what is not used."""
    counts = facts["counts"]
    unlabelled = counts["train"]["unlabelled"]
    hidden = f" ({unlabelled:,} without a label)" if unlabelled and facts["class_names"] else ""
    number = len(facts["class_names"])
    classes = f"{number or 'no'} class{'es' * (number != 1)}"
    height, width, channels = facts["image_shape"]
    found = [
        f"{counts['train']['total']:,} pictures to train on{hidden}, {counts['validation']['total']:,} for validation, "
        f"{counts['test']['total']:,} for testing; {classes}",
        f"shape {height}x{width}x{channels} (data.image_shape), {facts['image_shape_rule']}",
    ]
    if facts["class_names"]:
        totals = {name: sum(split["classes"][name] for split in counts.values()) for name in facts["class_names"]}
        labelled = "labelled pictures a class" if hidden else "pictures a class"
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
    return found
