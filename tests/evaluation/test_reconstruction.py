import numpy as np

from kerasae.evaluation.reconstruction import ClassErrors, reconstruction_metrics


def test_unlabelled_images_count_overall_and_in_no_class():
    errors = {key: np.array([1.0, 2.0, 6.0]) for key in ("mse", "psnr", "ssim", "loss")}
    metrics = reconstruction_metrics(errors, np.array([0, 0, -1]), ("a", "b"))
    assert metrics.mse == 3.0
    assert metrics.per_class == [
        ClassErrors("a", mse=1.5, psnr=1.5, ssim=1.5, support=2),
        ClassErrors("b", mse=None, psnr=None, ssim=None, support=0),
    ]
