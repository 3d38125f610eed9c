"""The metrics of generated images, as generated.json holds them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

REAL_IMAGES = "real images"  # in tables and legends, beside the names of samplers


@dataclass(frozen=True)
class Agreement:
    """The share of images for which the judge predicts the class that they were sampled for.

    Attributes:
        overall: over all images.
        worst: of the class with the lowest share.
        per_class: by class name.
    """

    overall: float
    worst: float
    per_class: Mapping[str, float]

    @property
    def worst_class(self) -> str:
        """The name of the class with the lowest share."""
        return min(self.per_class, key=lambda name: self.per_class[name])


@dataclass(frozen=True)
class ClassShare:
    """The share of a class among samples, and among the training images."""

    share: float
    training: float


@dataclass(frozen=True)
class ClassBalance:
    """The classes that the judge predicts for samples of no given class.

    Attributes:
        distance: the total variation from the training images: the share of samples that would have to be of another
            class.
        per_class: by class name.
    """

    distance: float
    per_class: Mapping[str, ClassShare]


@dataclass(frozen=True)
class FrechetDistances:
    """Frechet distances between the judge's features of images and of test images.

    Attributes:
        distance: of the samples.
        real: of training images.
        num_images: of each set.
    """

    distance: float | None
    real: float | None
    num_images: int


@dataclass(frozen=True)
class NearestDistances:
    """Distances to the nearest training image.

    Attributes:
        median: over images, root mean squared on [0, 1].
        copies: the share of images closer than 99% of the real test images are.
    """

    median: float | None
    copies: float | None


@dataclass(frozen=True)
class SampleMetrics:
    """The metrics of the images of one sampler, or of real test images.

    Attributes:
        num_images: the number of images.
        diversity: the mean difference of two images of a class, None if no class has two: "pixels", and with a judge
            its "features".
        nearest: distances to the nearest training image.
        description: what the images are sampled from; None for real images.
        agreement: with the judge; None without a judge, or for images of no given class.
        balance: of the classes; only for a judged sampler that is not conditional.
        frechet: distances to test images; only for judged samples.
    """

    num_images: int
    diversity: Mapping[str, float | None]
    nearest: NearestDistances
    description: str | None = None
    agreement: Agreement | None = None
    balance: ClassBalance | None = None
    frechet: FrechetDistances | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object of generated.json; what is None is left out."""
        tree: dict[str, Any] = {} if self.description is None else {"words": self.description}
        tree |= {
            "num_pictures": self.num_images,
            "diversity": dict(self.diversity),
            "nearest": asdict(self.nearest),
        }
        if self.agreement is not None:
            tree["agreement"] = asdict(self.agreement)
        if self.balance is not None:
            tree["balance"] = asdict(self.balance)
        if self.frechet is not None:
            frechet = self.frechet
            tree["frechet"] = {
                "distance": frechet.distance,
                "real": frechet.real,
                "num_pictures": frechet.num_images,
            }
        return tree

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> SampleMetrics:
        """Read what `to_json` returns."""
        agreement, balance, frechet = (tree.get(key) for key in ("agreement", "balance", "frechet"))
        return cls(
            num_images=tree["num_pictures"],
            diversity=tree["diversity"],
            nearest=NearestDistances(**tree["nearest"]),
            description=tree.get("words"),
            agreement=Agreement(**agreement) if agreement is not None else None,
            balance=(
                ClassBalance(
                    balance["distance"],
                    {name: ClassShare(**shares) for name, shares in balance["per_class"].items()},
                )
                if balance is not None
                else None
            ),
            frechet=(
                FrechetDistances(frechet["distance"], frechet["real"], frechet["num_pictures"])
                if frechet is not None
                else None
            ),
        )


@dataclass(frozen=True)
class SummaryRow:
    """A row of the table of samplers and real images; None where a metric does not apply."""

    name: str
    num_images: int
    agreement: float | None
    worst: float | None
    worst_class: str | None
    balance: float | None
    diversity: float | None
    feature_diversity: float | None
    nearest: float | None
    copies: float | None
    frechet: float | None


@dataclass(frozen=True)
class GenerationResult:
    """The metrics of all images that a run has generated.

    Attributes:
        classes: the names of the classes that were sampled.
        count: the number of images of each class.
        noise: scales the learned deviations.
        seed: of all random numbers.
        between: the endpoints of the interpolation; None without one.
        judge: the path of the judge's run; None without a judge.
        real: the metrics of real test images.
        samplers: the metrics of samples, by the name of the sampler.
    """

    classes: tuple[str, ...]
    count: int
    noise: float
    seed: int
    between: tuple[str, str] | None
    judge: str | None
    real: SampleMetrics
    samplers: Mapping[str, SampleMetrics]

    def to_json(self) -> dict[str, Any]:
        """Return the content of generated.json."""
        return {
            "classes": list(self.classes),
            "count": self.count,
            "noise": self.noise,
            "seed": self.seed,
            "between": list(self.between) if self.between is not None else None,
            "judge": self.judge,
            "real": self.real.to_json(),
            "methods": {name: metrics.to_json() for name, metrics in self.samplers.items()},
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> GenerationResult:
        """Read the content of generated.json."""
        between = tree["between"]
        return cls(
            classes=tuple(tree["classes"]),
            count=tree["count"],
            noise=tree["noise"],
            seed=tree["seed"],
            between=(between[0], between[1]) if between is not None else None,
            judge=tree["judge"],
            real=SampleMetrics.from_json(tree["real"]),
            samplers={name: SampleMetrics.from_json(metrics) for name, metrics in tree["methods"].items()},
        )

    def with_real(self) -> dict[str, SampleMetrics]:
        """Return the metrics of every sampler, and of real images last."""
        return {**self.samplers, REAL_IMAGES: self.real}

    def summary_rows(self) -> list[SummaryRow]:
        """Return a row for each sampler, and for real images last: what the page and the terminal show."""
        first = next(iter(self.samplers.values()), None)
        real_frechet = first.frechet.real if first is not None and first.frechet is not None else None
        return [
            _summary_row(name, metrics, metrics.frechet.distance if metrics.frechet is not None else None)
            for name, metrics in self.samplers.items()
        ] + [_summary_row(REAL_IMAGES, self.real, real_frechet)]


def _summary_row(name: str, metrics: SampleMetrics, frechet: float | None) -> SummaryRow:
    agreement = metrics.agreement
    return SummaryRow(
        name=name,
        num_images=metrics.num_images,
        agreement=agreement.overall if agreement is not None else None,
        worst=agreement.worst if agreement is not None else None,
        worst_class=agreement.worst_class if agreement is not None else None,
        balance=metrics.balance.distance if metrics.balance is not None else None,
        diversity=metrics.diversity["pixels"],
        feature_diversity=metrics.diversity.get("features"),
        nearest=metrics.nearest.median,
        copies=metrics.nearest.copies,
        frechet=frechet,
    )
