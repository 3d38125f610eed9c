"""Plain values written as TOML are read back as they were."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kerasae.recipe import toml
from kerasae.recipe.loading import builtin, load, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALAR = st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUE = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)


@given(VALUE)
def test_a_value_on_one_line(value: Any) -> None:
    text = f"value = {toml.inline(value)}"
    assert "\n" not in text
    assert tomllib.loads(text)["value"] == value


@given(st.dictionaries(TEXT, VALUE, max_size=4))
def test_a_document(tree: dict[str, Any]) -> None:
    assert tomllib.loads(toml.document(tree)) == tree


def test_every_recipe_is_the_same_when_it_is_written_and_read() -> None:
    for name in builtin():
        recipe = load(name)
        assert parse(tomllib.loads(toml.document(recipe.model_dump(mode="json", exclude_defaults=True)))) == recipe
