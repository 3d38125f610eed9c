"""The contact sheet and its command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import augment
from augment.__main__ import main
from augment.preview import contact_sheet, every_transform

RECIPE = """
title = "not a transform"
[[phases]]
augment = [{ name = "invert" }, { name = "rotate", degrees_range = [-30, 30] }]
[[phases]]
augment = [{ name = "mix_up", alpha = 0.4 }]
"""


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "photograph.png"
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_a_sheet_has_the_picture_and_its_changes_side_by_side() -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8))
    sheet = contact_sheet([picture], [augment.Invert()], num=3, size=40)
    pixels = np.asarray(sheet)
    shown = [
        (name, left)
        for name, image in (("same", picture), ("inverted", ImageOps.invert(picture)))
        for left in range(sheet.width - 40)
        if (pixels[8:38, left : left + 40] == np.asarray(image)).all()
    ]
    # Inverting has no parameter, so that one changed picture is enough.
    assert [name for name, _ in shown] == ["same", "inverted"]


def test_every_transform_but_the_containers_is_shown_on_any_mode() -> None:
    shown = {item.name for item in every_transform()}
    assert {"contrast", "auto_augment", "mix_up", "cut_mix", "gaussian_noise"} <= shown
    assert not {"compose", "one_of"} & shown
    for mode in ("L", "RGBA", "P"):
        sheet = contact_sheet([Image.new(mode, (9, 7)), Image.new("RGB", (7, 9))], every_transform(), num=2, size=16)
        assert sheet.mode == "RGB"


def test_the_command_writes_a_sheet_of_all_or_of_a_recipe(photograph: Path, tmp_path: Path) -> None:
    everything, some = tmp_path / "all.png", tmp_path / "some.png"
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    size = ["--columns", "2", "--size", "16"]
    assert main(["preview", str(photograph), "--out", str(everything), *size]) == 0
    assert main(["preview", str(photograph), "--out", str(some), "--recipe", str(recipe), *size]) == 0
    with Image.open(some) as few, Image.open(everything) as all_of_them:
        assert few.width == all_of_them.width
        assert few.height < all_of_them.height


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["missing.png", "--out", "sheet.png"], "missing.png"),
        (["{photograph}", "--out", "{folder}/sheet.nothing"], "unknown file extension"),
        (["{photograph}", "--out", "{folder}/s.png", "--recipe", "{photograph}"], "augment:"),
        (["{photograph}", "--out", "{folder}/s.png", "--recipe", "{folder}/empty.toml"], "a list `augment`"),
        (["{photograph}", "--out", "{folder}/s.png", "--recipe", "{folder}/wrong.toml"], "Did you mean 'invert'"),
        (["{photograph}", "--out", "{folder}/s.png", "--recipe", "{folder}/broken.toml"], "a TOML file"),
        (["{photograph}", "--out", "{folder}/s.png", "--columns", "0"], "--columns of at least 1"),
    ],
)
def test_a_wrong_request_is_one_line_and_code_2(
    options: list[str], message: str, photograph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.toml").write_text("title = 'none'")
    (tmp_path / "wrong.toml").write_text("augment = [{ name = 'inver' }]")
    (tmp_path / "broken.toml").write_text("augment = [")
    filled = [option.format(photograph=photograph, folder=tmp_path) for option in options]
    assert main(["preview", *filled]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("s*.png"))
