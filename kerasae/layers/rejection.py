"""The out-of-distribution score of an image, and the threshold above which its prediction is rejected."""

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
# A tenth of a grey level, squared: a smaller error is a perfect copy, a smaller contrast a single colour.
LOG_FLOOR = (0.1 / 255) ** 2
NUM_KNOTS = 33
# Tail probability below which a measure counts beside the label, or a small error beside a large one.
SCARCE = {"reconstruction": 0.01, "latent": 0.05, SMALL_ERROR: 0.05}


class Scales(NamedTuple):
    """The parameters that bring all measures to one scale; each may have a leading shape that broadcasts with (batch,).

    Attributes:
        expected: for each reconstruction measure the offset and slope of log error over log contrast, (2,).
        temperature: divides the logits, (); None without the part `label`.
        knots: for each measure ascending values, (NUM_KNOTS,).
        levels: for each measure -log(tail probability) at each knot, (NUM_KNOTS,).
        tails: for each measure the slope of the level after the last knot, ().
    """

    expected: Mapping[str, Any]
    temperature: Any
    knots: Mapping[str, Any]
    levels: Mapping[str, Any]
    tails: Mapping[str, Any]


def where_rare(measure: str, level: Any) -> Any:
    """Return log(1 + a / p) for a level -log(p), where a is the tail probability in `SCARCE`."""
    return ops.softplus(level + math.log(SCARCE[measure]))


@keras.saving.register_keras_serializable("kerasae")
class Rejection(keras.layers.Layer):
    """The anomaly score of images, and whether the model's predictions for them are accepted.

    Each part measures in one way how unusual an image is:

    - `reconstruction`: the log of the mean squared error minus its expected value for known images of the same local
      contrast, since images with much detail have larger errors (Serra et al. 2020, arXiv 1909.11480). An error that is
      too small counts if it is rare (Nalisnick et al. 2019, arXiv 1906.02994). Without labels the error of the worst
      window is added on the same scale, for small defects.
    - `latent`: the log of the squared Mahalanobis distance to the nearest class centre, with one shrunk covariance (Lee
      et al. 2018, arXiv 1807.03888).
    - `label`: the mean of two measures: the negative log-odds of the most probable class after temperature scaling (Guo
      et al. 2017, arXiv 1706.04599), which orders images as the probability does but still separates probabilities
      that round to 1; and the energy of the logits (Liu et al. 2020, arXiv 2010.03759), which is high if no class is
      likely.

    Each measure is brought to one scale as -log(p), where p is its tail probability among known images: empirical up to
    the last knot, of an exponential tail after it (peaks over threshold). The score is -log(p) of the label plus
    log(1 + a / p) of the other parts, with a = 0.01 for the reconstruction and 0.05 for the latent: these two count
    only where they are rare, and then as much as the label. A small error counts beside a large one in the same way.
    Without labels the score is the sum of all -log(p): Fisher's statistic for several tests of the hypothesis that the
    image is in distribution.

    Input: a dict with what `parts` need: `error`, `worst_error` and `contrast` (batch,), mean squares on [0, 1] of the
    reconstruction error, of its worst window, and of the differences between neighbouring pixels; `latent` (batch,
    latent_dim); and `logits` (batch, num_classes). Output: a dict of `anomaly_score`, float32 (batch,), at least 0 and
    larger for more unusual images; `accepted`, bool (batch,), score at or below `threshold`; and for each part its
    score, `PART_score`.

    `threshold` is one number, or with `by_class` one for each predicted class, (num_classes,). `own` is then 1 for
    classes with their own threshold and 0 for classes that share one.

    No weight is trainable; `kerasae.models.fit_rejection` sets them all.

    Args:
        parts: some of "reconstruction", "latent" and "label".
        latent_dim: size of the latent, for the part "latent".
        num_centres: number of class centres, for the part "latent".
        num_classes: number of logits, for the part "label".
        by_class: whether each predicted class has its own threshold; needs the part "label".

    Raises:
        ValueError: no part, an unknown part, or `by_class` without labels.
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
        self.knots = {measure: state(f"{measure}_knots", NUM_KNOTS) for measure in measures}
        self.levels = {measure: state(f"{measure}_levels", NUM_KNOTS) for measure in measures}
        self.tails = {measure: state(f"{measure}_tail") for measure in measures}
        if "reconstruction" in self.parts:
            self.expected = {measure: state(f"{measure}_expected", 2) for measure in self.errors}
        if "label" in self.parts:
            self.temperature = state("temperature")
        if "latent" in self.parts:
            self.centres = state("centres", num_centres, latent_dim)
            self.whitening = state("whitening", latent_dim, latent_dim)
        self.built = True

    @property
    def errors(self) -> dict[str, str]:
        """The feature of each measure that grows with the reconstruction error."""
        mean_error = {"reconstruction": "error"}
        return mean_error if "label" in self.parts else {**mean_error, WORST_ERROR: "worst_error"}

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The keys of the input."""
        names = {"reconstruction": (*self.errors.values(), "contrast"), "latent": ("latent",), "label": ("logits",)}
        return tuple(name for part in self.parts for name in names[part])

    @property
    def output_names(self) -> tuple[str, ...]:
        """The keys of the output."""
        return ("anomaly_score", "accepted", *(f"{part}_score" for part in self.parts))

    @property
    def scales(self) -> Scales:
        """The scales of this layer, as variables."""
        expected = self.expected if "reconstruction" in self.parts else {}
        temperature = self.temperature if "label" in self.parts else None
        return Scales(expected, temperature, self.knots, self.levels, self.tails)

    def raw(self, features: Mapping[str, Any], scales: Scales | None = None) -> dict[str, Any]:
        """Return the measures of all parts, (batch,), before they are brought to one scale.

        Args:
            scales: expected error and temperature; the layer's own if None. A leading shape is that of the result.
        """
        scales = scales or self.scales
        measures = {}
        if "reconstruction" in self.parts:
            for measure, name in self.errors.items():
                error, contrast = (
                    ops.log(ops.cast(features[feature], "float32") + LOG_FLOOR) for feature in (name, "contrast")
                )
                measures[measure] = (
                    error - scales.expected[measure][..., 0] - scales.expected[measure][..., 1] * contrast
                )
            measures[SMALL_ERROR] = -measures["reconstruction"]
        if "latent" in self.parts:
            measures["latent"] = self.distance(features["latent"])
        if "label" in self.parts:
            logits = ops.cast(features["logits"], "float32")
            measures[ENERGY] = -ops.logsumexp(logits, axis=-1)
            logits = logits / ops.expand_dims(scales.temperature, -1)
            best = ops.one_hot(ops.argmax(logits, axis=-1), self.num_classes, dtype="bool")
            others = ops.where(best, -1e9, logits)
            measures["label"] = ops.logsumexp(others, axis=-1) - ops.max(logits, axis=-1)
        return measures

    def distance(self, latent: Any) -> Any:
        """Return the log of the squared Mahalanobis distance to the nearest centre, (batch,)."""
        apart = ops.expand_dims(ops.cast(latent, "float32"), 1) - self.centres
        squares = ops.sum(ops.square(ops.matmul(apart, self.whitening)), axis=-1)
        return ops.log(ops.min(squares, axis=-1) + 1e-6)

    def call(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """Return scores and decisions."""
        total, levels = self.joined(self.raw(features))
        scores = {f"{part}_score": level for part, level in levels.items()}
        return {"anomaly_score": total, "accepted": ops.less_equal(total, self.threshold_of(features)), **scores}

    def joined(self, measures: Mapping[str, Any], scales: Scales | None = None) -> tuple[Any, dict[str, Any]]:
        """Return the anomaly score of measures from `raw`, (batch,), and the score of each part."""
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
        """Return the threshold for the score of each image, (batch,)."""
        if self.by_class:
            return ops.take(self.threshold, ops.argmax(features["logits"], axis=-1))
        return ops.broadcast_to(self.threshold, ops.shape(next(iter(features.values())))[:1])

    def compute_output_spec(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """Return shapes and dtypes of the outputs."""
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
    """Return -log(tail probability): linear between the knots, with the slope of the tail after the last."""
    knots, levels = (ops.convert_to_tensor(values[measure]) for values in (scales.knots, scales.levels))
    # Equal knots, from a measure with ties, make a step.
    share = (ops.expand_dims(value, -1) - knots[..., :-1]) / ops.maximum(knots[..., 1:] - knots[..., :-1], 1e-12)
    within = ops.sum((levels[..., 1:] - levels[..., :-1]) * ops.clip(share, 0.0, 1.0), axis=-1)
    return levels[..., 0] + within + ops.maximum(value - knots[..., -1], 0.0) * scales.tails[measure]
