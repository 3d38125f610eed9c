"""Reads the tensors of a PyTorch checkpoint of the form before version 1.6, without PyTorch.

Such a file is three small pickles (a magic number, a protocol version, facts of the machine), the pickled tensors,
which name their storages, the pickled order of the storages, and then each storage: its length and its raw values.
"""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION = 1001
_STORAGES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype
    size: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _TensorsOnlyUnpickler(pickle.Unpickler):
    """Reads nested plain values and tensors; any other class or function is an error, and nothing is run."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in _STORAGES:
            return name
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, identity: Any) -> _Storage:
        match identity:
            case ("storage", str() as kind, str() as key, str(), int() as size, None) if kind in _STORAGES:
                return _Storage(key, _STORAGES[kind], size)
        raise pickle.UnpicklingError(f"a storage {identity!r}")


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _Tensor:
    """Stand for `torch._utils._rebuild_tensor_v2`, whose further arguments concern gradients."""
    return _Tensor(storage, offset, shape, strides)


def read_torch_checkpoint(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a checkpoint by name: float32 or int64, in memory of their own.

    Args:
        path: a `.pth` file that holds a flat dictionary of tensors.

    Raises:
        RequestError: the file is damaged, of another form, or holds anything but tensors; nothing in it has been run.
    """
    expected = "a PyTorch checkpoint of the form before version 1.6 that holds tensors alone"
    try:
        with path.open("rb") as file:
            return _read(file)
    except OSError as error:
        raise RequestError("weights", expected=expected, received=f"{path}: {error.strerror}") from None
    except pickle.UnpicklingError as error:
        raise RequestError(
            "weights", expected=expected, received=f"{path}, which holds {error}", fix="give another file"
        ) from None
    except (ValueError, TypeError, EOFError, AttributeError, IndexError, KeyError, MemoryError) as error:
        raise RequestError(
            "weights", expected=expected, received=f"{path}, which is damaged or of another form ({error})"
        ) from None


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    if _unpickled(file) != _MAGIC_NUMBER or _unpickled(file) != _PROTOCOL_VERSION:
        raise ValueError("no magic number")
    if not _unpickled(file).get("little_endian"):
        raise ValueError("not little-endian")
    tensors, keys = _unpickled(file), _unpickled(file)
    if not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
        raise pickle.UnpicklingError("values that are not tensors")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    values = {key: _values(file, storages[key]) for key in keys}
    return {str(name): _strided(values[tensor.storage.key], tensor) for name, tensor in tensors.items()}


def _unpickled(file: BinaryIO) -> Any:
    return _TensorsOnlyUnpickler(file).load()


def _values(file: BinaryIO, storage: _Storage) -> np.ndarray:
    """Read the values of the next storage of a file."""
    size, num_bytes = int.from_bytes(file.read(8), "little"), storage.size * storage.dtype.itemsize
    left = os.fstat(file.fileno()).st_size - file.tell()
    if size != storage.size or not 0 <= num_bytes <= left:
        raise ValueError(f"storage {storage.key} has another length")
    return np.frombuffer(file.read(num_bytes), storage.dtype)


def _strided(values: np.ndarray, tensor: _Tensor) -> np.ndarray:
    """Return a tensor of a storage; its values need not lie there in order."""
    shape, strides, offset = tensor.shape, tensor.strides, tensor.offset
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    num_values = 1
    for size in shape:
        num_values *= size
    if min((offset, *shape, *strides)) < 0 or num_values > len(values) or (num_values and last >= len(values)):
        raise ValueError("a tensor beyond its storage")
    view = np.lib.stride_tricks.as_strided(
        values[offset:], shape, [stride * values.itemsize for stride in strides], writeable=False
    )
    return np.array(view, order="C")
