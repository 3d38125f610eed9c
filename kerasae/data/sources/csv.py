"""A table of images: a `.csv` or `.tsv` with the columns path, label and, if wanted, split."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.data.sources.files import Entry, from_files
from kerasae.data.sources.source import SPLIT_NAMES, Source
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kerasae.recipe import DataRecipe

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_REQUIRED = ("path", "label")
_COLUMNS = (*_REQUIRED, "split")


def open_csv(path: Path, recipe: DataRecipe) -> Source:
    """Open a table of images.

    Paths are relative to the table. An empty label means unlabelled. Without the column `split`, all images are for
    training. Tables of spreadsheets are read too: separated by semicolons or tabs, in UTF-16 with a byte order mark,
    with column names in capitals and `\\` in paths. Missing files count as broken.

    Raises:
        RequestError: the table cannot be read, lacks a column or has one twice, or names an unknown split.
    """
    try:
        text = _text(path)
        names, lines = _header(text, path)
        entries = list(_entries(names, lines, path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RequestError(
            "data.source",
            expected="a table in UTF-8",
            received=f"{path}, which cannot be read as a table in UTF-8: {error}",
            fix="save it as CSV in UTF-8",
        ) from None
    if not entries:
        raise RequestError("data.source", expected=f"images in {path}", received="a header without rows")
    try:
        return from_files(path, entries, (entry.label for entry in entries if entry.label), recipe)
    except RequestError as error:
        if any(Path(entry.path).exists() for entry in entries):
            raise
        raise error.with_fix(f"no listed file exists, and paths are relative to {path.parent}") from None


def _text(path: Path) -> str:
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if marked else "utf-8-sig")


def _header(text: str, path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Return the column names, and the rows with their line numbers, by the separator of the header."""
    first, *rest = re.split("\r\n|\r|\n", text, maxsplit=1)
    skipped = int(
        re.fullmatch(r"sep=.", first, re.IGNORECASE) is not None and bool(rest)
    )  # a line that only Excel reads
    text = rest[0] if skipped else text
    header = re.split("\r\n|\r|\n", text, maxsplit=1)[0]
    # The separator that gives both columns, or else the most frequent one in the header.
    separator = next((mark for mark in _SEPARATORS if set(_REQUIRED) <= set(_names(header, mark))), None)
    if separator is None:
        separator = max(_SEPARATORS, key=header.count)
        names = _names(header, separator)
        lacking = next(column for column in _REQUIRED if column not in names)
        by = "" if separator == "," else f", separated by {_SEPARATORS[separator]}"
        raise RequestError(
            "data.source",
            expected=f"the header path,label or path,label,split in {path}, which lacks the column {lacking!r}",
            received=f"{','.join(names).strip() or 'an empty file'}{by}.{nearest(lacking, names)}",
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    names = [name.strip().casefold() for name in next(reader)]
    repeated = [column for column in _COLUMNS if names.count(column) > 1]
    if repeated:
        raise RequestError(
            "data.source",
            expected=f"the column {repeated[0]!r} once in {path}",
            received=f"{names.count(repeated[0])} times, {','.join(names)}",
            fix="remove or rename all but one",
        )
    return names, ((skipped + reader.line_num, row) for row in reader)


def _names(header: str, separator: str) -> list[str]:
    try:
        return [name.strip().casefold() for name in next(csv.reader([header], delimiter=separator), [])]
    except csv.Error:
        return []


def _entries(names: list[str], lines: Iterator[tuple[int, list[str]]], path: Path) -> Iterator[Entry]:
    for line, row in lines:
        if any(value.strip() for value in row):  # spreadsheets write empty rows of separators alone
            yield _entry(names, row, path, line)


def _entry(names: list[str], row: list[str], path: Path, line: int) -> Entry:
    values = dict(zip(names, row, strict=False))
    needed = {column for column in _COLUMNS if column in names}
    if len(row) > len(names) or not needed <= set(values) or not values["path"].strip():
        raise RequestError(
            "data.source",
            expected=f"a value for every column in line {line} of {path}",
            received="too few, too many or no path",
        )
    split = values.get("split", "train")
    known = split.strip().lower()
    if known not in SPLIT_NAMES:
        raise RequestError(
            "data.source",
            expected=f"a split of {', '.join(SPLIT_NAMES)} in line {line} of {path}",
            received=f"{split!r}.{nearest(known, SPLIT_NAMES)}",
        )
    return Entry(_located(path.parent, values["path"].strip()), values["label"].strip() or None, SPLIT_NAMES[known])


def _located(folder: Path, name: str) -> str:
    """Return the path of a file; `\\` is read as `/` if only that file exists."""
    path = folder / name
    if "\\" in name and not path.exists():
        from_windows = folder / name.replace("\\", "/")
        path = from_windows if from_windows.exists() else path
    return str(path)
