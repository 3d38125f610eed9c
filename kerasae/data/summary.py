"""The facts about the images, in the few lines that a user reads before training begins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kerasae.data.sources.naming import listing, printable
from kerasae.data.sources.source import SPLIT_NAMES
from kerasae.runs.data_facts import DataFacts, LearnedBefore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_CLASSES = 20


def lines(facts: DataFacts) -> list[str]:
    """Return a summary of the images: how many there are, of which shape, and which files are not used."""
    counts = facts.counts
    unlabelled = counts["train"].unlabelled
    hidden = f" ({unlabelled:,} without a label)" if unlabelled and facts.class_names else ""
    number = len(facts.class_names)
    classes = f"{number or 'no'} class{'es' * (number != 1)}"
    height, width, channels = facts.image_shape
    summary = [
        (
            f"{counts['train'].total:,} images to train on{hidden}, {counts['validation'].total:,} for "
            f"validation, {counts['test'].total:,} for testing; {classes}"
        ),
        f"shape {height}x{width}x{channels} (data.image_shape), {facts.image_shape_rule}",
    ]
    if facts.class_names:
        totals = {name: sum(split.classes[name] for split in counts.values()) for name in facts.class_names}
        labelled = "labelled images a class" if hidden else "images a class"
        summary.append(
            f"{labelled}: {listing([f'{printable(name)} ({n:,})' for name, n in totals.items()], MOST_CLASSES)}"
        )
    renamed = {name: split for name, split in (facts.split_folders or {}).items() if name.lower() not in SPLIT_NAMES}
    if renamed:
        summary.append(
            f"read as splits: {', '.join(f'{printable(name)}/ ({split})' for name, split in renamed.items())}"
        )
    if facts.unknown:
        kinds = [f"{printable(name)} ({count:,})" for name, count in facts.unknown.items()]
        summary.append(
            f"learned from: {listing([printable(name) for name in facts.normal or ()], MOST_CLASSES)}; kept apart, and "
            f"measured as unknown: {listing(kinds, MOST_CLASSES)} (data.normal)"
        )
    values = facts.values
    if values is not None and values.rule:
        summary.append(f"values {values.lowest:g} to {values.highest:g} become 0 to 255 by the {values.rule}")
    if facts.quarantine:
        first = facts.quarantine[0]
        summary.append(f"broken and left out: {len(facts.quarantine):,}, the first {first.path} ({first.reason})")
    if facts.ignored:
        ignored = [f"{printable(kind)} ({count:,})" for kind, count in facts.ignored.items()]
        summary.append(f"ignored: {listing(ignored, MOST_CLASSES)}")
    return summary + warnings(facts)


def warnings(facts: DataFacts) -> list[str]:
    """Return a line for each reason why validation or test images were learned from; none if they were not."""
    messages = []
    totals = {split: counts.total for split, counts in facts.counts.items()}
    for split, count in (facts.in_train or {}).items():
        if count:
            crossing = [group.places for group in facts.duplicates if _crosses(group.places, split)]
            example = f"; the first: {', '.join(crossing[0][:3])}" if crossing else ""
            messages.append(
                f"warning: {share(count, totals[split])} {split} images are among the training images too, which "
                f"flatters what is measured on them{example}"
            )
    before = facts.start_from or LearnedBefore()
    for split, count, effect in (
        ("validation", before.validation, "the best epoch and the rejection threshold are chosen on them"),
        ("test", before.test, "what is measured on them is flattered"),
    ):
        if count:
            messages.append(
                f"warning: {share(count, totals[split])} {split} images are among those that the runs in "
                f"start_from learned from; {effect}"
            )
    if before.unknown:
        messages.append(
            f"warning: it cannot be checked whether validation and test images are among those that "
            f"{', '.join(before.unknown)} learned from, made by an earlier version of kerasae"
        )
    return messages


def with_start(facts: DataFacts, recipe: Mapping[str, Any]) -> DataFacts:
    """Return a run's facts; those of an earlier version say that what its `start_from` learned from is unknown."""
    folders = sorted({folder for phase in recipe["phases"] for folder in phase.get("start_from", {}).values()})
    if not folders or facts.start_from is not None:
        return facts
    return replace(facts, start_from=LearnedBefore(unknown=tuple(folders)))


def is_tested_unseen(facts: DataFacts) -> bool:
    """Return whether no test image is known or suspected to be among those that were learned from."""
    before = facts.start_from or LearnedBefore()
    listed = any(_crosses(group.places, "test") for group in facts.duplicates)
    return not (listed or (facts.in_train or {}).get("test") or before.test or before.unknown)


def share(count: int, total: int) -> str:
    """Return a count, its total, and the share."""
    return f"{count:,} of {total:,} ({count / max(1, total):.0%})"


def _crosses(places: Sequence[str], split: str) -> bool:
    splits = {entry.partition(":")[0] for entry in places}
    return {"train", split} <= splits
