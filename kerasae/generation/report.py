"""Generates images with every sampler of a run, measures them, and writes RUN/generated with its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae.files.writing import write_json, write_text
from kerasae.generation.report_figures import generation_figures
from kerasae.generation.result import GenerationResult
from kerasae.generation.sample_files import write_arrays, write_image_folders
from kerasae.generation.sample_metrics import SampleEvaluator
from kerasae.generation.samplers.sampler import draw_samples
from kerasae.report.report_figure import write_report_figures
from kerasae.report.templating import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.generation.interpolation import Interpolation
    from kerasae.generation.judge import Judge
    from kerasae.generation.samplers.sampler import Sampler
    from kerasae.runs.folder import RunFolder


@dataclass(frozen=True)
class SamplingOptions:
    """What to sample.

    Attributes:
        classes: the labels to sample; empty if the run has none.
        count: the number of images of each class.
        noise: scales the learned deviations: at 1 samples vary as much as the training images.
        seed: of all random numbers.
    """

    classes: tuple[int, ...]
    count: int = 100
    noise: float = 1.0
    seed: int = 0


def write_generated(
    run: RunFolder,
    collection: Collection,
    samplers: Sequence[Sampler],
    options: SamplingOptions,
    judge: Judge | None,
    interpolation: Interpolation | None = None,
) -> GenerationResult:
    """Generate images with each sampler, measure them, and write RUN/generated.

    Args:
        run: of the model.
        collection: the run's images, which samples are compared with.
        samplers: to draw images from.
        options: what to sample.
        judge: predicts the classes of images; None if there is none.
        interpolation: shown and kept as well; None if there is none.

    Returns:
        The content of generated.json.
    """
    evaluator = SampleEvaluator(collection, judge, options.classes)
    measured = [
        evaluator.measure(draw_samples(sampler, options.classes, options.count, options.noise, options.seed))
        for sampler in samplers
    ]
    result = GenerationResult(
        classes=tuple(collection.class_names[label] for label in options.classes),
        count=options.count,
        noise=options.noise,
        seed=options.seed,
        between=interpolation.names if interpolation is not None else None,
        judge=str(judge.path) if judge is not None else None,
        real=evaluator.measure_real(),
        samplers={item.samples.sampler.name: item.metrics for item in measured},
    )
    folder = run.generated
    write_arrays(folder / "samples.npz", measured, interpolation)
    write_image_folders(folder / "pictures", measured, collection.class_names)
    figures = generation_figures(result, measured, evaluator, interpolation)
    report_figures = write_report_figures(figures, folder / "figures")
    write_json(folder / "generated.json", result.to_json())
    page = render(
        "page.html.j2",
        "kerasae.generation",
        title=run.recipe.title or run.name,
        run=run.name,
        result=result,
        rows=result.summary_rows(),
        report_figures=report_figures,
    )
    write_text(folder / "generated.html", page)
    return result
