"""Runs and exports predict through one interface."""

from pathlib import Path

import numpy as np
import pytest

from kerasae.inference.opening import open_predictor
from kerasae.inference.predictor import Predictor
from kerasae.inference.run_predictor import RunPredictor
from kerasae.inference.saved_model import SavedModelPredictor
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError


@pytest.fixture(scope="module")
def predictors(digits_run: Path) -> list[Predictor]:
    return [open_predictor(digits_run), open_predictor(digits_run / "export")]


def test_a_run_and_an_export_open_as_what_they_are(predictors: list[Predictor]) -> None:
    assert [type(predictor) for predictor in predictors] == [RunPredictor, SavedModelPredictor]
    for predictor in predictors:
        assert predictor.class_names == tuple("0123456789")
        assert predictor.image_shape == (8, 8, 1)
        assert predictor.resize == "fill"
        assert predictor.limits is None


@pytest.mark.parametrize("count", [1, 5])
def test_a_run_and_an_export_predict_the_same(predictors: list[Predictor], count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 1), np.uint8)
    of_run, of_export = (predictor.predict(images) for predictor in predictors)
    for name in ("probabilities", "reconstruction", "reconstruction_error", "anomaly_score"):
        values = getattr(of_run, name)
        assert len(values) == count
        np.testing.assert_allclose(values, getattr(of_export, name), rtol=1e-4, atol=1e-5)  # fused operations
    np.testing.assert_array_equal(of_run.accepted, of_export.accepted)


def test_an_image_has_the_error_that_evaluation_keeps(digits_run: Path, predictors: list[Predictor]) -> None:
    from kerasae.data.collection import open_collection

    run = RunFolder(digits_run)
    images = open_collection(run.recipe.data, classifies=True).test.load(np.arange(20))
    with np.load(run.predictions) as saved:
        errors = saved["mse"][:20]
    np.testing.assert_allclose(predictors[0].predict(images).reconstruction_error, errors, rtol=1e-6)


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"holds no recipe\.json"):
        open_predictor(tmp_path)
