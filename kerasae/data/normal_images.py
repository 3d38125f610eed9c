"""The normal classes, from which a recipe without a classifier learns, and the classes that are kept apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.file_images import FileImages
from kerasae.data.sources.folder_names import ABNORMAL_NAMES, is_normal
from kerasae.data.sources.naming import each, listing
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.images import ImageSet
    from kerasae.data.sources import Source


@dataclass(frozen=True)
class Separated:
    """A source of the normal classes alone, and the images of each other class, which are not learned from."""

    source: Source
    unknown: dict[str, ImageSet]


def separate(source: Source, normal: str | Sequence[str]) -> Separated:
    """Keep the images of classes that are not normal apart.

    With "auto", classes called good, normal, ok and the like are normal, as in the folders of MVTec AD (P. Bergmann et
    al., CVPR 2019) and anomalib. Without such a name, the classes of the training split are normal, and classes that
    only the test split has are not. Several training classes in files add a doubt to the source, since all are learned
    from.

    Args:
        source: where the images come from.
        normal: "auto", "all" (nothing is kept apart), or the names of the normal classes.

    Raises:
        RequestError: `normal` names an unknown class.
    """
    names = source.class_names
    if normal == "all" or not names:
        return Separated(source, {})
    if isinstance(normal, str):
        chosen, doubt = _by_names(source)
    else:
        chosen, doubt = list(normal), None
        absent = [name for name in chosen if name not in names]
        if absent or not chosen:
            raise RequestError(
                "data.normal",
                expected=f"'auto', 'all' or some of the classes {listing(names, 20)}",
                received=f"{', '.join(chosen) or 'an empty list'}{(nearest(absent[0], names) if absent else '')}",
            )
    others = [name for name in names if name not in chosen]
    unknown = {name: source.of(name) for name in others}
    kept = replace(source.without(others), doubts=source.doubts if doubt is None else (*source.doubts, doubt))
    return Separated(kept, {name: images for name, images in unknown.items() if len(images)})


def _by_names(source: Source) -> tuple[list[str], RequestError | None]:
    """Return the normal classes by their names and splits, and the doubt, if any, whether these are meant."""
    names = source.class_names
    train = source.parts.get("train")
    labels = set() if train is None else set(train.labels.tolist())
    learned = [name for index, name in enumerate(names) if index in labels]
    normal = [name for name in names if is_normal(name)]
    if normal and (not learned or set(normal) & set(learned)):
        return normal, None
    if not normal and len(learned) == 1 and learned[0].casefold() not in ABNORMAL_NAMES:
        return learned, None
    chosen = learned or list(names)
    if not isinstance(train, FileImages):
        return chosen, None
    counts = np.bincount(train.labels[train.labels >= 0], minlength=len(names))
    shown = each([f"{name} ({counts[names.index(name)]:,} to train on)" for name in chosen], "classes")
    return chosen, RequestError(
        "data.normal",
        expected="the names of the normal classes, since a recipe without a classifier learns from all images alike",
        received=shown,
        fix=(
            f"name the normal ones, as in --set \"data.normal=['{chosen[0]}']\", and the others are measured as "
            "unknown, or learn from all with --set data.normal=all"
        ),
    )
