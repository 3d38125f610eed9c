"""The files of a run that its report shows, read once and checked to belong together."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.files.reading import read_json, read_npz, without
from kerasae.runs.history import History, read_history
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.runs.folder import RunFolder

HISTOGRAM_PREFIX = "histogram-"  # of the arrays of predictions.npz that count pixel values


@dataclass(frozen=True)
class RunArtifacts:
    """The content of an evaluated run's files.

    Attributes:
        metrics: metrics.json.
        recipe: recipe.json.
        environment: environment.json; empty if there is none.
        facts: data.json; empty if there is none.
        history: history.csv; empty if there is none.
        class_names: the names of the classes, in the order of the model's outputs.
        label: int (n,), the true class of each test image, -1 where unknown.
        probabilities: float32 (n, num_classes); None if the model has no classifier.
        mse: float32 (n,), the reconstruction error of each test image; None if the model has no decoder.
        histograms: int64 (256,) counts of pixel values, by set: the test images ("test"), each variant of them, and
            if there are variants, the training images ("train") and their variants ("train, NAME").
    """

    metrics: dict[str, Any]
    recipe: dict[str, Any]
    environment: dict[str, Any]
    facts: dict[str, Any]
    history: History
    class_names: tuple[str, ...]
    label: np.ndarray
    probabilities: np.ndarray | None
    mse: np.ndarray | None
    histograms: dict[str, np.ndarray]

    @classmethod
    def read(cls, run: RunFolder, collection: Collection | None) -> RunArtifacts:
        """Read the files that training and evaluation have written.

        Raises:
            RequestError: the run was not evaluated, or was evaluated on other test images than the collection's.
        """
        metrics = read_json(run.metrics, {"test": dict})
        predictions = read_npz(run.predictions, required=["label"])
        if collection is not None and not np.array_equal(predictions["label"], collection.test.labels):
            raise RequestError(
                "run",
                expected=f"the {len(predictions['label'])} test images and labels that {run.path} was evaluated on",
                received=f"{len(collection.test)} test images with other labels",
                fix=f"evaluate these images with: kerasae evaluate {run.path}",
            )
        return cls(
            metrics=metrics,
            recipe=read_json(run.recipe_file),
            environment=without(lambda: _read_optional_json(run.environment), {}),
            facts=_read_optional_json(run.data_facts),
            history=without(lambda: read_history(run.history), History([], {})),
            class_names=run.facts.class_names if collection is None else collection.class_names,
            label=predictions["label"],
            probabilities=predictions.get("probabilities"),
            mse=predictions.get("mse"),
            histograms={
                name.removeprefix(HISTOGRAM_PREFIX): counts
                for name, counts in predictions.items()
                if name.startswith(HISTOGRAM_PREFIX)
            },
        )

    @property
    def class_counts(self) -> dict[str, list[int]]:
        """The number of labelled images of each class, by split; empty if classes or counts are not known."""
        splits = self.facts.get("counts", {}) if self.class_names else {}
        return {split: [count["classes"].get(name, 0) for name in self.class_names] for split, count in splits.items()}

    @property
    def phases(self) -> list[tuple[str, int]]:
        """The name and the number of epochs of each training phase, in order."""
        return [(name, len(list(epochs))) for name, epochs in itertools.groupby(self.history.phases)]

    def class_name(self, label: int) -> str:
        """Return the name of a class, or "unlabelled" for -1."""
        return self.class_names[label] if label >= 0 else "unlabelled"


def _read_optional_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that a model trained elsewhere may lack."""
    return read_json(path, {}) if path.exists() else {}
