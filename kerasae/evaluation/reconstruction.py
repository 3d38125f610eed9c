"""Reconstruction metrics: the errors of images, averaged over all of them and over each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kerasae.evaluation.numbers import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class ClassErrors:
    """The mean errors of the images of one class, None where there are none, and the number of its images."""

    name: str
    mse: float | None
    psnr: float | None
    ssim: float | None
    support: int


@dataclass(frozen=True, slots=True)
class ReconstructionMetrics:
    """The table "reconstruction" of metrics.json: mean errors; a value that is not defined is None.

    Attributes:
        mse: mean squared error on [0, 1] pixels.
        psnr: in decibels, at most 100 for each image.
        ssim: in [-1, 1].
        loss: the reconstruction loss of the training.
        per_class: in the order of the classes.
    """

    mse: float | None
    psnr: float | None
    ssim: float | None
    loss: float | None
    per_class: list[ClassErrors]


def reconstruction_metrics(
    errors: Mapping[str, np.ndarray], truth: np.ndarray, class_names: Sequence[str]
) -> ReconstructionMetrics:
    """Average the errors of images over all of them, and over each class.

    Args:
        errors: float (n,) by measure: "mse", "psnr", "ssim" and "loss"; n > 0.
        truth: int (n,), the classes, -1 where unknown; such images count in the overall means alone.
        class_names: the name of each class.
    """

    def mean(measure: str, chosen: np.ndarray) -> float | None:
        return number(errors[measure][chosen].mean(dtype=np.float64)) if chosen.any() else None

    def errors_of_class(name: str, chosen: np.ndarray) -> ClassErrors:
        return ClassErrors(name, mean("mse", chosen), mean("psnr", chosen), mean("ssim", chosen), int(chosen.sum()))

    every_image = np.ones(len(truth), bool)
    return ReconstructionMetrics(
        mse=mean("mse", every_image),
        psnr=mean("psnr", every_image),
        ssim=mean("ssim", every_image),
        loss=mean("loss", every_image),
        per_class=[errors_of_class(name, truth == index) for index, name in enumerate(class_names)],
    )
