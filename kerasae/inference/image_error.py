"""The reconstruction error of each image, on pixels scaled to [0, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from kerasae.losses import ReconstructionLoss

MAX_PSNR = 100.0  # decibels; the PSNR of a perfect copy is infinite, which no mean survives
SSIM_FILTER = 11  # Wang et al. 2004, section III-B: an 11x11 Gaussian window


def mean_squared_errors(target: tf.Tensor, reconstruction: tf.Tensor) -> tf.Tensor:
    """Return the mean squared error of each image over its pixels and channels.

    Args:
        target: float32 (n, H, W, C) in [0, 1].
        reconstruction: float32 (n, H, W, C) in [0, 1].

    Returns:
        float32 (n,).
    """
    return tf.reduce_mean(tf.math.squared_difference(target, reconstruction), axis=[1, 2, 3])


def image_errors(target: tf.Tensor, reconstruction: tf.Tensor, loss: ReconstructionLoss) -> dict[str, tf.Tensor]:
    """Measure each reconstruction against its image.

    Args:
        target: float32 (n, H, W, C) in [0, 1].
        reconstruction: float32 (n, H, W, C) in [0, 1].
        loss: the reconstruction loss of the training, on its own scale.

    Returns:
        float32 (n,) each: "mse"; "psnr" in decibels, at most 100; "ssim" in [-1, 1] (Wang et al. 2004, "Image Quality
        Assessment"; the window shrinks to the largest odd size that fits, and below 3 it is NaN); "loss".
    """
    mse = mean_squared_errors(target, reconstruction)
    side = min(SSIM_FILTER, *target.shape[1:3])
    window = side - (side + 1) % 2
    return {
        "mse": mse,
        "psnr": -10.0 / tf.math.log(10.0) * tf.math.log(tf.maximum(mse, 10.0 ** (-MAX_PSNR / 10))),
        "ssim": (
            tf.image.ssim(target, reconstruction, max_val=1.0, filter_size=window)
            if window >= 3
            else tf.fill(tf.shape(mse), np.float32("nan"))
        ),
        "loss": tf.convert_to_tensor(loss.call(target, reconstruction)),
    }
