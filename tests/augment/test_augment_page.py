"""docs/augment.md: its examples run, its table is complete."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from augment_catalogue import sample_images
from PIL import Image, ImageFilter

import augment

PAGE = (Path(__file__).parents[2] / "docs" / "augment.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("| ").split("|")] for line in PAGE.splitlines() if line.startswith("| `")]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the page's Python examples define, run one after the other."""
    defined: dict[str, Any] = {"__name__": "page"}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, defined)
    return defined


def test_the_pages_transform_runs_by_its_name_inside_a_graph(names: dict[str, Any]) -> None:
    images = sample_images((5, 14, 18, 3))
    [blur] = augment.from_spec([{"name": "blur", "radius_range": [1.5, 1.5]}])
    assert isinstance(blur, names["Blur"])

    @tf.function
    def graph(engine: Any) -> Any:
        return augment.augment_batch(tf.constant(images), [blur], seed=1, positions=tf.range(5), engine=engine)

    for engine in ("native", "pil"):
        changed = graph(engine).numpy()
        for before, after in zip(images, changed, strict=True):
            expected = Image.fromarray(before).filter(ImageFilter.GaussianBlur(1.5))
            np.testing.assert_array_equal(after, np.asarray(expected))
    assert augment.to_spec([blur]) == [{"name": "blur", "radius_range": [1.5, 1.5], "probability": 1.0}]


def test_the_pages_examples_do_something(names: dict[str, Any]) -> None:
    assert (names["changed"] != names["images"]).any((1, 2, 3)).all()
    assert (names["blurred"] != names["images"]).any((1, 2, 3)).all()
    images, rows = next(names["mixed"].as_numpy_iterator())
    assert images.shape == (25, 32, 32, 3)
    assert ((rows > 0).sum(1) == 2).any()


def test_the_table_lists_every_transform_and_its_arguments() -> None:
    described = {}
    for row in ROWS:
        for name in re.findall(r"`(\w+)`", row[0]):
            described[name] = row
    ours = {name for name in augment.names() if augment.registry.lookup(name).__module__.startswith("augment.")}
    assert set(described) == ours
    for name, row in described.items():
        cls = augment.registry.lookup(name)
        assert f"`{cls.__name__}`" in row[1]
        assert set(re.findall(r"`(\w+)`", row[2])) == set(inspect.signature(cls).parameters) - {"probability"}
        for argument, parameter in inspect.signature(cls).parameters.items():
            if argument.endswith("_range"):
                assert "(({:g}, {:g})".format(*parameter.default) in row[2], name


def test_the_recipe_on_the_page_is_one() -> None:
    [block] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert [item.name for item in augment.from_spec(tomllib.loads(block)["augment"])] == ["contrast", "one_of"]


def test_the_preview_on_the_page_is_there() -> None:
    with Image.open(Path(__file__).parents[2] / "docs" / "augment-preview.png") as sheet:
        assert sheet.width > 800
