"""The command line: `python -m augment preview IMAGE... --out sheet.png`."""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from augment.preview import contact_sheet, every_transform
from augment.spec import build


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one line on stderr that says what was wrong with the request."""
    parser = argparse.ArgumentParser(prog="python -m augment", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    preview = verbs.add_parser("preview", help="draw what each transform does to pictures, over its range")
    preview.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    preview.add_argument("--out", type=Path, required=True, help="the sheet to write, such as sheet.png")
    preview.add_argument("--recipe", type=Path, help="a TOML file: show the transforms of its `augment` lists only")
    preview.add_argument("--columns", type=int, default=7, help="changed pictures a line (default 7)")
    preview.add_argument("--size", type=int, default=112, help="longer side of a picture in pixels (default 112)")
    options = parser.parse_args(arguments)
    try:
        if options.columns < 1 or options.size < 8:
            raise ValueError(
                "Expected --columns of at least 1 and --size of at least 8. "
                f"Received: {options.columns}, {options.size}"
            )
        items = every_transform() if options.recipe is None else _from_recipe(options.recipe)
        pictures = [_opened(path) for path in options.images]
        contact_sheet(pictures, items, num=options.columns, size=options.size).save(options.out)
    except (OSError, ValueError, TypeError) as error:
        print(f"augment: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(options.out)
    return 0


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return ImageOps.exif_transpose(image)


def _from_recipe(path: Path) -> list[Any]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"Expected a TOML file. Received: {path}: {error}") from None
    found = [build(spec) for spec in _lists(tables)]
    if not found:
        raise ValueError(f"Expected a list `augment` of tables with a `name` in the recipe. Received: {path}")
    return found


def _lists(value: Any) -> list[Any]:
    """Return the items of every list named `augment`, at whatever depth."""
    if isinstance(value, list):
        return [spec for item in value for spec in _lists(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("augment", [])
    return (own if isinstance(own, list) else []) + [
        spec for name, item in value.items() if name != "augment" for spec in _lists(item)
    ]


if __name__ == "__main__":
    sys.exit(main())
