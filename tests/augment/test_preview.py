"""The contact sheet, and what the command says of wrong requests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

import augment
from augment.__main__ import main
from augment.preview import contact_sheet, every_transform

CHINA = next(Path(name) for name in load_sample_images().filenames if name.endswith("china.jpg"))
RECIPE = """
[[phases]]
name = "joint"
augment = ["equalize", { name = "solarize", threshold_range = [0, 255], probability = 0.25 }]
[[phases]]
augment = [{ name = "one_of", transforms = [{ name = "rotate" }, { name = "invert" }] }]
mix = "mix_up"
corrupt = ["mask"]
"""


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.copy()


@pytest.fixture
def sample_image(tmp_path: Path) -> Path:
    path = tmp_path / "small.png"
    opened(CHINA).resize((48, 32)).save(path)
    return path


WIDE = ["--size", "1024", "--columns", "20"]


def pieces(sheet: Image.Image, image: np.ndarray) -> int:
    """How often `image` stands on the sheet."""
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(sheet), image.shape)[:, :, 0]
    corners = (windows[..., 0, 0, :] == image[0, 0]).all(-1) & (windows[..., -1, -1, :] == image[-1, -1]).all(-1)
    return sum(np.array_equal(windows[y, x], image) for y, x in np.argwhere(corners))


def test_the_sheet_shows_every_transform_as_pillow_changes_it() -> None:
    families = every_transform()
    shown = {item.name for items in families.values() for item in items}
    assert shown >= {name for name in augment.names() if not name.startswith("test_")} - {"compose", "one_of"}
    sample_image = opened(CHINA).resize((48, 32))
    image = np.asarray(sample_image)[None]
    sheet = contact_sheet([sample_image], {"Some": [augment.Invert(), augment.Contrast((0, 2))]}, num=3, size=48)
    assert pieces(sheet, image[0]) == 2  # the original, and contrast by 1
    for same in (augment.Invert(), augment.Contrast((0, 0)), augment.Contrast((2, 2))):
        assert pieces(sheet, augment.apply(image, same, seed=0)[0]) == 1
    assert pieces(sheet, augment.apply(image, augment.Equalize(), seed=0)[0]) == 0


def test_the_command_draws_every_transform_of_grey_and_coloured_images(sample_image: Path, tmp_path: Path) -> None:
    grey, out = tmp_path / "grey.png", tmp_path / "sheet.png"
    opened(sample_image).convert("L").save(grey)
    command = [
        sys.executable,
        "-m",
        "augment",
        "preview",
        str(grey),
        str(sample_image),
        "--out",
        str(out),
        "--size",
        "32",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == (str(out), "")
    sheet = opened(out)
    assert sheet.mode == "RGB"
    assert sheet.height > 2 * 20 * 32
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grey.png", "sheet.png", "small.png"]


def test_a_recipes_transforms_are_shown_by_phase(sample_image: Path, tmp_path: Path) -> None:
    recipe, out = tmp_path / "own.toml", tmp_path / "sheet.png"
    recipe.write_text(RECIPE)
    assert main(["preview", str(sample_image), "--recipe", str(recipe), "--out", str(out), "--columns", "3"]) == 0
    whole = np.asarray(opened(sample_image).resize((112, 75), Image.Resampling.LANCZOS))
    sheet = opened(out)
    assert pieces(sheet, augment.apply(whole[None], augment.Solarize((255, 255)), seed=0)[0]) == 1
    assert pieces(sheet, augment.apply(whole[None], augment.Equalize(), seed=0)[0]) == 1
    assert pieces(sheet, augment.apply(whole[None], augment.Invert(), seed=0)[0]) >= 1
    assert pieces(sheet, whole[::-1]) == 2  # the partner, alone and where its share is the whole
    assert sheet.height < 1000


def test_a_phase_changed_by_its_number_shows_what_it_states(sample_image: Path, tmp_path: Path) -> None:
    recipe, out = tmp_path / "own.toml", tmp_path / "sheet.png"
    recipe.write_text('extends = "photos"\n[phases.0]\nmix = "none"\naugment = ["invert"]\n')
    assert main(["preview", str(sample_image), "--recipe", str(recipe), "--out", str(out)]) == 0
    whole = np.asarray(opened(sample_image).resize((112, 75), Image.Resampling.LANCZOS))
    assert pieces(opened(out), augment.apply(whole[None], augment.Invert(), seed=0)[0]) >= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nowhere.jpg", "--out", "sheet.png"], "IMAGE to be an image that Pillow can read. Received: nowhere.jpg"),
        (["text.png", "--out", "sheet.png"], "IMAGE to be an image.*Received: text.png: cannot identify"),
        (["broken.png", "--out", "sheet.png"], "IMAGE to be an image.*Received: broken.png"),
        (["small.png", "--out", "none/sheet.png"], "--out to be a file in a folder that exists. Received: none"),
        (["small.png", "--out", "folder.png"], "--out to be a file in a folder that exists. Received: folder.png"),
        (["small.png", "--out", "sheet"], r"--out to end in \.png.*Received: sheet"),
        (["small.png", "--out", "sheet.png", "--recipe", "no.toml"], "--recipe to be a file that can be read.*no.toml"),
        (["small.png", "--out", "sheet.png", "--recipe", "text.png"], "--recipe to be a TOML file.*text.png"),
        (
            ["small.png", "--out", "sheet.png", "--recipe", "bare.toml"],
            "a phase that has a list `augment` or `corrupt`.*bare.toml",
        ),
        (["small.png", "--out", "sheet.png", "--recipe", "odd.toml"], "Did you mean 'contrast'"),
        (["small.png", "--out", "sheet.png", "--columns", "0"], r"`--columns` of preview.*in \[2, 20\].*Received: 0"),
        (["small.png", "--out", "sheet.png", "--size", "7"], r"`--size` of preview.*Received: 7"),
        (["small.png", "--out", "s.webp", "--recipe", "one.toml", *WIDE], "a smaller sheet, or --out of another"),
    ],
)
def test_a_wrong_request_is_one_line_and_writes_nothing(
    options: list[str],
    message: str,
    sample_image: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.png").write_text("no image")
    Path("broken.png").write_bytes(sample_image.read_bytes()[:900])
    Path("folder.png").mkdir()
    Path("bare.toml").write_text('extends = "joint"')
    Path("odd.toml").write_text('[[phases]]\naugment = ["contrst"]')
    Path("one.toml").write_text('[[phases]]\naugment = ["invert"]')
    before = sorted(tmp_path.iterdir())
    assert main(["preview", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert re.search(message, said.err)
    assert sorted(tmp_path.iterdir()) == before


def test_a_place_that_refuses_the_sheet_keeps_what_it_had(
    sample_image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    out = sample_image.with_name("sheet.png")
    out.write_bytes(b"before")
    monkeypatch.setattr(Path, "replace", refuse)
    assert main(["preview", str(sample_image), "--out", str(out), "--size", "16"]) == 2
    assert "--out to be a file that can be written" in capsys.readouterr().err
    assert out.read_bytes() == b"before"
    assert sorted(path.name for path in out.parent.iterdir()) == ["sheet.png", "small.png"]


def test_16_bits_and_transparency_are_shown_as_decoded() -> None:
    ramp = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 21
    grey = contact_sheet([Image.fromarray(ramp)], {"Some": [augment.Invert()]}, num=2, size=64)
    assert pieces(grey, np.repeat((ramp >> 8).astype(np.uint8)[..., None], 3, axis=-1)) == 1
    clear = Image.fromarray(np.dstack([np.asarray(opened(CHINA).resize((64, 48))), np.zeros((48, 64), np.uint8)]))
    sheet = contact_sheet([clear], {"Some": [augment.Invert()]}, num=2, size=64)
    assert pieces(sheet, np.zeros((48, 64, 3), np.uint8)) == 1  # white, inverted
