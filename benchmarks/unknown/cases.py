"""What is measured: which models, and against which strangers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EPOCHS = 10
LEFT_OUT_OF_CIFAR = ("bird", "dog", "truck")
FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")

PHOTOGRAPHED = "t-shirt"

# What the test images are changed by, from hardly to beyond recognition.
CORRUPTIONS = {
    "blur": ("gaussian_blur", "radius_range", (0.5, 1.0, 1.5, 2.0, 3.0)),
    "noise": ("gaussian_noise", "deviation_range", (8, 16, 32, 48, 64)),
    "contrast": ("contrast", "factor_range", (0.75, 0.5, 0.3, 0.15, 0.05)),
}


@dataclass(frozen=True)
class Case:
    """One model and its strangers.

    Attributes:
        name: of the file that keeps the result, and of the run.
        recipe: a built-in recipe.
        data: the data set that it learns, or a folder.
        overrides: `KEY=VALUE` settings.
        strangers: what `kerasae evaluate --unknown` takes, by the name in the table.
    """

    name: str
    recipe: str
    data: str
    overrides: tuple[str, ...]
    strangers: dict[str, str]


def cases(files: Path | None, photographs: Path | None) -> Iterator[Case]:
    """List all cases.

    Args:
        files: a folder of .npz files that take the place of downloads.
        photographs: a folder of photographs.
    """

    def source(name: str) -> str:
        return name if files is None else str(files / f"{name}.npz")

    others = {"Fashion-MNIST": source("fashion_mnist"), "MNIST": source("mnist")}
    if photographs is not None:
        others["photographs"] = str(photographs)
    changed = {
        f"{kind} {strength:g}": f'{{name = "{transform}", {argument} = [{strength:.6g}, {strength:.6g}]}}'
        for kind, (transform, argument, strengths) in CORRUPTIONS.items()
        for strength in strengths
    }
    yield Case("cifar10", "cifar10-best", "cifar10", (), {**others, "negatives": "invert", **changed})
    short: tuple[str, ...] = (f"phases.0.epochs={EPOCHS}", "data.validation=0.1")
    for name in LEFT_OUT_OF_CIFAR:
        left = (*short, f"data.leave_out=['{name}']")
        yield Case(f"cifar10-without-{name}", "cifar10-best", "cifar10", left, {name: "left-out"})
    small = (
        *short,
        f"data.class_names={list(FASHION)}",
        "model.encoder={name='residual', stem=16, filters=[32, 64], blocks=[0, 1]}",
        "model.decoder={name='subpixel', filters=[32, 16]}",
        "model.classifier={name='residual', filters=[128], blocks=[1]}",
        "phases.0.batch_size=128",
    )
    for name in FASHION:
        left = (*small, f"data.leave_out=['{name}']")
        slug = re.sub(r"\W+", "-", name.lower())
        yield Case(f"fashion-without-{slug}", "joint", "fashion_mnist", left, {name: "left-out"})
    # One class alone, without labels; the others, and its own images with a square, are the bad ones;
    # not a black square, which is what the model has learned to fill.
    square = '{name = "cutout", fraction_range = [0.25, 0.25], fill = 160}'
    bad = {"other classes": "left-out", "a grey square": square}
    others_than = f"data.leave_out={list(FASHION[1:])}"
    brief = (f"data.class_names={list(FASHION)}", others_than, "phases.0.epochs=20")
    yield Case(
        "good-fashion", "anomaly", "fashion_mnist", brief, {f"Fashion-MNIST: {key}": of for key, of in bad.items()}
    )
    if photographs is not None:
        classes = sorted({path.name for path in photographs.glob("*/*") if path.is_dir()})
        alone = (f"data.leave_out={[name for name in classes if name != PHOTOGRAPHED]}", "data.image_shape=[64,64,3]")
        strangers = {f"photographs: {key}": of for key, of in bad.items()}
        yield Case("good-photographs", "anomaly", str(photographs), alone, strangers)
