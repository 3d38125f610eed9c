"""Chooses the figures of an adversarial run's report, and draws each with its texts."""

from __future__ import annotations

import functools
import itertools
import math
import re
from typing import TYPE_CHECKING

import numpy as np

from kerasae.files.reading import read_image, without
from kerasae.generation import figures
from kerasae.generation.report_figures import judge_figures
from kerasae.report.report_figure import ReportFigure, report_figure
from kerasae.training.callbacks.collapse_warning import COLLAPSED
from kerasae.training.sample_grid import untiled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kerasae.generation.result import GenerationResult
    from kerasae.recipe import Recipe
    from kerasae.runs.folder import RunFolder
    from kerasae.runs.history import History

MAX_SAMPLE_GRIDS = 4
CHANCE_LOSS = math.log(2)  # both losses if the discriminator cannot tell real from generated images


def adversarial_figures(
    run: RunFolder, recipe: Recipe, history: History, result: GenerationResult, class_names: Sequence[str]
) -> Iterator[ReportFigure]:
    """Draw the training curves, the sample grids of training, and the metrics of the final samples."""
    if len(history):
        yield from training_figures(recipe, history)
    yield from sample_grid_figures(run, recipe, class_names)
    yield from judge_figures(result)


def training_figures(recipe: Recipe, history: History) -> Iterator[ReportFigure]:
    """Draw losses, the discriminator's accuracy and the diversity of samples by epoch."""
    changes = _discriminator_changes(recipe)
    note = " Vertical lines: the number of discriminator steps for each generator step changes." if changes else ""
    final = {key: history.columns[key][-1] for key in ("generator_loss", "discriminator_loss", "diversity")}
    yield report_figure(
        "losses",
        "Losses",
        "The losses of generator and discriminator; neither should reach 0. Grey line: the discriminator cannot tell "
        "real from generated images. A generator loss that keeps rising means that the discriminator has become too "
        f"strong.{note}",
        f"Losses over {len(history)} epochs; the final generator loss is {final['generator_loss']:.2f}, the final "
        f"discriminator loss {final['discriminator_loss']:.2f}.",
        figures.training_curve(
            history,
            {"generator_loss": "generator", "discriminator_loss": "discriminator"},
            label="cross-entropy",
            levels={CHANCE_LOSS: "chance level"},
            dividers=changes,
        ),
    )
    yield report_figure(
        "shares",
        "Accuracy of the discriminator",
        "The share of real and of generated images that the discriminator recognises as such. At 50% of both, it "
        "performs at chance level.",
        f"Accuracy on real and on generated images over {len(history)} epochs.",
        figures.training_curve(
            history,
            {"real_share": "real images", "fake_share": "generated images"},
            label="recognised",
            is_share=True,
            dividers=changes,
        ),
    )
    yield report_figure(
        "diversity",
        "Diversity",
        "The mean difference of two samples of a class, relative to that of two real images of the class. Below the "
        "grey line, the generator is close to mode collapse: it generates nearly one image, whatever the noise.",
        f"Diversity over {len(history)} epochs; the final value is {final['diversity']:.2f}.",
        figures.training_curve(
            history,
            {"diversity": "samples"},
            label="relative to real images",
            is_share=True,
            levels={COLLAPSED: "warning level"},
        ),
    )


def sample_grid_figures(run: RunFolder, recipe: Recipe, class_names: Sequence[str]) -> Iterator[ReportFigure]:
    """Draw up to `MAX_SAMPLE_GRIDS` of the sample grids that training has written, evenly spaced over the epochs."""
    paths = sorted(path for path in run.samples.glob("epoch-*.png") if re.fullmatch(r"epoch-\d+", path.stem))
    adversarial, image_shape = recipe.model.adversarial, recipe.data.image_shape
    assert adversarial is not None
    assert not isinstance(image_shape, str)
    height, width, channels = image_shape
    for index in np.unique(np.linspace(0, len(paths) - 1, min(MAX_SAMPLE_GRIDS, len(paths))).round().astype(int)):
        epoch = int(re.sub(r"\D", "", paths[index].stem))
        pixels = without(functools.partial(read_image, paths[index]), None)
        if pixels is None:
            continue
        rows = untiled(pixels, (height, width, channels))
        row_names = list(class_names[: len(rows)]) if adversarial.name == "acgan" else [""] * len(rows)
        yield report_figure(
            f"sheet-{epoch}",
            f"Samples after epoch {epoch}",
            "All sample grids use the same noise.",
            f"A grid of {len(rows)} rows of samples after epoch {epoch}.",
            figures.sample_grid(list(rows), row_names, columns=rows.shape[1]),
        )


def _discriminator_changes(recipe: Recipe) -> tuple[float, ...]:
    """Return the positions between epochs, over all phases, at which the number of discriminator steps changes."""
    steps = [
        num_steps for phase in recipe.phases for epochs, num_steps in phase.discriminator_stretches for _ in epochs
    ]
    return tuple(index + 1.5 for index, (before, after) in enumerate(itertools.pairwise(steps)) if before != after)
