"""The way from one class or image to another, decoded step by step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.array_images import ArrayImages
from kerasae.data.image_inputs import read
from kerasae.data.value_range import setting
from kerasae.generation.latents import Latents, encode
from kerasae.generation.prototypes import prototypes
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kerasae.recipe import DataRecipe

STEPS = 9
ROWS = 4  # ways between two classes


@dataclass(frozen=True)
class End:
    """One end of a way: a class, or an image, uint8 (H, W, C)."""

    words: str
    label: int | None
    image: np.ndarray | None = None


@dataclass(frozen=True)
class Ways:
    """Images on the ways between two ends: uint8 (ways, steps, H, W, C).

    `centred` says whether the first of several ways joins the centres of the classes.
    """

    words: tuple[str, str]
    images: np.ndarray
    centred: bool


def open_end(word: str, class_names: Sequence[str], data: DataRecipe) -> End:
    """Take a word for a class, or for the path of an image, which is resized as the images of a run were.

    Args:
        data: the run's, resolved.

    Raises:
        RequestError: it is neither.
    """
    if word in class_names:
        return End(word, list(class_names).index(word))
    path = Path(word)
    if not path.is_file():
        known = f"classes of {', '.join(class_names)}, or " if class_names else ""
        raise RequestError(
            "--between",
            expected=f"{known}paths of images",
            received=f"{word!r}, which is no file.{nearest(word, class_names)}",
        )
    assert not isinstance(data.image_shape, str)
    height, width, channels = data.image_shape
    return End(path.name, None, read(path, (height, width, channels), data.resize, "--between", setting(data.range)))


def between_latents(latents: Latents, ends: tuple[End, End], num_classes: int, noise: float, seed: int) -> Ways:
    """Decode straight lines between two latents.

    An image's end is its latent, a class's the centre of the class. Between two classes there are further ways, whose
    ends are samples of the classes.

    Raises:
        RequestError: a class has no labelled training image.
    """
    for end in ends:
        if end.image is None and not (latents.labels == end.label).any():
            raise RequestError(
                "--between",
                expected="classes with labelled training images, between whose centres a way goes",
                received=f"{end.words}, without any",
            )
    centre, deviation = _centres(latents, num_classes)
    random = np.random.default_rng([seed, *(2 + (one.label or 0) for one in ends)])

    def at(end: End, shift: np.ndarray) -> np.ndarray:
        if end.image is None:
            return centre(end.label or 0) + noise * shift * deviation(end.label or 0)
        image_set = ArrayImages(end.image[None], np.array([-1]), [end.words])
        return latents.code.to_vectors(encode(latents.model, image_set)[0])[0]

    rows = ROWS if all(end.image is None for end in ends) else 1
    shifts = random.standard_normal((rows, 2, latents.vectors.shape[1]))
    shifts[0] = 0.0
    shares = np.linspace(0.0, 1.0, STEPS)[:, None]
    lines = [(1 - shares) * at(ends[0], one) + shares * at(ends[1], other) for one, other in shifts]
    images = latents.decode(np.concatenate(lines))
    return Ways((ends[0].words, ends[1].words), images.reshape(rows, STEPS, *images.shape[1:]), rows > 1)


def _centres(latents: Latents, num_classes: int) -> tuple[Callable[[int], np.ndarray], Callable[[int], np.ndarray]]:
    """Return where each class lies and how wide it is: its prototype, or without a classifier its mean."""
    if latents.odds is not None:
        found = prototypes(latents, num_classes)
        return (lambda label: found.means[label]), (lambda label: found.deviations[label])
    groups = {label: latents.vectors[latents.labels == label] for label in range(num_classes)}
    return (lambda label: groups[label].mean(axis=0)), (lambda label: groups[label].std(axis=0))
