import json

import pytest

from benchmarks.generation import __main__ as generation
from benchmarks.pages import filled
from kerasae.recipe.loading import load
from kerasae.recipe.results import experiment

KEPT = sorted(generation.KEPT.glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_is_kept_is_of_its_recipe_as_it_stands(path) -> None:
    kept = json.loads(path.read_text())
    assert path.stem == kept["recipe"].replace("/", "-")
    source = f"data.source={kept['settings']['data']['source']}"
    assert kept["settings"] == experiment(load(kept["recipe"], [*kept["overrides"], source])), (
        "measure it again: python -m benchmarks.generation keep RUN RECIPE"
    )


def test_the_page_holds_what_is_kept() -> None:
    text = generation.PAGE.read_text()
    assert filled(text, generation.table) == text, "run: python -m benchmarks.generation tables"
    for path in KEPT:
        assert f"kerasae train {json.loads(path.read_text())['recipe']} " in text
