"""Plugins: Python files of the user that register transforms, encoders and other parts; imported only if trusted.

A file is trusted by its path and SHA-256: because the user named a recipe that lists it, by `--trust-plugins`, or
because it was trusted before on this machine. The hashed content is executed; compiled copies are not read.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import platformdirs

from kerasae.files.writing import write_json
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

OPTION = "--trust-plugins"
_VARIABLE = "KERASAE_TRUSTED_PLUGINS"  # the environment variable by which child processes inherit the trust
_SHOWN = 12  # digits of a hash in messages


class _Trust:
    """What this process trusts: pairs of path and SHA-256, or all plugins."""

    def __init__(self) -> None:
        self.everything = False
        self.files: set[tuple[str, str]] = set()
        with contextlib.suppress(ValueError, TypeError, KeyError):
            inherited = json.loads(os.environ.get(_VARIABLE, ""))
            self.everything = bool(inherited["everything"])
            self.files = {(str(path), str(digest)) for path, digest in inherited["files"]}

    def covers(self, path: Path, digest: str) -> bool:
        return (str(path), digest) in self.files or digest in _remembered().get(str(path), [])


_trust = _Trust()
_imported: dict[Path, str] = {}  # the SHA-256 of each file that this process has imported


def trust_all(everything: bool) -> None:
    """Set whether this process trusts every plugin of every run, or only those trusted before."""
    _trust.everything = everything


def trusts_all() -> bool:
    """Return whether every plugin is trusted."""
    return _trust.everything


def trust(files: Iterable[str], because: str) -> None:
    """Trust files with their current content, print one line, and remember them on this machine.

    Args:
        files: paths of .py files.
        because: the reason, at the end of that line.

    Raises:
        RequestError: a file is missing or not a Python file.
    """
    new = {}
    for name in files:
        path, source = _read(name)
        digest = hashlib.sha256(source).hexdigest()
        if (str(path), digest) not in _trust.files:
            new[str(path)] = digest
    if not new:
        return
    _trust.files |= set(new.items())
    _remember(new)
    shown = ", ".join(f"{path} (SHA-256 {digest[:_SHOWN]})" for path, digest in new.items())
    stderr_console().print(f"imports {shown}, {because}", soft_wrap=True)


def inherited() -> dict[str, str]:
    """Return the environment variable that makes a child process trust the same files."""
    return {_VARIABLE: json.dumps({"everything": _trust.everything, "files": sorted(_trust.files)})}


def load_plugins(files: Iterable[str], kept: Mapping[str, str] | None = None, owner: str = "recipe") -> None:
    """Import each file once in this process, under a unique name in `sys.modules`.

    Args:
        files: paths of .py files.
        kept: by path the SHA-256 that a file must have; None accepts any.
        owner: what the plugins belong to, for messages.

    Raises:
        RequestError: a file is missing, is not a Python file, is not trusted, has changed, or raises an error.
    """
    for name in files:
        path, source = _read(name)
        digest = hashlib.sha256(source).hexdigest()
        if kept is not None and kept.get(name) != digest:
            raise RequestError(
                f"{owner}: plugins",
                expected=f"{name} as it was, SHA-256 {kept.get(name, 'none')[:_SHOWN]}",
                received=f"a changed file, SHA-256 {digest[:_SHOWN]}",
                fix="put the old file back, or train a new run with the new one under another name",
            )
        if path in _imported:
            if _imported[path] != digest:
                raise RequestError(
                    f"{owner}: plugins",
                    expected=f"{name} as this process has imported it",
                    received="a changed file",
                    fix="start a new process",
                )
            continue
        if not _trust.covers(path, digest):
            if not _trust.everything:
                raise RequestError(
                    f"{owner}: plugins",
                    expected="Python files that were trusted on this machine before",
                    received=f"{name}, SHA-256 {digest[:_SHOWN]}",
                    fix=f"read it, and if you trust it add {OPTION}",
                )
            trust([name], f"by {OPTION}")
        _execute(name, path, source)
        _imported[path] = digest


def digests(files: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each file as this process has imported it, by the given name."""
    return {name: _imported[_path(name)] for name in files}


def _path(name: str) -> Path:
    return Path(name).expanduser().resolve()


def _read(name: str) -> tuple[Path, bytes]:
    path = _path(name)
    if path.suffix != ".py" or not path.is_file():
        raise RequestError("recipe: plugins", expected="the path of a .py file", received=f"{name!r}, which is not one")
    try:
        return path, path.read_bytes()
    except OSError as error:
        raise RequestError(
            "recipe: plugins", expected="a file that can be read", received=f"{name}: {error.strerror}"
        ) from None


def _execute(name: str, path: Path, source: bytes) -> None:
    """Run the source as a module under a stable name in `sys.modules`, which dataclasses and pickle need."""
    path_hash = hashlib.sha256(os.fsencode(path)).hexdigest()[:_SHOWN]
    stem = re.sub(r"\W", "_", path.stem)
    module_name = f"kerasae_plugin_{stem}_{path_hash}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except BaseException as error:
        del sys.modules[module_name]
        if not isinstance(error, Exception):
            raise
        raise RequestError(
            "recipe: plugins",
            expected=f"{name} to be imported without an error",
            received=f"{type(error).__name__}: {error}",
        ) from error


def _memory() -> Path | None:
    """Return the file that lists trusted plugins; None without a home directory."""
    path = platformdirs.user_config_path("kerasae") / "trusted-plugins.json"
    return path if path.is_absolute() else None


def _remembered() -> dict[str, list[str]]:
    memory = _memory()
    if memory is not None:
        # If the file is damaged, the user is asked again.
        with contextlib.suppress(OSError, ValueError):
            stored = json.loads(memory.read_text(encoding="utf-8"))
            if isinstance(stored, dict) and all(isinstance(digests, list) for digests in stored.values()):
                return stored
    return {}


def _remember(new: Mapping[str, str]) -> None:
    """Add to the list of trusted plugins; if it cannot be written, the user is asked again next time."""
    memory = _memory()
    if memory is None:
        return
    stored = _remembered()
    for path, digest in new.items():
        stored[path] = list(dict.fromkeys([*stored.get(path, []), digest]))
    with contextlib.suppress(OSError):
        write_json(memory, stored)
