"""What was found in the pictures, in the few lines that a user reads before training begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lines(facts: Mapping[str, Any]) -> list[str]:
    """Return what a collection's facts come to: how many pictures, of which shape, and what is not used."""
    counts = facts["counts"]
    unlabelled = counts["train"]["unlabelled"]
    hidden = f" ({unlabelled:,} without a label)" if unlabelled and facts["class_names"] else ""
    classes = f"{len(facts['class_names'])} classes" if facts["class_names"] else "no classes"
    height, width, channels = facts["image_shape"]
    found = [
        f"{counts['train']['total']:,} pictures to train on{hidden}, {counts['validation']['total']:,} for validation, "
        f"{counts['test']['total']:,} for testing; {classes}",
        f"shape {height}x{width}x{channels} (data.image_shape), {facts['image_shape_rule']}",
    ]
    values = facts.get("values", {})
    if values.get("rule"):
        found.append(f"values {values['lowest']:g} to {values['highest']:g} become 0 to 255 by the {values['rule']}")
    if facts["quarantine"]:
        first = facts["quarantine"][0]
        found.append(
            f"broken and set aside: {len(facts['quarantine']):,}, the first {first['path']} ({first['reason']})"
        )
    if facts["ignored"]:
        kinds = ", ".join(f"{kind} ({count:,})" for kind, count in facts["ignored"].items())
        found.append(f"ignored: {kinds}")
    return found
