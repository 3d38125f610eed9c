"""The page about augment: its code runs, its table is complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

import augment

PAGE = (Path(__file__).parents[2] / "docs" / "augment.md").read_text(encoding="utf-8")


def test_the_code_of_the_page_runs_and_does_what_it_says() -> None:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/augment.md", "exec"), names)
    np.testing.assert_array_equal(np.concatenate(list(names["changed"].as_numpy_iterator())), names["same"])
    blurred = np.concatenate(list(names["blurred"].as_numpy_iterator()))
    expected = augment.apply(names["images"], names["transforms"], seed=1, engine="pil")
    np.testing.assert_array_equal(blurred, expected)
    images, rows = next(names["mixed"].as_numpy_iterator())
    assert images.shape == (16, 32, 32, 3)
    np.testing.assert_allclose(rows.sum(1), 1.0, atol=1e-6)  # two float32 shares


def test_every_class_is_on_the_page() -> None:
    for name in augment.names():
        cls = augment.registry.lookup(name)
        if cls.__module__.startswith("augment."):
            assert re.search(rf"\b{cls.__name__}\b", PAGE), cls.__name__
