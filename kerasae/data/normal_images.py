"""Which classes a recipe without a classifier learns from: the normal ones, where the source says which these are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import FileImages, ImageSet
from kerasae.data.sources.folder_names import ABNORMAL_NAMES, is_normal
from kerasae.data.sources.naming import each, listing
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.sources import Source


@dataclass(frozen=True)
class Separated:
    """A source of the normal classes alone, and the images of each other class, which nothing is to learn from."""

    source: Source
    unknown: dict[str, ImageSet]


def separate(source: Source, normal: str | Sequence[str]) -> Separated:
    """Set apart what is not normal.

    With "auto", classes called good, normal, ok and the like are normal, as in the folders of MVTec AD (P. Bergmann et
    al., CVPR 2019) and anomalib. Where no class has such a name, those that training has are normal, and classes that
    only the test split has are not; several of them in files leave a doubt, since all would be learned from.

    Args:
        source: any.
        normal: "auto", "all" (nothing is set apart), or the names of the normal classes.

    Raises:
        RequestError: `normal` names a class that is not there.
    """
    names = source.class_names
    if normal == "all" or not names:
        return Separated(source, {})
    if isinstance(normal, str):
        chosen, doubts = _by_names(source)
    else:
        chosen, doubts = list(normal), ()
        absent = [name for name in chosen if name not in names]
        if absent or not chosen:
            raise RequestError(
                "data.normal",
                expected=f"'auto', 'all' or some of the classes {listing(names, 20)}",
                received=f"{', '.join(chosen) or 'an empty list'}{(nearest(absent[0], names) if absent else '')}",
            )
    others = [name for name in names if name not in chosen]
    unknown = {name: source.of(name) for name in others}
    kept = replace(source.without(others), doubts=(*source.doubts, *doubts))
    return Separated(kept, {name: images for name, images in unknown.items() if len(images)})


def _by_names(source: Source) -> tuple[list[str], tuple[str, ...]]:
    names = source.class_names
    train = source.parts.get("train")
    labels = set() if train is None else set(train.labels.tolist())
    learned = [name for index, name in enumerate(names) if index in labels]
    normal = [name for name in names if is_normal(name)]
    if normal and (not learned or set(normal) & set(learned)):
        return normal, ()
    if not normal and len(learned) == 1 and learned[0].casefold() not in ABNORMAL_NAMES:
        return learned, ()
    chosen = learned or list(names)
    if not isinstance(train, FileImages):
        return chosen, ()
    counts = np.bincount(train.labels[train.labels >= 0], minlength=len(names))
    shown = each([f"{name} ({counts[names.index(name)]:,} to train on)" for name in chosen], "classes")
    return chosen, (
        (
            "data.normal: expected to know which classes are normal, since a recipe without a classifier learns from "
            f"all images alike. Received: {shown}; name the normal ones, as in --set \"data.normal=['{chosen[0]}']\", "
            "and the others are measured as unknown, or learn from all with --set data.normal=all"
        ),
    )
