from __future__ import annotations

from kerasae.data.sources.naming import natural


def test_numbers_sort_by_value_and_letters_without_case() -> None:
    names = ["C10", "c2b", "B", "é", "10", "c2", "٣", "2", "a", "c1", "1"]
    assert sorted(names, key=natural) == ["1", "2", "10", "a", "B", "c1", "c2", "c2b", "C10", "é", "٣"]


def test_different_names_never_tie() -> None:
    assert natural("a01") != natural("a1")
    assert natural("A") != natural("a")
