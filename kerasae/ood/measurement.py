"""The measurement of a set of OOD images, as unknown.json holds it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerasae.evaluation.rejection import ClassRejectionRate, RejectionRate
from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.ood.scores import Separation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "unknown.json"
# The names that the file has for the fields whose own names say more.
_KEYS = {"title": "unknown", "source": "asked"}


@dataclass(frozen=True, slots=True)
class ClassThreshold:
    """The threshold for images that are predicted as one class; `own` if no other class shares it."""

    threshold: float
    own: bool


@dataclass(frozen=True, slots=True)
class OodMeasurement:
    """How well a model tells a set of OOD images from the test images, which are in-distribution ("known").

    Attributes:
        title: what the OOD images are.
        source: tells these images from others of the same name.
        num_known: the number of test images.
        num_unknown: the number of OOD images.
        num_broken: the number of files that could not be decoded.
        threshold: of the anomaly score; None where each class has its own.
        thresholds: by class; None where all share one.
        known_rejected: the false-positive rate.
        known_rejected_by_class: the same for each true class that occurs.
        unknown_rejected: the rate among the OOD images.
        scores: how far each score separates the two sets.
        area_under_risk_coverage: of each score; None where the test images are not all labelled.
    """

    title: str
    source: str
    num_known: int
    num_unknown: int
    num_broken: int
    threshold: float | None
    thresholds: Mapping[str, ClassThreshold] | None
    known_rejected: RejectionRate
    known_rejected_by_class: list[ClassRejectionRate]
    unknown_rejected: RejectionRate
    scores: Mapping[str, Separation]
    area_under_risk_coverage: Mapping[str, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the content of the file; what is None is absent."""
        fields = dataclasses.asdict(self)
        return {_KEYS.get(name, name): value for name, value in fields.items() if value is not None}

    def write(self, folder: Path) -> None:
        """Write the file into a folder."""
        write_json(folder / FILE, self.to_json())

    @classmethod
    def read(cls, folder: Path) -> OodMeasurement:
        """Read the file of a folder.

        Raises:
            RequestError: it is missing, changed or damaged.
        """
        content = read_json(folder / FILE, {"scores": dict, "known_rejected": dict, "unknown_rejected": dict})
        thresholds = content.get("thresholds")
        return cls(
            title=content.get("unknown", ""),
            source=content.get("asked", ""),
            num_known=content["num_known"],
            num_unknown=content["num_unknown"],
            num_broken=content["num_broken"],
            threshold=content.get("threshold"),
            thresholds=thresholds and {name: ClassThreshold(**fields) for name, fields in thresholds.items()},
            known_rejected=RejectionRate(**content["known_rejected"]),
            known_rejected_by_class=[
                ClassRejectionRate(**fields) for fields in content.get("known_rejected_by_class", ())
            ],
            unknown_rejected=RejectionRate(**content["unknown_rejected"]),
            scores={name: Separation(**fields) for name, fields in content["scores"].items()},
            area_under_risk_coverage=content.get("area_under_risk_coverage"),
        )


def read_all(folder: Path) -> dict[str, OodMeasurement]:
    """Read the measurements in the sub-folders of a run's `unknown`, by sub-folder in alphabetical order."""
    return {path.parent.name: OodMeasurement.read(path.parent) for path in sorted(folder.glob(f"*/{FILE}"))}


def sources_in(folder: Path) -> dict[str, str | None]:
    """Return which OOD images each sub-folder of a run's `unknown` was written for; None where it does not say."""
    files = folder.glob(f"*/{FILE}")
    return {path.parent.name: read_json(path, {}, f"remove {path.parent}").get("asked") for path in files}
