"""Knowing when not to answer: how unlike everything known an image is, as one number with a threshold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
from keras import ops

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARTS = ("reconstruction", "latent", "label")
ERROR = ("error", "worst_error", "contrast")
WORST_ERROR, SMALL_ERROR, ENERGY = "worst_error", "small_error", "energy"
# A tenth of a grey level, squared: what lies below is as good as a perfect copy, or one even colour.
LOG_FLOOR = (0.1 / 255) ** 2
NUM_KNOTS = 33
# Tail probability from which on a measure counts beside the label, or a small error beside a large one.
SCARCE = {"reconstruction": 0.01, "latent": 0.05, SMALL_ERROR: 0.05}


class Scales(NamedTuple):
    """What makes a part comparable to the others; a leading shape that broadcasts with (batch,) may stand before each.

    Attributes:
        expected: by measure of a reconstruction, offset and slope of log error over log contrast, (2,).
        temperature: of the logits, (), or None without the part `label`.
        knots: by measure, (NUM_KNOTS,), ascending.
        levels: by measure, -log(tail probability) at each knot, (NUM_KNOTS,).
        tails: by measure, the slope of the level beyond the last knot, ().
    """

    expected: Mapping[str, Any]
    temperature: Any
    knots: Mapping[str, Any]
    levels: Mapping[str, Any]
    tails: Mapping[str, Any]


def where_rare(measure: str, level: Any) -> Any:
    """Return log(1 + a / p) of a level -log(p), with a how rare this measure is to be."""
    return ops.softplus(level + math.log(SCARCE[measure]))


@keras.saving.register_keras_serializable("kerasae")
class Rejection(keras.layers.Layer):
    """The anomaly score of images, and whether the model's answers to them are accepted.

    Each part measures how unusual an image is in one way:

    - `reconstruction`: how far the log of the mean squared error lies above what known images of the same local
      contrast have, since busy images are rebuilt worse than plain ones, known or not (Serra et al. 2020, arXiv
      1909.11480); an error that is too small counts where it is rare (Nalisnick et al. 2019, arXiv 1906.02994). Without
      a label the error of the worst window is added in the same measure, for defects that are small;
    - `latent`: the log of the squared Mahalanobis distance to the nearest class, with one shrunk covariance (Lee et al.
      2018, arXiv 1807.03888);
    - `label`: minus the log-odds of the most probable class after temperature scaling (Guo et al. 2017, arXiv
      1706.04599), which orders images as its probability does and keeps apart what rounds to 1; and the energy of the
      logits (Liu et al. 2020, arXiv 2010.03759), which sees that none is likely. The part is the mean of both.

    A part becomes comparable to the others as -log(tail probability) among known images: the empirical one up to the
    last knot, beyond it that of an exponential tail (peaks over threshold). The score is the label's -log(p) plus
    log(1 + a / p) of the two others, a = 0.01 for the reconstruction and 0.05 for the latent: strangers that resemble
    the known look usual to both, so that these count where they are rare, and from there on as much as the label. In
    the same way a small error counts beside a large one. Without a label the score is the sum of all -log(p), Fisher's
    statistic for several tests of one hypothesis, "this image is a known one".

    Input: a dict with, as far as `parts` need them, `error`, `worst_error` and `contrast` (batch,), mean squares on
    [0, 1]: of what a reconstruction misses, as a whole and in the worst window, and of the steps between neighbouring
    pixels; `latent` (batch, latent_dim); and `logits` (batch, num_classes). Output: a dict of `anomaly_score` (batch,),
    float32, 0 and up, larger for the more unusual; `accepted` (batch,), bool, score at or below `threshold`; and each
    part's own score, `PART_score`.

    `threshold` is one number, or with `by_class` one for each class, (num_classes,), of which the most probable class
    of an image picks its own; `own` then says which classes have a threshold of their own, 1, and which share one, 0.

    What it knows is weights that do not train: `fit_rejection` of the model sets them.

    Args:
        parts: some of "reconstruction", "latent" and "label".
        latent_dim: width of the latent, where that part is used.
        num_centres: classes whose centres are known, where that part is used.
        num_classes: width of the logits, where the part `label` is used.
        by_class: whether each predicted class has a threshold of its own; takes the part "label".

    Raises:
        ValueError: no part, or an unknown one, or `by_class` without labels.
    """

    def __init__(
        self,
        parts: Sequence[str],
        latent_dim: int = 0,
        num_centres: int = 0,
        num_classes: int = 0,
        by_class: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", "name": "rejection", "trainable": False, **kwargs})
        if not parts or not set(parts) <= set(PARTS):
            raise ValueError(f"parts: expected some of {', '.join(PARTS)}. Received: {list(parts)}")
        self.parts = tuple(part for part in PARTS if part in parts)
        if by_class and "label" not in self.parts:
            raise ValueError(f"by_class: expected the part 'label' beside it. Received: parts {list(parts)}")
        self.latent_dim, self.num_centres, self.num_classes = latent_dim, num_centres, num_classes
        self.by_class = by_class

        def state(name: str, *shape: int) -> keras.Variable:
            return self.add_weight(shape=shape, initializer="zeros", trainable=False, name=name)

        self.threshold = state("threshold", *([num_classes] if by_class else []))
        if by_class:
            self.own = state("own", num_classes)
        beside = {"reconstruction": (*list(self.errors)[1:], SMALL_ERROR), "label": (ENERGY,)}
        measures = [*self.parts, *(measure for part in self.parts for measure in beside.get(part, ()))]
        self.knots = {one: state(f"{one}_knots", NUM_KNOTS) for one in measures}
        self.levels = {one: state(f"{one}_levels", NUM_KNOTS) for one in measures}
        self.tails = {one: state(f"{one}_tail") for one in measures}
        if "reconstruction" in self.parts:
            self.expected = {one: state(f"{one}_expected", 2) for one in self.errors}
        if "label" in self.parts:
            self.temperature = state("temperature")
        if "latent" in self.parts:
            self.centres = state("centres", num_centres, latent_dim)
            self.whitening = state("whitening", latent_dim, latent_dim)
        self.built = True

    @property
    def errors(self) -> dict[str, str]:
        """The measures of a reconstruction that are large where it misses much, with the feature of each."""
        whole = {"reconstruction": "error"}
        return whole if "label" in self.parts else {**whole, WORST_ERROR: "worst_error"}

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The keys of what it takes."""
        names = {"reconstruction": (*self.errors.values(), "contrast"), "latent": ("latent",), "label": ("logits",)}
        return tuple(name for part in self.parts for name in names[part])

    @property
    def output_names(self) -> tuple[str, ...]:
        """The keys of what it gives."""
        return ("anomaly_score", "accepted", *(f"{part}_score" for part in self.parts))

    @property
    def scales(self) -> Scales:
        """Its own scales, as variables."""
        expected = self.expected if "reconstruction" in self.parts else {}
        temperature = self.temperature if "label" in self.parts else None
        return Scales(expected, temperature, self.knots, self.levels, self.tails)

    def raw(self, features: Mapping[str, Any], scales: Scales | None = None) -> dict[str, Any]:
        """Return each part's measures, the first by the part's name, (batch,), before they get the common scale.

        Args:
            scales: expected error and temperature, the layer's own if None; their leading shape is the result's.
        """
        scales = scales or self.scales
        found = {}
        if "reconstruction" in self.parts:
            for measure, name in self.errors.items():
                error, contrast = (
                    ops.log(ops.cast(features[one], "float32") + LOG_FLOOR) for one in (name, "contrast")
                )
                found[measure] = error - scales.expected[measure][..., 0] - scales.expected[measure][..., 1] * contrast
            found[SMALL_ERROR] = -found["reconstruction"]
        if "latent" in self.parts:
            found["latent"] = self.distance(features["latent"])
        if "label" in self.parts:
            logits = ops.cast(features["logits"], "float32")
            found[ENERGY] = -ops.logsumexp(logits, axis=-1)
            logits = logits / ops.expand_dims(scales.temperature, -1)
            best = ops.one_hot(ops.argmax(logits, axis=-1), self.num_classes, dtype="bool")
            others = ops.where(best, -1e9, logits)
            found["label"] = ops.logsumexp(others, axis=-1) - ops.max(logits, axis=-1)
        return found

    def distance(self, latent: Any) -> Any:
        """Return the log of the squared Mahalanobis distance to the nearest centre, (batch,)."""
        apart = ops.expand_dims(ops.cast(latent, "float32"), 1) - self.centres
        squares = ops.sum(ops.square(ops.matmul(apart, self.whitening)), axis=-1)
        return ops.log(ops.min(squares, axis=-1) + 1e-6)

    def call(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """Score features and decide."""
        total, levels = self.joined(self.raw(features))
        scores = {f"{part}_score": level for part, level in levels.items()}
        return {"anomaly_score": total, "accepted": ops.less_equal(total, self.threshold_of(features)), **scores}

    def joined(self, measures: Mapping[str, Any], scales: Scales | None = None) -> tuple[Any, dict[str, Any]]:
        """Return the score of measures as `raw` gives them, (batch,), and that of each part."""
        scales = scales or self.scales
        levels = {measure: _level(measure, value, scales) for measure, value in measures.items()}
        if SMALL_ERROR in levels:
            levels["reconstruction"] += where_rare(SMALL_ERROR, levels.pop(SMALL_ERROR))
        if WORST_ERROR in levels:
            levels["reconstruction"] += levels.pop(WORST_ERROR)
        if ENERGY in levels:
            levels["label"] = (levels["label"] + levels.pop(ENERGY)) / 2
        counted = {
            part: where_rare(part, level) if "label" in levels and part != "label" else level
            for part, level in levels.items()
        }
        return sum(counted.values()), levels

    def threshold_of(self, features: Mapping[str, Any]) -> Any:
        """Return the threshold that each image's score is held against, (batch,)."""
        if self.by_class:
            return ops.take(self.threshold, ops.argmax(features["logits"], axis=-1))
        return ops.broadcast_to(self.threshold, ops.shape(next(iter(features.values())))[:1])

    def compute_output_spec(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """Describe the outputs."""
        batch = next(iter(features.values())).shape[0]
        types = {"accepted": "bool"}
        return {name: keras.KerasTensor((batch,), types.get(name, "float32")) for name in self.output_names}

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {
            **super().get_config(),
            "parts": list(self.parts),
            "latent_dim": self.latent_dim,
            "num_centres": self.num_centres,
            "num_classes": self.num_classes,
            "by_class": self.by_class,
        }


def _level(measure: str, value: Any, scales: Scales) -> Any:
    """Return -log(tail probability): straight between the knots, and on with the tail's slope after the last."""
    knots, levels = (ops.convert_to_tensor(values[measure]) for values in (scales.knots, scales.levels))
    # Knots that coincide, as of a measure with ties, make a step.
    share = (ops.expand_dims(value, -1) - knots[..., :-1]) / ops.maximum(knots[..., 1:] - knots[..., :-1], 1e-12)
    within = ops.sum((levels[..., 1:] - levels[..., :-1]) * ops.clip(share, 0.0, 1.0), axis=-1)
    return levels[..., 0] + within + ops.maximum(value - knots[..., -1], 0.0) * scales.tails[measure]
