import pytest

from kerasae.utils.formatting import FORMATS, flat, plain, spec


@pytest.mark.parametrize(
    ("style", "value", "text"),
    [
        ("percent", 0.97812, "97.8%"),
        ("percent", 0.99961, ">99.9%"),
        ("percent", 1.0, "100.0%"),
        ("small", 0.00768, "0.0077"),
        ("small", 0.000123, "1.23e-04"),
        ("count", 12443, "12,443"),
        ("large", 329_787, "329,787"),
        ("large", 2_345_678, "2.35 M"),
        ("rate", 1483.2, "1,483"),
        ("rate", 0.37, "0.37"),
        ("seconds", 0.25, "250 ms"),
        ("seconds", 90.0, "90.0 s"),
        ("seconds", 600.0, "10.0 min"),
        ("seconds", 9000.0, "2.5 h"),
    ],
)
def test_numbers_in_words(style, value, text):
    assert FORMATS[style](value) == text


def test_a_tree_becomes_dotted_rows():
    tree = {"a": {"b": [1, 2], "c": None}, "d": [{"e": True}, {"e": 0.5}], "f": {}}
    assert list(flat(tree)) == [
        ("a.b", "1, 2"),
        ("a.c", "none"),
        ("d.0.e", "yes"),
        ("d.1.e", "0.5"),
        ("f", "none"),
    ]


def test_specs_name_their_options():
    assert spec({"name": "sgd", "momentum": 0.9, "nesterov": True}) == "sgd (momentum 0.9, nesterov yes)"
    assert spec({"name": "adam"}) == spec("adam") == "adam"
    assert plain(12345) == "12,345"
