from __future__ import annotations

import pytest

from kerasae.data.similar_names import find_similar


@pytest.mark.parametrize(
    "names",
    [
        ("cat", "Cat"),
        ("cat", "cats"),
        ("ice cream", "ice-cream"),
        ("T-shirt", "tshirts"),
        ("Caf\u00e9", "cafe"),
        ("class 1", "class1"),
        ("class 1", "class 01"),
    ],
)
def test_near_names_are_asked_about(names: tuple[str, str]) -> None:
    doubt = str(find_similar((*names, "dog")))
    assert f"Received: {names[0]!r} and {names[1]!r}; join or rename" in doubt
    assert f"data.class_names={[*names, 'dog']!r}" in doubt


@pytest.mark.parametrize(
    "names",
    [
        ("A", "a"),
        ("1", "10", "100"),
        ("size 1-2", "size 12"),
        ("1.5", "15"),
        ("C", "C++", "C#"),
        ("glass", "glas"),
        ("bus", "bu"),
        ("-1", "1"),
        ("with_mask", "without_mask"),
    ],
)
def test_other_names_are_not(names: tuple[str, ...]) -> None:
    assert find_similar(names) is None


def test_many_classes_are_not_all_repeated() -> None:
    doubt = str(find_similar([*(f"class {index}" for index in range(30)), "cat", "Cat", "cats"]))
    assert doubt.endswith("data.class_names")
    assert "'cat' and 'Cat' and 'cats'" in doubt
