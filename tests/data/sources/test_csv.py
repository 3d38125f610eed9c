from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kerasae.data.sources.csv import open_csv
from kerasae.recipe import DataRecipe
from kerasae.runs.data_facts import BrokenFile
from kerasae.utils.errors import RequestError

MakeFolder = Callable[[dict[str, int]], Path]


@pytest.fixture
def table(make_folder: MakeFolder) -> Callable[[str], Path]:
    """Write a table beside the images a/0.png to a/3.png."""
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
        (
            "path,label\na/0.png,x\na/9.png,x\na/8.png,x\n",
            r"Received: 2 of 3; .*/a/9.png \(No such file.*/a/8.png \(No such",
        ),
        ("path,label,split\na/0.png,x,trainig\n", r"in line 2 of .* Received: 'trainig'. Did you mean 'training'"),
        ("path,label,split\na/0.png,x,\n", r"in line 2 of .* Received: ''"),
        ("path,label\na/0.png,x\na/1.png\n", r"every column in line 3 "),
        ("path,label\na/0.png,x,y\n", r"every column in line 2 "),
        ("path,label,split\na/0.png,x\n", r"every column in line 2 "),
        ("path,label\n,x\n", r"every column in line 2 .* no path"),
        (
            "path;lable\na/0.png;x\n",
            r"lacks the column 'label'.* Received: path,lable, separated by semicolons.* Did you",
        ),
        ("path\tclass\n", r"lacks the column 'label'.* separated by tabs"),
        ("path,label,label\na/0.png,x,y\n", r"the column 'label' once in .* Received: 2 times, path,label,label"),
        ("Path,path,label\na/0.png,x,y\n", r"the column 'path' once in "),
        ("path,label\nb/0.png,x\nb/1.png,x\n", r"2 of 2; .* no listed file exists, and paths are relative to "),
        ("path,label\na/0.png,\udcff\n", r"cannot be read as a table in UTF-8"),
        ('path,label\n"a/0.png,x\n', r"cannot be read as a table in UTF-8: unexpected end of data"),
    ],
)
def test_other_tables_are_refused(text: str, message: str, table: Callable[[str], Path]) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        open_csv(table(text), DataRecipe())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_as_spreadsheets_write_them(encoding: str, separator: str, table: Callable[[str], Path]) -> None:
    path = table("")
    rows = [["Path", " Label", "SPLIT", "", ""], ["a\\0.png", "Caf\u00e9", "Train", "", ""], [""] * 5]
    rows += [["a/1.png", "Cafe\u0301", "test", "", ""], [r"a\2.png", "x", "train", "", ""]]
    text = "\r\n".join([f"sep={separator}" * (encoding != "utf-16-be"), *(separator.join(row) for row in rows), ""])
    text = text.removeprefix("\r\n")
    path.write_bytes(("\ufeff" * (encoding == "utf-16-be") + text).encode(encoding))
    source = open_csv(path, DataRecipe())
    assert source.class_names == ("Caf\u00e9", "x")
    assert {split: part.labels.tolist() for split, part in source.parts.items()} == {"train": [0, 1], "test": [0]}


def test_a_file_whose_name_holds_a_backslash_comes_first(table: Callable[[str], Path]) -> None:
    path = table("path,label\na\\0.png,x\na/1.png,y\n")
    (path.parent / "a" / "2.png").rename(path.parent / "a\\0.png")
    train = open_csv(path, DataRecipe()).parts["train"]
    assert train.name(0) == str(path.parent / "a\\0.png")


def test_missing_files_are_set_aside_as_broken_ones_are(table: Callable[[str], Path]) -> None:
    path = table("path,label\na/0.png,x\na/1.png,y\na/2.png,y\na/9.png,z\n")
    source = open_csv(path, DataRecipe(max_broken_fraction=0.3))
    assert len(source.parts["train"]) == 3
    assert source.facts.quarantine == (BrokenFile(str(path.parent / "a/9.png"), "No such file or directory"),)
