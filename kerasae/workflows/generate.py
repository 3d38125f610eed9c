"""The verb that samples a trained run, and has what comes of it judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.generation import (
    GenerationResult,
    SamplingOptions,
    TrainingLatents,
    autoencoder_samplers,
    check_judge,
    generator_sampler,
    load_or_train_judge,
    write_generated,
)
from kerasae.generation.interpolation import Endpoint, interpolate_classes, interpolate_latents, parse_endpoint
from kerasae.models import load_generator, load_trained
from kerasae.runs.run import Run
from kerasae.utils.errors import RequestError, nearest
from kerasae.workflows.begin import reopen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def generate(
    run: Path,
    *,
    classes: Sequence[str] = (),
    count: int = 100,
    noise: float = 1.0,
    between: tuple[str, str] | None = None,
    judge: Path | None = None,
    seed: int = 0,
) -> GenerationResult:
    """Make images by every method that a run's model has, judge them, and write RUN/generated.

    Args:
        run: a finished run whose model has a decoder.
        classes: names of the classes to make images of; all if left out. A method that knows no classes is left out
            where some are asked for.
        count: images of each class, and of each method.
        noise: how far from the middle, 0 and up; 1 is as diverse as what was learned.
        between: two classes or paths of images, the way between which is decoded too.
        judge: the run of a classifier; if left out, one is trained on the run's own images, once.
        seed: of everything that is drawn, 0 and up.

    Returns:
        What generated.json holds.

    Raises:
        RequestError: anything wrong with the request; nothing is written then.
    """
    opened = Run.open(run)
    names: list[str] = opened.facts["class_names"]
    asked = _check(opened, names, classes, count, noise, judge, seed)
    ends = None
    if between is not None:
        first, second = (parse_endpoint(name, names, opened.recipe.data) for name in between)
        ends = (first, second)
        _check_ends(opened, ends)
    options = SamplingOptions(tuple(asked), count, noise, seed)
    with opened.alone("sampling from"):
        if opened.recipe.model.adversarial is not None:
            generator, collection = load_generator(opened), reopen(opened)
            labels = [end.label or 0 for end in ends] if ends is not None else []
            interpolation = (
                interpolate_classes(generator, (labels[0], labels[1]), names, noise, seed) if labels else None
            )
            samplers = [generator_sampler(generator)]
        else:
            model, collection = load_trained(opened, needs_rejection=False), reopen(opened)
            latents = TrainingLatents.encode(model, collection.train)
            samplers = autoencoder_samplers(latents, collection.class_names, asked)
            samplers = [sampler for sampler in samplers if sampler.is_conditional or not classes]
            interpolation = interpolate_latents(latents, ends, len(names), noise, seed) if ends is not None else None
        loaded_judge = load_or_train_judge(opened, collection, judge)
        return write_generated(opened, collection, samplers, options, loaded_judge, interpolation)


def _check(
    run: Run, names: Sequence[str], classes: Sequence[str], count: int, noise: float, judge: Path | None, seed: int
) -> list[int]:
    """Refuse what cannot be, before any model is loaded; return the classes that are asked for, by index."""
    adversarial = run.recipe.model.adversarial
    if adversarial is None and "reconstruction" not in run.recipe.heads:
        raise RequestError(
            "generate",
            expected="a run whose model has a decoder, which makes images of latents",
            received=f"{run.path}, which classifies alone",
            fix="train a recipe with a reconstruction, such as joint or autoencoder",
        )
    for name in classes:
        if name not in names:
            known = f"classes of {', '.join(names)}" if names else "none, since the run was trained without labels"
            raise RequestError("--class", expected=known, received=f"{name!r}.{nearest(name, names)}")
    if classes and adversarial is not None and adversarial.name == "gan":
        raise RequestError(
            "--class",
            expected=f"none, since the generator of {run.path} takes noise alone",
            received=f"{', '.join(classes)}",
            fix="train a recipe with model.adversarial = 'acgan'",
        )
    if count < 1:
        raise RequestError("--count", expected="at least 1", received=count)
    if not 0 <= noise < float("inf"):
        raise RequestError("--noise", expected="0 and up", received=noise)
    if seed < 0:
        raise RequestError("--seed", expected="0 and up", received=seed)
    if judge is not None:
        check_judge(judge, run)
    return [names.index(name) for name in dict.fromkeys(classes or names)]


def _check_ends(run: Run, ends: tuple[Endpoint, Endpoint]) -> None:
    """Refuse ends that an adversarial model cannot begin or end at."""
    adversarial = run.recipe.model.adversarial
    if adversarial is None:
        return
    if adversarial.name == "gan" or any(end.label is None for end in ends):
        can = "takes noise alone" if adversarial.name == "gan" else "has no encoder"
        raise RequestError(
            "--between",
            expected="two classes, and a generator that takes them",
            received=f"{ends[0].name} and {ends[1].name}, while that of {run.path} {can}",
        )
