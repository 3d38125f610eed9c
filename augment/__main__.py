"""The command line: `python -m augment preview IMAGE... --out sheet.png`."""

from __future__ import annotations

import argparse
import io
import os
import sys
import tomllib
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from augment import checks
from augment.preview import Item, contact_sheet, every_transform
from augment.spec import build


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one line on stderr about a wrong request."""
    parser = argparse.ArgumentParser(prog="python -m augment", description="Pillow's augmentations, bit for bit.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="preview")
    preview = verbs.add_parser("preview", help="draw what each transform does to images, over its range")
    preview.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="images of any format Pillow reads")
    preview.add_argument("--out", type=Path, required=True, help="the sheet to write, such as sheet.png")
    preview.add_argument("--recipe", type=Path, help="a TOML file: show what its phases do to images, and no more")
    preview.add_argument("--columns", type=int, default=7, help="changed images a line, 2 to 20 (default 7)")
    preview.add_argument("--size", type=int, default=112, help="longer side of an image, 16 to 1024 (default 112)")
    options = parser.parse_args(arguments)
    try:
        num = checks.integer("preview", "--columns", options.columns, 2, 20)
        size = checks.integer("preview", "--size", options.size, 16, 1024)
        kind = _format(options.out)
        sections = every_transform() if options.recipe is None else _from_recipe(options.recipe)
        sample_images = [_opened(path) for path in options.images]
        _write(contact_sheet(sample_images, sections, num=num, size=size), options.out, kind)
    except (ValueError, TypeError) as error:
        print(f"augment: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(options.out)
    return 0


def _opened(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return ImageOps.exif_transpose(image)
    except Exception as error:  # of a broken file Pillow's decoders raise SyntaxError, struct.error and others
        raise ValueError(f"Expected IMAGE to be an image that Pillow can read. Received: {path}: {error}") from None


def _format(out: Path) -> str:
    """Return Pillow's format for the sheet, known by the suffix of `out`, or raise ValueError."""
    kind = Image.registered_extensions().get(out.suffix.lower())
    if kind not in ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PDF"):
        raise ValueError(f"Expected --out to end in .png, .jpg, .webp, .tiff, .bmp or .pdf. Received: {out}")
    if not out.parent.is_dir() or out.is_dir():
        raise ValueError(f"Expected --out to be a file in a folder that exists. Received: {out}")
    return kind


def _write(sheet: Image.Image, out: Path, kind: str) -> None:
    """Write the sheet completely or not at all."""
    encoded = io.BytesIO()
    try:
        sheet.save(encoded, kind, optimize=True)
    except (OSError, ValueError) as error:  # such as a side beyond what the format can hold
        raise ValueError(f"Expected a smaller sheet, or --out of another format. Received: {out}: {error}") from None
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        beside.write_bytes(encoded.getvalue())
        beside.replace(out)
    except OSError as error:
        raise ValueError(f"Expected --out to be a file that can be written. Received: {out}: {error}") from None
    finally:
        beside.unlink(missing_ok=True)


def _from_recipe(path: Path) -> dict[str, list[Item]]:
    """Return the transforms of a recipe's phases, by phase name."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"Expected --recipe to be a file that can be read. Received: {path}: {error}") from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise ValueError(f"Expected --recipe to be a TOML file. Received: {path}: {error}") from None
    sections: dict[str, list[Item]] = {}
    for index, phase in _numbered(tables.get("phases")):
        table = phase if isinstance(phase, dict) else {}
        before, after = (
            specs if isinstance(specs := table.get(key, []), list) else [] for key in ("augment", "corrupt")
        )
        specs = [*before, *([table["mix"]] if table.get("mix", "none") != "none" else []), *after]
        if specs:
            title = f"Phase {index}: {table['name']}" if "name" in table else f"Phase {index}"
            sections[title] = [build(_table(spec)) for spec in specs]
    if not sections:
        raise ValueError(
            "Expected a recipe with a phase that has a list `augment` or `corrupt` of transforms, or `mix`; a recipe "
            f"that only extends another has none of its own. Received: {path}"
        )
    return sections


def _numbered(phases: Any) -> Iterable[tuple[Any, Any]]:
    """Return the phases, which are a list, or a table by number where a recipe changes another one."""
    if isinstance(phases, dict):
        return phases.items()
    return enumerate(phases) if isinstance(phases, list) else ()


def _table(spec: Any) -> Any:
    return {"name": spec} if isinstance(spec, str) else spec


if __name__ == "__main__":
    sys.exit(main())
