"""`Transform`, the base class: parameters are sampled once, then applied by Pillow or by a batched kernel."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from augment import checks
from augment.configured import Configured
from augment.draws import Draws

Images = npt.NDArray[np.uint8]
Params = Mapping[str, npt.NDArray[Any]]
Engine = Literal["native", "pil"]


class Transform(Configured):
    """A random change of an image that keeps its size and mode.

    A subclass implements `apply`, and `sample` if it has random parameters. It can then be used in any pipeline. It may
    override `batch` by something faster that returns the same bytes.

    Args:
        probability: that an image is changed, in [0, 1].
    """

    def __init__(self, *, probability: float = 1.0) -> None:
        self.probability = checks.number(self, "probability", probability, 0.0, 1.0)

    def sample(self, draws: Draws) -> Params:
        """Return the parameters of len(draws) images: arrays whose first axis is the image."""
        return {}

    @abstractmethod
    def apply(self, image: Image.Image, **params: Any) -> Image.Image:
        """Return the changed image; the reference that every engine must equal.

        Args:
            image: an image of mode L or RGB.
            **params: one image's row of each array that `sample` returned; scalars come as Python numbers.
        """

    def batch(self, images: Images, **params: Any) -> Images:
        """Return the changed images as a new array, uint8 (n, H, W, C); here by `apply`, one after the other.

        Args:
            images: uint8 (n, H, W, C), C-contiguous, C in {1, 3}, n at least 1; must not be changed.
            **params: the arrays that `sample` returned.
        """
        changed = np.empty_like(images)
        for index, image in enumerate(images):
            result = self.apply(to_pillow(image), **row(params, index))
            changed[index] = from_pillow(result, image.shape, self)
        return changed

    def spread(self, num: int) -> Params:
        """Return `num` rows of parameters that show the transform over its range; here random ones."""
        return self.sample(Draws.at(0, 0, np.arange(num)))

    def parameters(self, draws: Draws) -> Params:
        """Return `sample`'s parameters and `applied`, bool (n,), which is true with the transform's probability."""
        # Drawn even at probability 1, so that another probability leaves the other parameters as they are.
        applied = draws.uniform() < self.probability
        return {"applied": applied, **self.sample(draws)}

    def run(self, images: Images, params: Params, engine: Engine) -> Images:
        """Return the images, those that `params["applied"]` names changed by `engine`."""
        rest = {name: values for name, values in params.items() if name != "applied"}
        rows = np.flatnonzero(params["applied"])
        change = self.batch if engine == "native" else self._by_pillow
        if len(rows) == len(images):
            return np.ascontiguousarray(change(images, **rest)) if len(rows) else images
        if len(rows) == 0:
            return images
        changed = images.copy()
        changed[rows] = change(images[rows], **take(rest, rows))
        return changed

    def _by_pillow(self, images: Images, **params: Any) -> Images:
        return Transform.batch(self, images, **params)


class Ranged(Transform):
    """A transform of one number, `parameter`, drawn from the interval that is kept as `<parameter>_range`."""

    parameter: ClassVar[str]

    def sample(self, draws: Draws) -> Params:
        """Return the parameter, uniform in its range."""
        return {self.parameter: draws.uniform(*self._range)}

    def spread(self, num: int) -> Params:
        """Return values evenly spaced over the range."""
        return {**super().spread(num), self.parameter: np.linspace(*self._range, num)}

    @property
    def _range(self) -> tuple[float, float]:
        interval: tuple[float, float] = getattr(self, f"{self.parameter}_range")
        return interval


def take(params: Params, rows: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """Return the parameters of the images `rows`."""
    return {name: values[rows] for name, values in params.items()}


def row(params: Params, index: int) -> dict[str, Any]:
    """Return one image's parameters, scalars as Python numbers."""
    return {name: values[index].item() if values.ndim == 1 else values[index] for name, values in params.items()}


def under(prefix: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of `params` whose names begin with `prefix.`, without it."""
    return {name[len(prefix) + 1 :]: value for name, value in params.items() if name.startswith(f"{prefix}.")}


def to_pillow(image: Images) -> Image.Image:
    """Return a uint8 (H, W, C) image as a Pillow image, L for C = 1 and RGB for C = 3."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def colour(fill: int, image: Image.Image) -> int | tuple[int, ...]:
    """Return a grey level as a colour of an image's mode."""
    return fill if image.mode == "L" else (fill,) * len(image.getbands())


def from_pillow(image: Image.Image, shape: tuple[int, ...], owner: object) -> Images:
    """Return a Pillow image as uint8 of `shape` (H, W, C); ValueError if its size or mode is another one."""
    expected = ((shape[1], shape[0]), "L" if shape[-1] == 1 else "RGB")
    if (image.size, image.mode) != expected:
        raise ValueError(
            f"Expected `apply` of {type(owner).__name__} to keep the image's size and mode {expected}. "
            f"Received: {(image.size, image.mode)}"
        )
    return np.asarray(image).reshape(shape)
