"""The metrics of an image set, and of a run, as metrics.json holds them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kerasae.evaluation.label import LabelMetrics, label_metrics
from kerasae.evaluation.pixels import PixelStatistics
from kerasae.evaluation.reconstruction import ReconstructionMetrics, reconstruction_metrics
from kerasae.evaluation.rejection import RejectionMetrics, rejection_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.evaluation.baseline import LinearBaseline
    from kerasae.evaluation.cautions import Caution
    from kerasae.inference.predictions import Predictions


@dataclass(frozen=True, slots=True)
class ImageSetMetrics:
    """The metrics of one image set, such as the table "test" of metrics.json.

    Attributes:
        num_pictures: the number of images, under the name that metrics.json has for it.
        pixels: of the images themselves.
        label: None without a softmax head or without labelled images.
        rejection: None without a rejection.
        reconstruction: None without a reconstruction head.
    """

    num_pictures: int
    pixels: PixelStatistics
    label: LabelMetrics | None = None
    rejection: RejectionMetrics | None = None
    reconstruction: ReconstructionMetrics | None = None

    @classmethod
    def of(cls, predictions: Predictions, class_names: Sequence[str]) -> ImageSetMetrics:
        """Measure a model's predictions."""
        truth = predictions.label
        labelled, probabilities = truth >= 0, predictions.probabilities
        return cls(
            num_pictures=len(truth),
            pixels=PixelStatistics.of(predictions.histogram),
            label=(
                label_metrics(truth[labelled], probabilities[labelled], class_names)
                if probabilities is not None and labelled.any()
                else None
            ),
            rejection=rejection_metrics(predictions, class_names) if predictions.anomaly else None,
            reconstruction=(
                reconstruction_metrics(predictions.errors, truth, class_names) if predictions.errors else None
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the table; what was not measured is absent."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class TrainingImages:
    """The brightness of the training images, and of the same images after the transforms of each variant."""

    num_pictures: int
    pixels: PixelStatistics
    variants: dict[str, PixelStatistics]


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of the training, None where its history is gone, and of the evaluation; images per second in it."""

    training_seconds: float | None
    evaluation_seconds: float
    images_per_second: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the table "timings"; without images there is no `images_per_second`."""
        table = dataclasses.asdict(self)
        if self.images_per_second is None:
            del table["images_per_second"]
        return table


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """The content of metrics.json of a run whose model predicts.

    Attributes:
        test: of the test images.
        model: the numbers of parameters.
        timings: of training and evaluation.
        variants: of the test images after the transforms of each of the recipe's variants.
        train: of the training images, where the recipe has variants.
        baseline: None where it was not fitted.
        cautions: warning signs.
    """

    test: ImageSetMetrics
    model: Mapping[str, Any]
    timings: Timings
    variants: Mapping[str, ImageSetMetrics] = field(default_factory=dict)
    train: TrainingImages | None = None
    baseline: LinearBaseline | None = None
    cautions: Sequence[Caution] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the content of the file; what was not measured is absent."""
        tables: dict[str, Any] = {
            "test": self.test.to_json(),
            "variants": {name: metrics.to_json() for name, metrics in self.variants.items()},
            "train": self.train and dataclasses.asdict(self.train),
            "baseline": self.baseline and {"linear": dataclasses.asdict(self.baseline)},
            "cautions": [dataclasses.asdict(caution) for caution in self.cautions],
            "model": self.model,
            "timings": self.timings.to_json(),
        }
        return {name: table for name, table in tables.items() if table}
