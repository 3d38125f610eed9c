"""A table of pictures: a `.csv` with the columns path, label and, if wanted, split."""

from __future__ import annotations

import csv
from pathlib import Path

from kerasae.data.sources.files import Entry, from_files
from kerasae.data.sources.source import SPLIT_NAMES, Source
from kerasae.errors import RequestError, nearest
from kerasae.recipe import DataRecipe


def open_csv(path: Path, recipe: DataRecipe) -> Source:
    """Read a table; paths are relative to it, an empty label means unlabelled, without `split` all are for training.

    Raises:
        RequestError: the table cannot be read, lacks a column, names files that are not there or an unknown split.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            columns = [column.strip() for column in reader.fieldnames or []]
            for column in ("path", "label"):
                if column not in columns:
                    raise RequestError(
                        f"data.source: {path} lacks the column {column!r}; expected the header path,label or "
                        f"path,label,split. Received: {','.join(columns) or 'an empty file'}.{nearest(column, columns)}"
                    )
            reader.fieldnames = columns
            entries = [_entry(row, path, reader.line_num) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"data.source: {path} cannot be read as a table in UTF-8: {error}") from None
    if not entries:
        raise RequestError(f"data.source: expected pictures in {path}. Received: a header without rows")
    missing = [entry.path for entry in entries if not Path(entry.path).exists()]
    if missing:
        raise RequestError(
            f"data.source: expected every file that {path} names, relative to it. Received: {len(missing)} of "
            f"{len(entries)} that are not there, the first {missing[0]}"
        )
    return from_files(path, entries, (entry.label for entry in entries if entry.label), recipe, {})


def _entry(row: dict[str, str | None], path: Path, line: int) -> Entry:
    name, label, split = (row.get(column) for column in ("path", "label", "split"))
    if None in row or name is None or label is None or not name.strip() or (split is None and "split" in row):
        raise RequestError(
            f"data.source: expected a value for every column in line {line} of {path}. Received: too few, too many or "
            "no path"
        )
    known = (split if split is not None else "train").strip().lower()
    if known not in SPLIT_NAMES:
        raise RequestError(
            f"data.source: expected a split of {', '.join(SPLIT_NAMES)} in line {line} of {path}. "
            f"Received: {split!r}.{nearest(known, SPLIT_NAMES)}"
        )
    return Entry(str(path.parent / name.strip()), label.strip() or None, SPLIT_NAMES[known])
