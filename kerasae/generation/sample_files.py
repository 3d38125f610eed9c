"""Writes generated images: an .npz of all arrays, and a folder of PNG files that `--data` accepts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from kerasae.data.sources.folder_names import is_split, is_system, is_unlabelled
from kerasae.files.writing import written_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.generation.interpolation import Interpolation
    from kerasae.generation.sample_metrics import MeasuredSamples

MAX_FOLDER_NAME = 40  # characters, of up to 4 bytes each


def write_arrays(path: Path, measured: Sequence[MeasuredSamples], interpolation: Interpolation | None) -> None:
    """Write all images as an .npz file.

    The arrays are SAMPLER-images, SAMPLER-label (the class that was sampled), SAMPLER-named (the class that the judge
    predicts), and "between" (the interpolation).
    """
    arrays: dict[str, Any] = {} if interpolation is None else {"between": interpolation.images}
    for item in measured:
        name = item.samples.sampler.name
        arrays |= {f"{name}-images": item.samples.images, f"{name}-label": item.samples.labels}
        arrays |= {f"{name}-named": item.judged_labels} if item.judged_labels is not None else {}
    with written_whole(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def write_image_folders(folder: Path, measured: Sequence[MeasuredSamples], class_names: Sequence[str]) -> None:
    """Write each image as SAMPLER/CLASS/0000.png."""
    names = class_folder_names(class_names)
    with written_whole(folder) as temporary:
        for item in measured:
            counts: dict[int, int] = {}
            for image, label in zip(item.samples.images, item.samples.labels.tolist(), strict=True):
                name = names[label] if label >= 0 else "unlabeled"
                index = counts.get(label, 0)
                path = temporary / item.samples.sampler.name / name / f"{index:04d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(path)
                counts[label] = index + 1


def class_folder_names(class_names: Sequence[str]) -> list[str]:
    """Return a folder name for each class: distinct, short, and none that `--data` interprets in another way."""
    taken: set[str] = set()
    names = []
    for index, class_name in enumerate(class_names):
        name = re.sub(r"[^\w-]+", "-", class_name).strip("-")[:MAX_FOLDER_NAME] or "class"
        if is_split(name) or is_unlabelled(name) or is_system(name):
            name = f"class-{name}"
        while name.lower() in taken:
            name = f"{name}-{index}"
        taken.add(name.lower())
        names.append(name)
    return names
