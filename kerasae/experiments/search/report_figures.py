"""The figures of a search with the words that tell how to read them, ready for its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.experiments.search import figures
from kerasae.experiments.search.axes import Axis, labels
from kerasae.experiments.search.figures.trial_style import Marks
from kerasae.experiments.search.importance import importance
from kerasae.experiments.search.progress import best_of
from kerasae.report.report_figure import ReportFigure, report_figure, write_report_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kerasae.experiments.search.outcome import Outcome
    from kerasae.experiments.search.plan import Search

COSTS = {"parameters": "parameters", "latency_ms": "milliseconds an image", "seconds": "seconds of training"}


def draw(search: Search, found: Sequence[Outcome]) -> dict[str, ReportFigure]:
    """Draw every figure that the trials have the numbers for, keep it in the folder, and return all by name."""
    scored = [one for one in found if one.score is not None]
    return write_report_figures(_plates(search, scored) if scored else (), search.folder / "figures")


def _plates(search: Search, scored: list[Outcome]) -> Iterator[ReportFigure]:
    objective = search.objective
    marks = _marks(search, scored)
    axes = axes_of(search, scored)
    pruned = int(marks.pruned.sum())
    yield report_figure(
        "parallel",
        "What was drawn, and what came of it",
        "A line is a trial, from left to right through its values to its objective; the red one is the best"
        f"{', a dashed one was pruned' if pruned else ''}. Where a value was not varied beside the others, the line "
        "runs below the axis.",
        f"Parallel coordinates of {len(scored)} trials over {len(axes)} parameters.",
        figures.parallel(axes, marks),
    )
    yield report_figure(
        "slices",
        "The objective against each parameter",
        "All other values vary too: what looks like chance here may be another parameter.",
        f"{len(axes)} scatter plots of {objective.name}.",
        figures.slices(axes, marks),
    )
    last = [place for place, one in enumerate(scored) if one.id not in {other.continues for other in scored}]
    weighed = importance(axes_of(search, [scored[place] for place in last]), marks.scores[last])
    if weighed is not None:
        yield report_figure(
            "importance",
            "How much each parameter decides",
            f"A random forest foretells the objective of {len(last)} trials; a parameter matters by what the forest "
            "loses when its values are shuffled. Of trials that its trees had not seen it explains "
            f"{_share(weighed.explained)}.",
            f"Bars of the importance of {len(axes)} parameters.",
            figures.importance([one.label for one in axes], weighed.means, weighed.deviations),
        )
    courses = [np.array(one.executions[0].course, float) for one in scored]
    run = " of its first run" if len(scored[0].executions) > 1 else ""
    if any(np.isfinite(course).any() for course in courses):
        yield report_figure(
            "courses",
            "Every trial over its epochs",
            f"A line is a trial's {objective.name}{run} on validation images"
            f"{f'; {pruned} of {len(scored)} were pruned, where a cross is' if pruned else ''}.",
            f"Curves of {len(scored)} trials, {pruned} of them pruned.",
            figures.courses(courses, marks),
        )
    columns = {title: np.array([getattr(one, key) for one in scored], float) for key, title in COSTS.items()}
    columns = {title: values for title, values in columns.items() if np.isfinite(values).any()}
    yield report_figure(
        "costs",
        "What it costs",
        "No trial is both cheaper and better than one on the green line. Seconds are those of training on the machine "
        "that had the trial.",
        f"{objective.name} against {' and '.join(columns)}, with the Pareto front.",
        figures.costs(columns, marks),
    )
    yield report_figure(
        "progress",
        "The best so far",
        "Trials by their number; the line is the best of those that were trained to the end.",
        f"The best {objective.name} over {len(scored)} trials.",
        figures.progress(np.array([int(one.id) + 1 for one in scored]), marks),
    )


def axes_of(search: Search, trials: Sequence[Outcome]) -> list[Axis]:
    """Return an axis for each parameter."""
    parameters = search.space.parameters
    names = labels([parameter.name for parameter in parameters])
    values = [one.values for one in trials]
    return [Axis.of(parameter, name, values) for parameter, name in zip(parameters, names, strict=True)]


def _share(explained: float) -> str:
    """Say how far a forest is to be believed."""
    if explained < 0.05:
        return "no variance: the bars say nothing"
    return f"{explained:.0%} of the variance" + (", so that the bars say little" if explained < 0.3 else "")


def _marks(search: Search, scored: list[Outcome]) -> Marks:
    best = best_of(search, scored)
    return Marks(
        np.array([one.score for one in scored], float),
        np.array([one.status == "pruned" for one in scored]),
        None if best is None else scored.index(best),
        search.objective.name,
        search.objective.direction == "max",
    )
