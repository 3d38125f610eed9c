"""Everything that a report is made of, read once and checked to belong together."""

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
    from kerasae.runs.run import Run

_HISTOGRAM = "histogram-"


@dataclass(frozen=True)
class Materials:
    """The files of an evaluated run; `probabilities` and `mse` are None where the model lacks that head.

    `histograms`, int64 (256,) each, count pixel values of the test images ("test") and of each variant, and
    where there are variants of the training images ("train") and of the same changes of them ("train, NAME").
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
    def read(cls, run: Run, collection: Collection | None) -> Materials:
        """Read what training and evaluation left in the run.

        Raises:
            RequestError: the run was not evaluated, or on other test images than these.
        """
        metrics = read_json(run.metrics, {"test": dict})
        predictions = read_npz(run.predictions, required=["label"])
        if collection is not None and not np.array_equal(predictions["label"], collection.test.labels):
            raise RequestError(
                "run",
                received=(
                    f"{run.path} was evaluated on {len(predictions['label'])} test images with other labels. "
                    f"Received: {len(collection.test)} test images"
                ),
                fix=f"measure these with: kerasae evaluate {run.path}",
            )
        return cls(
            metrics=metrics,
            recipe=read_json(run.recipe_file),
            environment=without(lambda: _read_table(run.environment), {}),
            facts=_read_table(run.data_facts),
            history=without(lambda: read_history(run.history), History([], {})),
            class_names=run.facts.class_names if collection is None else collection.class_names,
            label=predictions["label"],
            probabilities=predictions.get("probabilities"),
            mse=predictions.get("mse"),
            histograms={
                name.removeprefix(_HISTOGRAM): counts
                for name, counts in predictions.items()
                if name.startswith(_HISTOGRAM)
            },
        )

    @property
    def counts(self) -> dict[str, list[int]]:
        """Labelled images of each class by split; empty where no class or no count is known."""
        splits = self.facts.get("counts", {}) if self.class_names else {}
        return {split: [found["classes"].get(name, 0) for name in self.class_names] for split, found in splits.items()}

    @property
    def phases(self) -> list[tuple[str, int]]:
        """The phases of training in turn: name, and how many epochs it ran."""
        return [(name, len(list(epochs))) for name, epochs in itertools.groupby(self.history.phases)]

    def name_of(self, label: int) -> str:
        """Return the name of a class, or "unlabelled" for -1."""
        return self.class_names[label] if label >= 0 else "unlabelled"


def _read_table(path: Path) -> dict[str, Any]:
    """Read a JSON file that a model trained elsewhere may lack."""
    return read_json(path, {}) if path.exists() else {}
