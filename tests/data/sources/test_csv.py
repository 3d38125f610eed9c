from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kerasae.data.sources.csv import open_csv
from kerasae.errors import RequestError
from kerasae.recipe import DataRecipe

MakeFolder = Callable[[dict[str, int]], Path]


@pytest.fixture
def table(make_folder: MakeFolder) -> Callable[[str], Path]:
    """Write a table beside the pictures a/0.png to a/3.png."""
    root = make_folder({"a": 4})

    def write(text: str) -> Path:
        (root / "table.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
        return root / "table.csv"

    return write


def test_paths_are_relative_and_labels_may_be_missing(table: Callable[[str], Path]) -> None:
    path = table('\ufeffpath, label,note\r\na/3.png,dog,x\na/1.png,cat 10,\na/2.png, ,\n"a/0.png",cat 2,\n')
    source = open_csv(path, DataRecipe())
    assert source.class_names == ("cat 2", "cat 10", "dog")
    train = source.parts["train"]
    assert [train.name(index) for index in range(4)] == [
        str(path.parent / f"a/{number}.png") for number in (3, 1, 2, 0)
    ]
    assert train.labels.tolist() == [2, 1, -1, 0]
    assert list(source.parts) == ["train"]


def test_splits_and_absolute_paths(table: Callable[[str], Path]) -> None:
    root = table("").parent
    text = f"path,label,split\na/0.png,x,train\na/1.png,y,val\n{root}/a/2.png,x,validation\na/3.png,y,Test\n"
    source = open_csv(table(text), DataRecipe())
    assert {split: part.labels.tolist() for split, part in source.parts.items()} == {
        "train": [0],
        "validation": [1, 0],
        "test": [1],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"lacks the column 'path'.* Received: an empty file"),
        ("file,label\na/0.png,x\n", r"lacks the column 'path'.* Received: file,label"),
        ("path,lable\na/0.png,x\n", r"lacks the column 'label'.* Did you mean 'lable'"),
        ("path,label\n", r"a header without rows"),
        ("path,label\na/0.png,x\na/9.png,x\na/8.png,x\n", r"Received: 2 of 3 that are not there, the first .*/a/9.png"),
        ("path,label,split\na/0.png,x,trainig\n", r"in line 2 of .* Received: 'trainig'. Did you mean 'training'"),
        ("path,label,split\na/0.png,x,\n", r"in line 2 of .* Received: ''"),
        ("path,label\na/0.png,x\na/1.png\n", r"every column in line 3 "),
        ("path,label\na/0.png,x,y\n", r"every column in line 2 "),
        ("path,label,split\na/0.png,x\n", r"every column in line 2 "),
        ("path,label\n,x\n", r"every column in line 2 .* no path"),
        ("path,label\na/0.png,\udcff\n", r"cannot be read as a table in UTF-8"),
        ('path,label\n"a/0.png,x\n', r"cannot be read as a table in UTF-8: unexpected end of data"),
    ],
)
def test_other_tables_are_refused(text: str, message: str, table: Callable[[str], Path]) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        open_csv(table(text), DataRecipe())
    assert "\n" not in str(caught.value)
