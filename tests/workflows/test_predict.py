import csv
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasae.cli.tables import predictions_table
from kerasae.utils.errors import RequestError
from kerasae.workflows.predict import Prediction, predict


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sklearn.datasets import load_digits

    folder = tmp_path_factory.mktemp("images")
    for index, image in enumerate(load_digits().images[:3]):
        Image.fromarray(np.round(image * 255 / 16).astype(np.uint8)).save(folder / f"{index}.png")
    Image.new("RGB", (40, 30), "orange").save(folder / "orange.jpg")
    (folder / "notes.txt").write_text("not an image")
    return folder


def test_run_and_export_agree(digits_run: Path, images: Path) -> None:
    from_run, from_export = (predict(model, [images]) for model in (digits_run, digits_run / "export"))
    assert [Path(prediction.image).name for prediction in from_run] == ["0.png", "1.png", "2.png", "orange.jpg"]
    for prediction, other in zip(from_run, from_export, strict=True):
        assert prediction.label == other.label
        assert prediction.probability == pytest.approx(other.probability, abs=1e-5)
        assert prediction.reconstruction_error == pytest.approx(other.reconstruction_error, abs=1e-6)


def test_images_may_be_paths_arrays_or_pil_images(digits_run: Path, images: Path) -> None:
    paths = [images / "0.png", images / "orange.jpg"]
    expected = predict(digits_run, paths)
    with Image.open(paths[0]) as first, Image.open(paths[1]) as second:
        given = [str(paths[0]), first, np.asarray(first), np.asarray(second), paths[1], second]
        mixed = predict(str(digits_run), given)
    names = [str(paths[0]), str(paths[0]), "image 2", "image 3", str(paths[1]), str(paths[1])]
    assert [prediction.image for prediction in mixed] == names
    for prediction, index in zip(mixed, (0, 0, 0, 1, 1, 1), strict=True):
        assert prediction.probabilities == pytest.approx(expected[index].probabilities, abs=1e-6)
        assert prediction.reconstruction_error == pytest.approx(expected[index].reconstruction_error, abs=1e-6)


def test_one_image_or_an_array_of_images_is_enough(digits_run: Path, images: Path) -> None:
    pixels = np.asarray(Image.open(images / "0.png"))
    (expected,) = predict(digits_run, images / "0.png")
    for one_image in (str(images / "0.png"), pixels, pixels[..., np.newaxis], Image.open(images / "0.png")):
        (prediction,) = predict(digits_run, one_image)
        assert prediction.probabilities == pytest.approx(expected.probabilities, abs=1e-6)
    batch = np.stack([pixels, 255 - pixels])[..., np.newaxis]
    assert [prediction.image for prediction in predict(digits_run, batch)] == ["image 0", "image 1"]
    with pytest.raises(RequestError, match=r"predict: expected uint8 images of 0 to 255\. Received: float64"):
        predict(digits_run, pixels / 255)


def test_top_three_come_best_first(digits_run: Path, images: Path) -> None:
    (answer,) = predict(digits_run, [images / "0.png"])
    probabilities = [probability for _, probability in answer.top]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len(answer.top) == 3
    assert (answer.label, answer.probability) == answer.top[0]


def test_heatmaps_show_image_copy_and_error(
    digits_run: Path, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kerasae.data.images._MOST_VALUES", 3 * 64)  # large images: three of these fill a batch
    predict(digits_run / "export", [images], heatmaps=tmp_path / "maps")
    names = sorted(path.name for path in (tmp_path / "maps").iterdir())
    assert names == ["0000-0.png", "0001-1.png", "0002-2.png", "0003-orange.png"]
    pixels = np.asarray(Image.open(tmp_path / "maps" / "0001-1.png"))
    assert pixels.shape == (8, 3 * 8 + 2, 3)
    np.testing.assert_array_equal(pixels[:, :8, 0], np.asarray(Image.open(images / "1.png")))
    with pytest.raises(RequestError, match=r"--heatmaps: .*maps, which exists already; give another name"):
        predict(digits_run / "export", [images], heatmaps=tmp_path / "maps")


def test_a_table_has_every_class(digits_run: Path, images: Path, tmp_path: Path) -> None:
    answers = predict(digits_run, [images], table=tmp_path / "answers.csv")
    with (tmp_path / "answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == [prediction.image for prediction in answers]
    assert list(rows[0])[-10:] == [f"p({digit})" for digit in range(10)]
    for row, prediction in zip(rows, answers, strict=True):
        shares = {name[2:-1]: float(value) for name, value in row.items() if name.startswith("p(")}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert (max(shares, key=lambda name: shares[name]), row["accepted"]) == (
            prediction.label,
            str(prediction.accepted),
        )
    with pytest.raises(RequestError, match=r"--csv: .*answers\.csv, which exists already; give another name"):
        predict(digits_run, [images], table=tmp_path / "answers.csv")


def test_what_is_broken_in_a_folder_is_left_out_with_a_line(
    digits_run: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "torn.png").write_bytes((images / "0.png").read_bytes()[:40])
    (answer,) = predict(digits_run, [tmp_path, images / "1.png"])
    assert answer.image == str(images / "1.png")
    assert f"left out: {tmp_path / 'torn.png'}, which cannot be decoded" in capsys.readouterr().err
    with pytest.raises(RequestError, match=r"predict: .*torn\.png, which cannot be decoded"):
        predict(digits_run, [tmp_path / "torn.png"])
    with pytest.raises(RequestError, match=r"predict: expected an image that can be decoded\. Received: none"):
        predict(digits_run, [tmp_path])


def test_a_folder_is_read_as_in_training(digits_run: Path, images: Path, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    shutil.copytree(images, elsewhere)
    (folder / ".thumbs").mkdir(parents=True)
    for name in ("10.png", "9.png", ".hidden.png", ".thumbs/0.png"):
        shutil.copy(images / "0.png", folder / name)
    (folder / "linked").symlink_to(elsewhere, target_is_directory=True)
    names = [Path(answer.image).relative_to(folder).as_posix() for answer in predict(digits_run, [folder])]
    assert names == ["9.png", "10.png", "linked/0.png", "linked/1.png", "linked/2.png", "linked/orange.jpg"]


def test_a_name_outside_utf8_is_left_out_and_a_long_one_cut(
    digits_run: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    odd, long = os.fsdecode(os.fsencode(folder) + b"/\xff.png"), folder / f"{'漢' * 83}.png"
    for name in (odd, long):
        shutil.copy(images / "0.png", name)
    (answer,) = predict(digits_run, [folder], heatmaps=tmp_path / "maps", table=tmp_path / "answers.csv")
    assert answer.image == str(long)
    assert "left out: " in (stderr := capsys.readouterr().err)
    assert "not valid UTF-8" in stderr
    assert [path.name for path in (tmp_path / "maps").iterdir()] == [f"0000-{'漢' * 60}.png"]
    with pytest.raises(RequestError, match="not valid UTF-8"):
        predict(digits_run, [Path(odd)])


def test_what_cannot_be_answered_takes_one_line(digits_run: Path, images: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"expected an image file\. Received: 'none\.png', which does not exist"):
        predict(digits_run, [Path("none.png")])
    with pytest.raises(RequestError, match=r"notes\.txt, which cannot be decoded"):
        predict(digits_run, [images / "notes.txt"])
    with pytest.raises(RequestError, match="a folder without any"):
        predict(digits_run, [tmp_path])
    with pytest.raises(RequestError, match=r"holds no recipe\.json"):
        predict(images, [images])


def test_the_table_has_only_what_the_model_answers() -> None:
    prediction = Prediction("a.png", "cat", 0.9, (("cat", 0.9), ("dog", 0.1)), 0.01, 3.0, False)
    headings = [column.header for column in predictions_table([prediction]).columns]
    assert headings == ["image", "label", "probability", "top 3", "reconstruction error", "accepted, score"]
    table = predictions_table([Prediction("a.png", None, None, (), 0.01, None, None)])
    assert [(column.header, *column.cells) for column in table.columns] == [
        ("image", "a.png"),
        ("reconstruction error", "0.01000"),
    ]
