import numpy as np

from kerasae.runs.history import read_history


def test_empty_cells_and_absent_columns_have_no_values(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,phase,loss,label_loss\n1,warm-up,0.5,\n2,joint,0.25,0.125\n", encoding="utf-8")
    history = read_history(path)
    assert len(history) == 2
    assert history.phases == ["warm-up", "joint"]
    assert history.epochs.tolist() == [1, 2]
    np.testing.assert_array_equal(history.columns["label_loss"], [np.nan, 0.125])
    assert history.has("label_loss")
    assert not history.has("val_loss")


def test_no_file_or_no_epoch_is_an_empty_history(tmp_path):
    assert len(read_history(tmp_path / "history.csv")) == 0
    (tmp_path / "history.csv").write_text("epoch,phase,loss\n", encoding="utf-8")
    assert len(read_history(tmp_path / "history.csv")) == 0
