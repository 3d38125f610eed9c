"""How well images are rebuilt: errors of each image on [0, 1] pixels, then their means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from kerasae.evaluation.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.losses import ReconstructionLoss

LARGEST_PSNR = 100.0  # decibels; a perfect copy would have infinitely many and spoil every mean
SSIM_FILTER = 11  # Wang et al. 2004, section III-B: an 11x11 Gaussian window
MEASURES = ("mse", "psnr", "ssim")


def image_errors(target: tf.Tensor, reconstruction: tf.Tensor, loss: ReconstructionLoss) -> dict[str, tf.Tensor]:
    """Measure each reconstruction against its image.

    Args:
        target: float32 (n, H, W, C) in [0, 1].
        reconstruction: float32 (n, H, W, C) in [0, 1].
        loss: the reconstruction loss that was trained on, on its own scale.

    Returns:
        float32 (n,) each: "mse"; "psnr" in decibels, at most 100; "ssim" in [-1, 1] (Wang et al. 2004, "Image
        Quality Assessment"; the window shrinks to the largest odd size that fits, and below 3 it is NaN); "loss".
    """
    pixels = int(np.prod(target.shape[1:]))
    flat = [tf.reshape(images, [-1, pixels]) for images in (target, reconstruction)]
    mse = tf.reduce_mean(tf.math.squared_difference(*flat), axis=1)
    side = min(SSIM_FILTER, *target.shape[1:3])
    window = side - (side + 1) % 2
    return {
        "mse": mse,
        "psnr": -10.0 / tf.math.log(10.0) * tf.math.log(tf.maximum(mse, 10.0 ** (-LARGEST_PSNR / 10))),
        "ssim": (
            tf.image.ssim(target, reconstruction, max_val=1.0, filter_size=window)
            if window >= 3
            else tf.fill(tf.shape(mse), np.float32("nan"))
        ),
        "loss": tf.convert_to_tensor(loss.call(target, reconstruction)),
    }


def reconstruction_metrics(
    errors: dict[str, np.ndarray], truth: np.ndarray, class_names: Sequence[str]
) -> dict[str, Any]:
    """Average the errors of images over all of them, and over each class.

    Args:
        errors: float (n,) by measure, as `image_errors` returns them; n > 0.
        truth: int (n,), the classes, -1 where unknown; such images count in the overall means alone.
        class_names: the name of each class.

    Returns:
        The table "test.reconstruction" of metrics.json; what is not defined is None.
    """

    def means(chosen: np.ndarray, measures: Sequence[str]) -> dict[str, float | None]:
        return {key: number(errors[key][chosen].mean(dtype=np.float64)) if chosen.any() else None for key in measures}

    return {
        **means(np.ones(len(truth), bool), (*MEASURES, "loss")),
        "per_class": [
            {"name": name, **means(truth == index, MEASURES), "support": int((truth == index).sum())}
            for index, name in enumerate(class_names)
        ],
    }
