"""Reads `.keras` files that may be untrusted: a config names classes, and some classes run code."""

from __future__ import annotations

import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import keras

from kerasae.files.reading import check, damaged
from kerasae.utils.errors import RequestError, in_a_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The modules of layers, functions and their settings; not `keras.utils`, `keras.saving` or `keras.export`.
_MODULES = (
    "activations constraints dtype_policies initializers layers losses metrics models ops optimizers quantizers random "
    "regularizers src.layers src.models src.ops"
)
_PREFIXES = tuple(f"keras.{name}" for name in _MODULES.split())
# Keras writes the module of its own functions as `builtins`.
_NAMES = {
    "keras": {"DTypePolicy", "FloatDTypePolicy", "Function", "Functional", "Layer", "Model", "Sequential"},
    "builtins": {"function"},
}
# Classes that run code, load files of other programs, or read the files that their config names.
_CODE = {
    *("FeatureSpace", "FlaxLayer", "IndexLookup", "IntegerLookup", "JaxLayer", "Lambda", "StringLookup", "TFSMLayer"),
    *("TextVectorization", "TorchModuleWrapper", "__lambda__", "__typespec__"),
}
_VALUES = {"__bytes__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__"}
MAX_CONFIG = 100_000_000  # bytes


def load_model(path: Path) -> Any:
    """Load a model, uncompiled, after checking that its config names nothing that runs code or reads files.

    The config may name parts of Keras and classes that are registered in this process: those of kerasae and of trusted
    plugins.

    Raises:
        RequestError: the file is missing, changed or damaged, or its config names something else.
    """
    is_unchanged = check(path)
    for named in _named(_config(path)):
        if not _is_known(named):
            name = named.get("registered_name") or named["class_name"]
            if named["class_name"] == "function":
                name = named.get("config")
            raise RequestError(
                "run",
                expected="a model of layers of Keras, kerasae and the recipe's plugins",
                received=f"{path} with {str(name)[:100]!r}, which is none of them or may run code",
            )
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras, h5py and zipfile raise almost anything
        if is_unchanged:  # then it is a defect, such as a layer that is not registered
            raise
        raise damaged(path, in_a_line(error)) from None


def _config(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > MAX_CONFIG:
                raise ValueError("too large")
            return json.loads(archive.read("config.json"))
    except (
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        ValueError,
        EOFError,
        NotImplementedError,
        RecursionError,
    ) as error:
        raise damaged(path, in_a_line(error)) from None


def _named(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every part of a config that names a class or a function."""
    pending = [config]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            if "class_name" in part:
                yield part
            pending += part.values()
        elif isinstance(part, list):
            pending += part


def _is_known(named: dict[str, Any]) -> bool:
    name, module = named["class_name"], named.get("module")
    if not isinstance(name, str) or name in _CODE:
        return False
    if name in _VALUES:
        return True
    registered = named.get("config") if name == "function" else named.get("registered_name")
    if isinstance(registered, str) and keras.saving.get_registered_object(registered) is not None:
        return True
    if not isinstance(module, str):
        return False
    return name in _NAMES.get(module, ()) or any(f"{module}.".startswith(f"{prefix}.") for prefix in _PREFIXES)
