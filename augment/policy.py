"""Learned and random policies, which choose the transforms of each image and their strength."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from augment import checks
from augment.draws import Draws
from augment.policy_space import Operation, authors_space, strength_space, wide_space
from augment.policy_tables import TABLES
from augment.registry import register
from augment.transform import Images, Params, Transform, row

Values = npt.NDArray[np.float64]
_NONE = -1  # the operation of a stage that leaves the image as it is


class Policy(Transform):
    """The base of policies: stages, each of which applies one operation, or none, to every image.

    Args:
        resample: "nearest" or "bilinear", for the operations that move pixels.
        fill: the level, in [0, 255], of what such an operation brings in from outside.
        probability: how likely an image goes through the policy at all, in [0, 1].
    """

    operations: tuple[Operation, ...]

    def __init__(self, *, resample: str, fill: int, probability: float) -> None:
        super().__init__(probability=probability)
        self.resample = checks.choice(self, "resample", resample, ("nearest", "bilinear"))
        self.fill = checks.integer(self, "fill", fill, 0, 255)

    @abstractmethod
    def sample(self, draws: Draws) -> Params:
        """Return `operation`, int64 (n, stages), -1 for none, and its `value`, float64 (n, stages)."""

    def apply(self, image: Image.Image, *, operation: Any, value: Any, **params: Any) -> Image.Image:  # type: ignore[override]
        """Apply the operation of each stage."""
        for chosen, amount in zip(operation.tolist(), value, strict=True):
            if chosen != _NONE:
                step = self.operations[chosen]
                image = step.transform.apply(image, **row(step.params(np.array([amount])), 0))
        return image

    def batch(self, images: Images, *, operation: Any, value: Any, **params: Any) -> Images:  # type: ignore[override]
        """Apply the operation of each stage to all images that share it."""
        images = images.copy()
        for stage in range(operation.shape[1]):
            for chosen in np.unique(operation[:, stage]).tolist():
                if chosen != _NONE:
                    rows = np.flatnonzero(operation[:, stage] == chosen)
                    step = self.operations[chosen]
                    images[rows] = step.transform.batch(images[rows], **step.params(value[rows, stage]))
        return images

    def _values(self, operation: Any, level: Any, draws: Draws) -> Values:
        """Return the value of each image's operation at `level` in [0, 1], its sign drawn where it has one."""
        sign = np.where(draws.uniform() < 0.5, -1.0, 1.0)
        table = np.array([step.at(level, sign) for step in self.operations])
        return np.where(operation == _NONE, 0.0, table[operation, np.arange(len(draws))])


@register("auto_augment")
class AutoAugment(Policy):
    """AutoAugment: one of 25 published pairs of operations (Cubuk et al., arXiv 1805.09501, appendix tables).

    Levels 0 to 9 divide the ranges of the paper's table 6 evenly: enhancement factors rise from 0.1 to 1.9 as in the
    authors' program, bits fall from 8 to 4, the threshold falls from 256 to 0; shears up to 0.3, turns up to 30
    degrees and shifts up to 150/331 of the side go to either side.

    Args:
        policy: "cifar10", "svhn" or "imagenet": the data for which the pairs were found.
        resample: "nearest" or "bilinear", for the operations that move pixels.
        fill: the level, in [0, 255], of what such an operation brings in from outside.
        probability: how likely an image goes through the policy at all, in [0, 1].
    """

    def __init__(
        self, policy: str = "cifar10", *, resample: str = "nearest", fill: int = 128, probability: float = 1.0
    ) -> None:
        super().__init__(resample=resample, fill=fill, probability=probability)
        self.policy = checks.choice(self, "policy", policy, tuple(TABLES))
        space = authors_space(self.resample, self.fill)
        self.operations = tuple(space.values())
        names = list(space)
        table = TABLES[policy]
        self._operation = np.array([[names.index(name) for name, _, _ in pair] for pair in table])
        self._chance = np.array([[chance for _, chance, _ in pair] for pair in table])
        self._level = np.array([[level / 9.0 for _, _, level in pair] for pair in table])

    def sample(self, draws: Draws) -> Params:
        """Return `pair`, int64 (n,), the row of the table, and the `operation` and `value` of both stages."""
        pair = draws.integers(0, len(self._operation))
        operations, values = [], []
        for stage in range(2):
            happens = draws.uniform() < self._chance[pair, stage]
            operation = np.where(happens, self._operation[pair, stage], _NONE)
            operations.append(operation)
            values.append(self._values(operation, self._level[pair, stage], draws))
        return {"pair": pair, "operation": np.stack(operations, 1), "value": np.stack(values, 1)}


@register("rand_augment")
class RandAugment(Policy):
    """RandAugment: a few operations of one strength (Cubuk et al., arXiv 1909.13719).

    The 14 operations of the paper's section 3, the identity among them, over the ranges of AutoAugment's table 6. The
    strength is the distance from the identity, also for the enhancements, to either side (the authors' program
    lets factors rise from 0.1 to 1.9, by which the middle strength changes nothing).

    Args:
        num_operations: how many an image goes through (the paper's N), in [1, 14]; drawn with replacement.
        magnitude: their strength (the paper's M), in [0, 10].
        resample: "nearest" or "bilinear", for the operations that move pixels.
        fill: the level, in [0, 255], of what such an operation brings in from outside.
        probability: how likely an image goes through the policy at all, in [0, 1].
    """

    def __init__(
        self,
        num_operations: int = 2,
        magnitude: float = 5.0,
        *,
        resample: str = "nearest",
        fill: int = 128,
        probability: float = 1.0,
    ) -> None:
        super().__init__(resample=resample, fill=fill, probability=probability)
        self.num_operations = checks.integer(self, "num_operations", num_operations, 1, 14)
        self.magnitude = checks.number(self, "magnitude", magnitude, 0.0, 10.0)
        self.operations = tuple(strength_space(self.resample, self.fill).values())

    def sample(self, draws: Draws) -> Params:
        """Return the `operation` and `value` of each stage; the last operation is the identity, -1."""
        operations, values = [], []
        level = np.full(len(draws), self.magnitude / 10.0)
        for _ in range(self.num_operations):
            operation = draws.integers(_NONE, len(self.operations))
            operations.append(operation)
            values.append(self._values(operation, level, draws))
        return {"operation": np.stack(operations, 1), "value": np.stack(values, 1)}


@register("trivial_augment")
class TrivialAugment(Policy):
    """TrivialAugment, wide: one operation of any strength (Müller and Hutter, arXiv 2103.10158, table 2).

    The 14 operations of RandAugment with wider ranges: factors 0.01 to 1.99, shears up to 0.99, turns up to 135
    degrees, shifts up to 32 pixels, bits 8 to 2, thresholds 256 to 0; the strength is one of 31.

    Args:
        resample: "nearest" or "bilinear", for the operations that move pixels.
        fill: the level, in [0, 255], of what such an operation brings in from outside.
        probability: how likely an image goes through the policy at all, in [0, 1].
    """

    def __init__(self, *, resample: str = "nearest", fill: int = 128, probability: float = 1.0) -> None:
        super().__init__(resample=resample, fill=fill, probability=probability)
        self.operations = tuple(wide_space(self.resample, self.fill).values())

    def sample(self, draws: Draws) -> Params:
        """Return the `operation` and `value` of the one stage."""
        operation = draws.integers(_NONE, len(self.operations))
        value = self._values(operation, draws.integers(0, 31) / 30.0, draws)
        return {"operation": operation[:, None], "value": value[:, None]}
