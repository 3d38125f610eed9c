import json

import pytest

from benchmarks import generation
from kerasae.recipe_file import load
from kerasae.results import experiment

KEPT = sorted(generation.KEPT.glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_is_kept_is_of_its_recipe_as_it_stands(path) -> None:
    kept = json.loads(path.read_text())
    assert path.stem == kept["recipe"].replace("/", "-")
    assert kept["settings"] == experiment(load(kept["recipe"], [*kept["overrides"], "data.source=mnist"])), (
        "measure it again: python benchmarks/generation.py keep RUN RECIPE"
    )


def test_the_page_holds_what_is_kept() -> None:
    text = generation.PAGE.read_text()
    assert generation.filled(text) == text, "run: python benchmarks/generation.py"
    for path in KEPT:
        assert f"kerasae train {json.loads(path.read_text())['recipe']} " in text
