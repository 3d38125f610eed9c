"""Prediction lists: how they show, convert and write themselves."""

import csv
import dataclasses
import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from kerasae.inference.prediction import Prediction, PredictionList, predictions_of
from kerasae.inference.predictor import Outputs
from kerasae.utils.errors import RequestError

CAT = Prediction(
    image="<b>a</b>.png",
    label="cat & dog",
    probability=0.75,
    top=(("cat & dog", 0.75), ("eel", 0.25)),
    reconstruction_error=0.0123456,
    anomaly_score=3.14,
    accepted=False,
    probabilities={"cat & dog": 0.75, "eel": 0.25},
)
ONLY_ERROR = Prediction("b.png", None, None, (), 0.5, None, None)


def test_a_list_is_a_sequence_of_predictions() -> None:
    predictions = PredictionList((CAT, ONLY_ERROR))
    assert len(predictions) == 2
    assert list(predictions) == [CAT, ONLY_ERROR]
    assert predictions[-1] is ONLY_ERROR
    assert predictions[:1] == PredictionList((CAT,))
    assert CAT in predictions


def test_a_notebook_shows_a_table_with_escaped_names() -> None:
    page = PredictionList((CAT,))._repr_html_()
    assert "<b>" not in page
    assert "<td>&lt;b&gt;a&lt;/b&gt;.png</td><td>cat &amp; dog</td><td>0.750</td>" in page
    assert "<td>cat &amp; dog 0.750, eel 0.250</td><td>0.01235</td><td>no, 3.1</td>" in page
    assert PredictionList((ONLY_ERROR,))._repr_html_() == (
        "<table><thead><tr><th>image</th><th>reconstruction error</th></tr></thead>"
        "<tbody><tr><td>b.png</td><td>0.50000</td></tr></tbody></table>"
    )
    assert "<tbody></tbody>" in PredictionList(())._repr_html_()


def test_json_holds_every_field() -> None:
    text = PredictionList((CAT, ONLY_ERROR)).to_json()
    assert json.loads(text) == json.loads(json.dumps([dataclasses.asdict(CAT), dataclasses.asdict(ONLY_ERROR)]))
    assert json.loads(text)[0]["top"] == [["cat & dog", 0.75], ["eel", 0.25]]


def test_csv_has_a_column_for_each_class_and_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    PredictionList((CAT,)).to_csv(str(path))
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "image": "<b>a</b>.png",
        "label": "cat & dog",
        "probability": "0.75",
        "reconstruction_error": "0.0123456",
        "anomaly_score": "3.14",
        "accepted": "False",
        "p(cat & dog)": "0.75",
        "p(eel)": "0.25",
    }
    with pytest.raises(RequestError, match=r"to_csv: .*predictions\.csv, which exists already; give another name"):
        PredictionList((CAT,)).to_csv(path)


def test_columns_that_the_model_does_not_predict_are_left_out() -> None:
    assert PredictionList((ONLY_ERROR,)).to_rows() == (
        ["image", "reconstruction_error"],
        [{"image": "b.png", "reconstruction_error": 0.5}],
    )


def test_pandas_gets_the_rows_and_columns_of_the_csv_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class DataFrame:
        def __init__(self, rows: list, columns: list) -> None:
            self.rows, self.columns = rows, columns

    pandas = types.ModuleType("pandas")
    pandas.DataFrame = DataFrame  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    predictions = PredictionList((CAT,))
    frame = predictions.to_pandas()
    assert isinstance(frame, DataFrame)
    assert (frame.columns, frame.rows) == predictions.to_rows()


def test_the_real_pandas_takes_them() -> None:
    pandas = pytest.importorskip("pandas")
    frame = PredictionList((CAT,)).to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["p(eel)"].tolist() == [0.25]


def test_without_pandas_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(RequestError, match=r"to_pandas: expected the package pandas.*; install it with: pip install p"):
        PredictionList((CAT,)).to_pandas()


def test_outputs_become_predictions_by_class() -> None:
    outputs = Outputs(
        probabilities=np.array([[0.125, 0.5, 0.25, 0.125]], np.float32),
        anomaly_score=np.array([2.0], np.float32),
        accepted=np.array([True]),
    )
    (prediction,) = predictions_of(["a.png"], outputs, ("cat", "dog", "eel", "fox"))
    assert prediction == Prediction(
        image="a.png",
        label="dog",
        probability=0.5,
        top=(("dog", 0.5), ("eel", 0.25), ("cat", 0.125)),
        reconstruction_error=None,
        anomaly_score=2.0,
        accepted=True,
        probabilities={"cat": 0.125, "dog": 0.5, "eel": 0.25, "fox": 0.125},
    )


def test_outputs_measure_the_reconstruction() -> None:
    images = np.array([0, 51], np.uint8).reshape(2, 1, 1, 1)
    outputs = Outputs.of(images, {"reconstruction": np.full((2, 1, 1, 1), 0.2, np.float32)})
    np.testing.assert_allclose(outputs.reconstruction_error, [0.04, 0.0], atol=1e-7)
    assert outputs.probabilities is None
