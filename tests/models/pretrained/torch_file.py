"""Writes checkpoints of PyTorch's old form without PyTorch."""

from __future__ import annotations

import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

MAGIC_NUMBER, PROTOCOL_VERSION = 0x1950A86A20F9469CFC6C, 1001
KINDS = {np.dtype("float32"): "FloatStorage", np.dtype("int64"): "LongStorage"}


class Storage:
    def __init__(self, key: str, values: np.ndarray) -> None:
        self.key, self.values = key, values


class Tensor:
    def __init__(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self) -> tuple[Any, tuple]:
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class _Pickler(pickle.Pickler):
    def persistent_id(self, value: object) -> object:
        if not isinstance(value, Storage):
            return None
        kind = getattr(sys.modules["torch"], KINDS[value.values.dtype])
        return ("storage", kind, value.key, "cpu", len(value.values), None)


def _fake_torch() -> dict[str, types.ModuleType]:
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in KINDS.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2(*arguments: object) -> None: ...

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    return {"torch": torch, "torch._utils": utils}


def contiguous(key: str, values: np.ndarray) -> Tensor:
    strides = tuple(stride // values.itemsize for stride in values.strides)
    return Tensor(Storage(key, np.ascontiguousarray(values).ravel()), 0, values.shape, strides)


def write(path: Path, entries: Mapping[str, object], cut: int = 0) -> None:
    """Write a checkpoint of tensors, and of anything else; `cut` bytes are missing at its end."""
    modules = _fake_torch()
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        storages = {
            value.arguments[0].key: value.arguments[0] for value in entries.values() if isinstance(value, Tensor)
        }
        with path.open("wb") as file:
            for value in (MAGIC_NUMBER, PROTOCOL_VERSION, {"little_endian": True}):
                pickle.dump(value, file, protocol=2)
            _Pickler(file, protocol=2).dump(OrderedDict(entries))
            pickle.dump(sorted(storages), file, protocol=2)
            for key in sorted(storages):
                values = storages[key].values
                file.write(len(values).to_bytes(8, "little") + values.tobytes())
            file.truncate(file.tell() - cut)
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
