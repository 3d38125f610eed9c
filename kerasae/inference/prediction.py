"""The predictions for single images, and a list of them that shows, converts and writes itself."""

from __future__ import annotations

import csv
import dataclasses
import html
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from kerasae.files.writing import written_whole
from kerasae.runs.folder import check_new
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from kerasae.inference.predictor import Outputs

NUM_TOP = 3
MAX_LINES = 40  # of a list that is printed


@dataclass(frozen=True)
class Prediction:
    """What a model predicts for one image.

    Attributes:
        image: the image's path, or a name such as "image 3" for an image in memory.
        label: the most probable class, or None without a softmax head.
        probability: its probability in [0, 1].
        top: the three most probable classes with their probabilities, best first.
        reconstruction_error: mean squared error on [0, 1] pixels, or None without a reconstruction head.
        anomaly_score: how unusual the image is, 0 and up, or None without a rejection.
        accepted: whether the prediction is accepted: the score is at most the threshold; None without a rejection.
        probabilities: of every class by its name, in the order of the classes; empty without a softmax head.
    """

    image: str
    label: str | None
    probability: float | None
    top: tuple[tuple[str, float], ...]
    reconstruction_error: float | None
    anomaly_score: float | None
    accepted: bool | None
    probabilities: Mapping[str, float] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class PredictionList(Sequence[Prediction]):
    """The predictions for images, in the order of the images; a table in a notebook."""

    predictions: tuple[Prediction, ...]

    @overload
    def __getitem__(self, index: int) -> Prediction: ...

    @overload
    def __getitem__(self, index: slice) -> PredictionList: ...

    def __getitem__(self, index: int | slice) -> Prediction | PredictionList:
        """Return one prediction, or a list of those in a slice."""
        if isinstance(index, slice):
            return PredictionList(self.predictions[index])
        return self.predictions[index]

    def __len__(self) -> int:
        return len(self.predictions)

    def __repr__(self) -> str:
        """Return a table as text, a line for each image; a long list is cut in the middle."""
        columns = {"image": [prediction.image for prediction in self], **text_columns(self)}
        rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
        if len(rows) > MAX_LINES:
            rows = [*rows[: MAX_LINES // 2], ["..."] * len(columns), *rows[-MAX_LINES // 2 :]]
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([f"{len(self):,} predictions", *lines])

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self.predictions)

    def to_json(self) -> str:
        """Return the predictions as a JSON list of objects."""
        return json.dumps([dataclasses.asdict(prediction) for prediction in self], indent=2)

    def to_csv(self, path: str | Path) -> None:
        """Write a new CSV file with a row for each image, and columns as `to_rows` returns them.

        Raises:
            RequestError: the file exists.
        """
        path = Path(path)
        check_new(path, "to_csv")
        columns, rows = self.to_rows()
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        with written_whole(path, replaces=False) as temporary:
            temporary.write_text(text.getvalue(), encoding="utf-8")

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas data frame with a row for each image, and columns as `to_rows` returns them.

        Raises:
            RequestError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise RequestError(
                "to_pandas",
                expected="the package pandas",
                received="a Python without it",
                fix="install it with: pip install pandas",
            ) from None
        columns, rows = self.to_rows()
        return pd.DataFrame(rows, columns=columns)

    def to_rows(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Return the names of the columns, and a row for each image.

        The columns are "image", what the model predicts of "label", "probability", "reconstruction_error",
        "anomaly_score" and "accepted", and "p(CLASS)" for the probability of each class.
        """
        names = ("image", "label", "probability", "reconstruction_error", "anomaly_score", "accepted")
        rows = [
            {name: getattr(prediction, name) for name in names}
            | {f"p({name})": probability for name, probability in prediction.probabilities.items()}
            for prediction in self
        ]
        columns = [name for name in (rows[0] if rows else names) if any(row[name] is not None for row in rows)]
        return columns, [{name: row[name] for name in columns} for row in rows]

    def _repr_html_(self) -> str:
        """Return an HTML table; names are escaped."""
        columns = {"image": [prediction.image for prediction in self], **text_columns(self)}
        head = "".join(f"<th>{html.escape(heading)}</th>" for heading in columns)
        rows = (
            "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) for cells in zip(*columns.values(), strict=True)
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def text_columns(predictions: Sequence[Prediction]) -> dict[str, list[str]]:
    """Return predictions as columns of text by heading; columns that the model has nothing for are left out."""
    columns: dict[str, Callable[[Prediction], str]] = {
        "label": lambda prediction: prediction.label or "-",
        "probability": lambda prediction: _number("{:.3f}", prediction.probability),
        "top 3": lambda prediction: ", ".join(f"{name} {share:.3f}" for name, share in prediction.top) or "-",
        "reconstruction error": lambda prediction: _number("{:.5f}", prediction.reconstruction_error),
        "accepted, score": _decision,
    }
    texts = {heading: [text(prediction) for prediction in predictions] for heading, text in columns.items()}
    return {heading: cells for heading, cells in texts.items() if set(cells) - {"-"}}


def _number(template: str, value: float | None) -> str:
    return "-" if value is None else template.format(value)


def _decision(prediction: Prediction) -> str:
    if prediction.accepted is None:
        return "-"
    return f"{'yes' if prediction.accepted else 'no'}, {_number('{:.1f}', prediction.anomaly_score)}"


def predictions_of(names: Sequence[str], outputs: Outputs, class_names: Sequence[str]) -> list[Prediction]:
    """Return the predictions for a batch of images.

    Args:
        names: of the images.
        outputs: the model's outputs for them.
        class_names: in the order of the softmax head.
    """
    predictions = []
    for index, name in enumerate(names):
        probabilities: dict[str, float] = {}
        if outputs.probabilities is not None:
            probabilities = dict(zip(class_names, outputs.probabilities[index].tolist(), strict=True))
        top = tuple(sorted(probabilities.items(), key=lambda pair: -pair[1])[:NUM_TOP])
        label, probability = top[0] if top else (None, None)
        predictions.append(
            Prediction(
                image=name,
                label=label,
                probability=probability,
                top=top,
                reconstruction_error=_float(outputs.reconstruction_error, index),
                anomaly_score=_float(outputs.anomaly_score, index),
                accepted=None if outputs.accepted is None else bool(outputs.accepted[index]),
                probabilities=probabilities,
            )
        )
    return predictions


def _float(values: np.ndarray | None, index: int) -> float | None:
    return None if values is None else float(values[index])
