"""Every transform, with arguments other than its defaults, and images to try them on."""

from __future__ import annotations

from typing import Any

import numpy as np

import augment

_BLENDS = (-1.5, 2.5)

TRANSFORMS: dict[str, augment.Transform] = {
    "auto_augment": augment.AutoAugment("cifar10", fill=7),
    "auto_augment svhn": augment.AutoAugment("svhn", resample="bilinear", probability=0.9),
    "auto_augment imagenet": augment.AutoAugment("imagenet"),
    "auto_contrast": augment.AutoContrast((0.0, 49.0), probability=0.9),
    "brightness": augment.Brightness(_BLENDS, probability=0.9),
    "color": augment.Color(_BLENDS, probability=0.9),
    "compose": augment.Compose([augment.Equalize(probability=0.5), augment.Rotate((-90, 90))], probability=0.9),
    "contrast": augment.Contrast(_BLENDS, probability=0.9),
    "crop": augment.Crop(3, fill=200, probability=0.9),
    "crop reflect": augment.Crop(5, mode="reflect"),
    "cut_paste": augment.CutPaste((0.2, 0.7), shift_range=(-99.0, 150.0), probability=0.9),
    "cutout": augment.Cutout((0.0, 1.0), fill=90, probability=0.9),
    "equalize": augment.Equalize(probability=0.9),
    "gaussian_blur": augment.GaussianBlur((0.0, 9.0), probability=0.9),
    "gaussian_noise": augment.GaussianNoise((0.0, 60.0), probability=0.9),
    "horizontal_flip": augment.HorizontalFlip(probability=0.5),
    "invert": augment.Invert(probability=0.9),
    "mask": augment.Mask(5, ratio=0.4, fill=90, probability=0.9),
    "one_of": augment.OneOf(
        [augment.Sharpness(_BLENDS), augment.Invert(probability=0.5), augment.Compose([])],
        weights=[2.0, 1.0, 0.5],
        probability=0.9,
    ),
    "posterize": augment.Posterize((1, 8), probability=0.9),
    "rand_augment": augment.RandAugment(3, 8.5, resample="bilinear", fill=3, probability=0.9),
    "rotate": augment.Rotate((-360.0, 360.0), fill=99, probability=0.9),
    "rotate bilinear": augment.Rotate((-180.0, 180.0), resample="bilinear"),
    "sharpness": augment.Sharpness(_BLENDS, probability=0.9),
    "shear_x": augment.ShearX((-2.0, 2.0), fill=99, probability=0.9),
    "shear_x bilinear": augment.ShearX((-2.0, 2.0), resample="bilinear"),
    "shear_y": augment.ShearY((-2.0, 2.0), fill=99, probability=0.9),
    "shear_y bilinear": augment.ShearY((-2.0, 2.0), resample="bilinear"),
    "solarize": augment.Solarize((0.0, 256.0), probability=0.9),
    "translate_x": augment.TranslateX((-1.0, 1.0), fill=99, probability=0.9),
    "translate_x bilinear": augment.TranslateX((-1.0, 1.0), resample="bilinear"),
    "translate_y": augment.TranslateY((-1.0, 1.0), fill=99, probability=0.9),
    "translate_y bilinear": augment.TranslateY((-1.0, 1.0), resample="bilinear"),
    "trivial_augment": augment.TrivialAugment(resample="bilinear", fill=3, probability=0.9),
    "vertical_flip": augment.VerticalFlip(probability=0.5),
}
MIXINGS: dict[str, augment.Mixing] = {
    "mix_up": augment.MixUp(0.7, probability=0.6),
    "cut_mix": augment.CutMix(0.8, probability=0.7),
}
KINDS = ("noise", "constant", "two levels", "ramp", "dark")


def sample_images(shape: tuple[int, int, int, int], kind: str = "noise", seed: int = 0) -> Any:
    """Return uint8 (n, H, W, C) of one kind."""
    random = np.random.default_rng(seed)
    noise = random.integers(0, 256, shape, dtype=np.uint8)
    if kind == "constant":
        return np.full_like(noise, random.integers(0, 256))
    if kind == "two levels":
        return np.where(noise < 30, random.integers(0, 256), random.integers(0, 256)).astype(np.uint8)
    if kind == "ramp":
        return np.broadcast_to(np.linspace(0, 255, shape[2])[:, None], shape).astype(np.uint8)
    return noise // 32 if kind == "dark" else noise
