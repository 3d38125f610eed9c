"""An `.npz` file of arrays; never unpickled."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Literal

import numpy as np

from kerasae.data.sources.arrays import Arrays, from_arrays
from kerasae.data.sources.folder_names import composed
from kerasae.data.sources.source import SPLITS, Source, Split
from kerasae.data.value_range import setting
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_REQUIRED = ("x_train", "y_train", "x_test", "y_test")
_KNOWN = (*_REQUIRED, "x_validation", "y_validation", "x_unlabeled", "class_names")
# The names in the files of MedMNIST (J. Yang et al., Scientific Data 2023).
_MEDMNIST = {
    "train_images": "x_train",
    "train_labels": "y_train",
    "val_images": "x_validation",
    "val_labels": "y_validation",
    "test_images": "x_test",
    "test_labels": "y_test",
}


def open_npz(
    path: Path, class_names: Sequence[str] = (), value_range: Literal["auto"] | Sequence[float] = "auto"
) -> Source:
    """Read x_train, y_train, x_test, y_test, and optionally x_validation, y_validation, x_unlabeled, class_names.

    MedMNIST's names, train_images to test_labels, are read too.

    Args:
        path: the file.
        class_names: the recipe's, for a file without any.
        value_range: the recipe's `data.range`.

    Raises:
        RequestError: the file is not an npz file, lacks an array, or holds pickled objects or arrays of another kind.
    """
    if not zipfile.is_zipfile(path):
        raise RequestError(
            "data.source",
            expected="an npz file",
            received=f"{path}, which is not one",
            fix="write it with numpy.savez_compressed",
        )
    try:
        with np.load(path, allow_pickle=False) as stored:
            names = _names(path, stored.files)
            arrays = {name: _read(stored, stored_name, path) for name, stored_name in names.items() if name in _KNOWN}
    except (OSError, zipfile.BadZipFile) as error:
        raise RequestError(
            "data.source", expected="an npz file", received=f"{path}, which cannot be read: {error}"
        ) from None
    by_split: dict[Split, Arrays] = {
        split: (arrays[f"x_{split}"], arrays[f"y_{split}"]) for split in SPLITS if f"x_{split}" in arrays
    }
    return from_arrays(
        by_split,
        _class_names(path, arrays) or tuple(class_names) or None,
        str(path),
        arrays.get("x_unlabeled"),
        names,
        setting(value_range),
    )


def _names(path: Path, stored_names: list[str]) -> dict[str, str]:
    """Return the stored name of each array by its name here."""
    repeated = next((name for name in stored_names if stored_names.count(name) > 1), None)
    if repeated is not None:
        raise RequestError(
            "data.source",
            expected=f"every array once in {path}",
            received=f"{repeated} {stored_names.count(repeated)} times",
            fix="write it with numpy.savez_compressed",
        )
    of_medmnist = not set(_REQUIRED) & set(stored_names) and "train_images" in stored_names
    names = {_MEDMNIST.get(name, name) if of_medmnist else name: name for name in stored_names}
    _check_names(path, list(names))
    return names


def _check_names(path: Path, stored_names: list[str]) -> None:
    missing = [name for name in _REQUIRED if name not in stored_names]
    if ("x_validation" in stored_names) != ("y_validation" in stored_names):
        missing += [name for name in ("x_validation", "y_validation") if name not in stored_names]
    if missing:
        raise RequestError(
            "data.source",
            expected=f"the arrays {', '.join(_REQUIRED)} in {path}, which lacks {', '.join(missing)}",
            received=f"{', '.join(sorted(stored_names)) or 'none'}.{nearest(missing[0], stored_names)}",
        )


def _read(stored: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    try:
        array = stored[name]
    except (ValueError, EOFError, OSError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        if "allow_pickle" in str(error):
            raise RequestError(
                f"{path}: {name}",
                expected="an array of numbers",
                received="pickled objects, which are never unpickled because that can run code",
                fix="save it again with one shape and a plain dtype",
            ) from None
        raise RequestError(
            f"{path}: {name}", expected="an array that can be read", received=f"one that cannot be read: {error}"
        ) from None
    if not isinstance(array, np.ndarray):
        raise RequestError(f"{path}: {name}", expected="an array", received="a member of another kind")
    return array


def _class_names(path: Path, arrays: dict[str, np.ndarray]) -> tuple[str, ...] | None:
    if "class_names" not in arrays:
        return None
    names = arrays["class_names"]
    if names.ndim != 1 or names.dtype.kind != "U":
        raise RequestError(
            f"{path}: class_names", expected="strings (n,)", received=f"{names.dtype}, shape {names.shape}"
        )
    return tuple(composed(str(name)) for name in names)
