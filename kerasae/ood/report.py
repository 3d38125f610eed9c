"""What a run makes of strangers: numbers, figures and one self-contained page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.data.images import Readable, batches
from kerasae.data.sources.naming import listing
from kerasae.evaluation.rejection import by_class, share
from kerasae.files.writing import write_json, write_text, written_whole
from kerasae.inference.forward import collected, forward
from kerasae.models.ood.fitting import MOST_REFERENCES
from kerasae.models.ood.with_ood_score import Features, extractor
from kerasae.ood import figures
from kerasae.ood.scores import JOINED, TITLES, Scorer, Scores, risk_coverage, separation
from kerasae.ood.sources import Strangers, open_own
from kerasae.report.report_figure import ReportFigure, report_figure, write_report_figures
from kerasae.report.templating import render
from kerasae.utils.console import stderr_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kerasae.data.collection import Collection
    from kerasae.layers import Rejection
    from kerasae.models import JointAutoencoder
    from kerasae.runs.run import Run

SHOWN = 15


@dataclass(frozen=True)
class Known:
    """What is the same for all strangers: the scores of the test images, who scores, and what of."""

    extract: Callable[[Any], dict[str, Any]]
    rebuild: Callable[[np.ndarray], Mapping[str, Any]]
    scorer: Scorer
    scores: Scores
    rejected: np.ndarray
    labels: np.ndarray
    right: np.ndarray | None


def write_unknown(
    run: Run, model: JointAutoencoder, collection: Collection, strangers: list[Strangers]
) -> dict[str, dict[str, Any]]:
    """Measure strangers against the run's test images, each into a folder below RUN/unknown.

    Args:
        model: with a fitted `rejection`.

    Returns:
        By folder's name what its unknown.json holds.
    """
    assert model.rejection is not None
    extract = extractor(model)
    scorer = Scorer(model.rejection, _features(extract, collection.train.some(MOST_REFERENCES)))
    found = _features(extract, collection.test)
    right = None
    if "logits" in found and (collection.test.labels >= 0).all():
        right = found["logits"].argmax(axis=1) == collection.test.labels
    known = Known(extract, forward(model), scorer, scorer(found), scorer.rejected(found), collection.test.labels, right)
    return {one.name: _one(run, model, collection.class_names, known, one) for one in strangers}


def write_own_unknown(run: Run, model: JointAutoencoder, collection: Collection) -> dict[str, dict[str, Any]]:
    """Measure the unknown classes of the run's own data as `write_unknown` does; none without a fitted rejection."""
    if not collection.unknown:
        return {}
    if model.rejection is None:
        stderr_console().print(f"not measured without a rejection: {listing(list(collection.unknown))}", soft_wrap=True)
        return {}
    return write_unknown(run, model, collection, open_own(collection, run.path / "unknown"))


def _one(
    run: Run, model: JointAutoencoder, class_names: tuple[str, ...], known: Known, strangers: Strangers
) -> dict[str, Any]:
    folder = run.path / "unknown" / strangers.name
    found = _features(known.extract, strangers.images)
    scores = known.scorer(found)
    rejected = known.scorer.rejected(found)
    summary = {
        "unknown": strangers.words,
        "asked": strangers.asked,
        "num_known": len(known.scores[JOINED]),
        "num_unknown": len(scores[JOINED]),
        "num_broken": strangers.num_broken,
        **_thresholds(known.scorer.rejection, class_names),
        "known_rejected": share(known.rejected),
        "known_rejected_by_class": by_class(known.rejected, known.labels, class_names),
        "unknown_rejected": share(rejected),
        "scores": {name: separation(known.scores[name], scores[name]) for name in scores},
    }
    if known.right is not None:
        summary["area_under_risk_coverage"] = {
            name: float(np.mean(risk_coverage(values, known.right)[1])) for name, values in known.scores.items()
        }
    write_json(folder / "unknown.json", summary)
    with written_whole(folder / "scores.npz") as temporary:
        arrays: dict[str, Any] = {f"known-{name}": values for name, values in known.scores.items()}
        arrays |= {f"unknown-{name}": values for name, values in scores.items()}
        np.savez_compressed(temporary, **arrays)
    report_figures = write_report_figures(
        _plates(model, class_names, known, strangers, found, scores, rejected), folder / "figures"
    )
    page = render(
        "unknown.html.j2",
        "kerasae.ood",
        title=strangers.words,
        run=run.name,
        found=summary,
        report_figures=report_figures,
        titles=TITLES,
    )
    write_text(folder / "unknown.html", page)
    return summary


def _thresholds(rejection: Rejection, class_names: tuple[str, ...]) -> dict[str, Any]:
    values = np.asarray(rejection.threshold)
    if not rejection.by_class:
        return {"threshold": float(values)}
    own = np.asarray(rejection.own, bool)
    return {
        "thresholds": {
            name: {"threshold": float(value), "own": bool(alone)}
            for name, value, alone in zip(class_names, values, own, strict=True)
        }
    }


def _features(extract: Callable[[Any], dict[str, Any]], images: Readable) -> Features:
    return collected(extract(images.load(places)) for places in batches(images))


def _plates(
    model: JointAutoencoder,
    class_names: tuple[str, ...],
    known: Known,
    strangers: Strangers,
    found: Features,
    scores: Scores,
    rejected: np.ndarray,
) -> Iterator[ReportFigure]:
    ours, thresholds = scores[JOINED], np.unique(np.asarray(known.scorer.rejection.threshold))
    yield report_figure(
        "distributions",
        "Scores of known and unknown images",
        "What lies right of the threshold is rejected. The threshold was set on validation images alone."
        + " Each predicted class has its own." * (len(thresholds) > 1),
        f"Histogram of anomaly scores; {np.mean(rejected):.0%} of the unknown lie above the threshold.",
        figures.distributions(known.scores[JOINED], ours, thresholds),
    )
    areas = {TITLES[name]: separation(known.scores[name], scores[name])["auroc"] for name in scores}
    yield report_figure(
        "compared",
        "Ways of scoring",
        "The chance that an unknown image scores higher than a known one: the joined score, its parts, and the usual "
        "scores of the same model.",
        "; ".join(f"{name} {value:.3f}" for name, value in areas.items()),
        figures.compared(areas, TITLES[JOINED]),
    )
    if known.right is not None:
        curves = {TITLES[name]: risk_coverage(known.scores[name], known.right) for name in (JOINED, "max_softmax")}
        yield report_figure(
            "risk",
            "Risk and coverage",
            "Of the known images alone: how many answers are wrong if only the most usual are answered.",
            f"Risk-coverage curves; with all answered, {1 - known.right.mean():.1%} are wrong.",
            figures.risk(curves),
        )
    order = np.argsort(ours, kind="stable")
    let_in = list(order[~rejected[order]][:SHOWN])
    if let_in:
        answers = [class_names[index] for index in found["logits"][let_in].argmax(axis=1)] if "logits" in found else []
        yield report_figure(
            "accepted",
            "The strangers that look the most usual",
            "Accepted, though unknown, the lowest scores first"
            + "; in red what they were taken for" * bool(answers)
            + ".",
            f"{len(let_in)} accepted strangers.",
            figures.accepted(strangers.images.load(let_in), answers or [""] * len(let_in), ours[let_in].tolist()),
        )
    if model.decoder is not None:
        last = order[::-1][:SHOWN]
        images = strangers.images.load(last)
        rebuilt = np.asarray(known.rebuild(images)["reconstruction"])
        yield report_figure(
            "heatmaps",
            "The strangers that look the most unusual",
            "Each image, its reconstruction, and where the two differ: black where not, bright by half of the range.",
            f"{len(last)} strangers with error maps.",
            figures.heatmaps(images, rebuilt, ours[last].tolist()),
        )
