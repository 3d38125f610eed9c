"""The verb `generate`: sample images from a run's model, and judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.generation import SamplingOptions, check_judge, load_or_train_judge, write_generated
from kerasae.generation.interpolation import parse_endpoint
from kerasae.runs.folder import RunFolder
from kerasae.tasks import task_of
from kerasae.utils.errors import RequestError, nearest
from kerasae.workflows.opening import reopen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.generation import GenerationResult


def generate(
    path: Path,
    *,
    classes: Sequence[str] = (),
    count: int = 100,
    noise: float = 1.0,
    between: tuple[str, str] | None = None,
    judge: Path | None = None,
    seed: int = 0,
) -> GenerationResult:
    """Generate images by every method that a run's model has, judge them, and write RUN/generated.

    Args:
        path: of a finished run whose model can generate images.
        classes: names of the classes to generate; all if left out. Where classes are named, a method without classes is
            left out.
        count: images of each class and method.
        noise: standard deviation relative to the training images, 0 and up; 1 is as diverse as they are.
        between: two classes or paths of images; the images between them are decoded too.
        judge: the run of a classifier; if left out, one is trained on the run's own images, once.
        seed: of all samples, 0 and up.

    Returns:
        What generated.json holds.

    Raises:
        RequestError: the request is wrong; nothing is written then.
    """
    run = RunFolder.open(path)
    recipe = run.recipe
    task = task_of(recipe)
    class_names = run.facts.class_names
    task.check_generation(run, classes, None)
    labels = _labels(classes, class_names)
    _check_options(run, count, noise, judge, seed)
    ends = None
    if between is not None:
        first, second = (parse_endpoint(name, class_names, recipe.data) for name in between)
        ends = (first, second)
        task.check_generation(run, classes, ends)
    options = SamplingOptions(tuple(labels), count, noise, seed)
    with run.alone("sampling from"):
        model, collection = task.load(run, needs_rejection=False), reopen(run)
        samplers, interpolation = task.samplers(model, collection, options, by_class=bool(classes), ends=ends)
        loaded_judge = load_or_train_judge(run, collection, judge)
        return write_generated(run, collection, samplers, options, loaded_judge, interpolation)


def _labels(classes: Sequence[str], class_names: Sequence[str]) -> list[int]:
    """Return the indices of the named classes, or of all classes if none is named; refuse unknown names."""
    for name in classes:
        if name not in class_names:
            known = (
                f"classes of {', '.join(class_names)}"
                if class_names
                else "none, since the run was trained without labels"
            )
            raise RequestError("--class", expected=known, received=f"{name!r}.{nearest(name, class_names)}")
    return [class_names.index(name) for name in dict.fromkeys(classes or class_names)]


def _check_options(run: RunFolder, count: int, noise: float, judge: Path | None, seed: int) -> None:
    """Refuse options out of range and an unsuitable judge."""
    if count < 1:
        raise RequestError("--count", expected="at least 1", received=count)
    if not 0 <= noise < float("inf"):
        raise RequestError("--noise", expected="0 and up", received=noise)
    if seed < 0:
        raise RequestError("--seed", expected="0 and up", received=seed)
    if judge is not None:
        check_judge(judge, run)
