import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.cbook import is_math_text

from kerasae.report.style import drawable, ink_on


@given(st.text(max_size=60), st.integers(4, 30))
def test_any_text_becomes_one_short_line_without_math(text, length):
    safe = drawable(text, length)
    assert not is_math_text(safe)
    assert len(safe.replace(r"\$", "$")) <= length
    assert "\n" not in safe
    assert safe.isprintable()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain", "plain"),
        ("$x^2$", r"\$x^2\$"),
        ("two\nlines\tand\x00more", "two lines and more"),
        ("0123456789abcdef", "012345…ef"),
        ("a\U000f0000b", "a b"),  # of private use, with no meaning to draw
        ("a\U00013000", "a□"),  # a hieroglyph that no font of ours has
    ],
)
def test_drawable_examples(text, safe):
    assert drawable(text, 10 if len(text) < 12 else 9 if "…" in safe else 40) == safe


def test_ink_reads_on_light_and_dark():
    assert ink_on((1.0, 1.0, 0.8)) != "white"
    assert ink_on((0.0, 0.1, 0.3, 1.0)) == "white"
