"""Image augmentations that equal Pillow's bit for bit, for batches inside tf.data.

Every random choice is a function of (seed, epoch, position of the image), so that results do not depend on batch
size, parallelism or engine. Use `augment.map` on a dataset, `augment.augment_batch` inside a graph, or
`augment.apply` on a NumPy batch. TensorFlow and Numba are imported on first use.
"""

from augment.compose import Compose, OneOf
from augment.dataset import augment_batch, map
from augment.degrading import GaussianBlur, GaussianNoise
from augment.draws import Draws
from augment.engine import apply
from augment.erasing import Crop, Cutout, CutPaste, Mask
from augment.flips import HorizontalFlip, VerticalFlip
from augment.geometric import Rotate, ShearX, ShearY, TranslateX, TranslateY
from augment.mixing import CutMix, Mixing, MixUp
from augment.mixing_dataset import mix_batch, partners
from augment.photometric import (
    AutoContrast,
    Brightness,
    Color,
    Contrast,
    Equalize,
    Invert,
    Posterize,
    Sharpness,
    Solarize,
)
from augment.policy import AutoAugment, RandAugment, TrivialAugment
from augment.registry import names, register
from augment.spec import build, from_spec, to_spec
from augment.transform import Transform

__all__ = [
    "AutoAugment",
    "AutoContrast",
    "Brightness",
    "Color",
    "Compose",
    "Contrast",
    "Crop",
    "CutMix",
    "CutPaste",
    "Cutout",
    "Draws",
    "Equalize",
    "GaussianBlur",
    "GaussianNoise",
    "HorizontalFlip",
    "Invert",
    "Mask",
    "MixUp",
    "Mixing",
    "OneOf",
    "Posterize",
    "RandAugment",
    "Rotate",
    "Sharpness",
    "ShearX",
    "ShearY",
    "Solarize",
    "Transform",
    "TranslateX",
    "TranslateY",
    "TrivialAugment",
    "VerticalFlip",
    "apply",
    "augment_batch",
    "build",
    "from_spec",
    "map",
    "mix_batch",
    "names",
    "partners",
    "register",
    "to_spec",
]
