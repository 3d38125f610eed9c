"""Built-in data sets: digits from scikit-learn, the others through `keras.datasets`."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kerasae.data.sources.arrays import from_arrays
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kerasae.data.sources.source import Source

_TIMEOUT = 30.0
_DIGITS = tuple("0123456789")
_KERAS_FILES = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


class _Known(NamedTuple):
    """A data set of `keras.datasets`: its class names, and by address the path of each file below the Keras home."""

    class_names: tuple[str, ...]
    files: dict[str, str]


_KNOWN = {
    "cifar10": _Known(
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        {
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz": "datasets/cifar-10-batches-py-target_archive",
        },
    ),
    "mnist": _Known(_DIGITS, {f"{_KERAS_FILES}mnist.npz": "datasets/mnist.npz"}),
    "fashion_mnist": _Known(
        ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        {
            f"{_KERAS_FILES}{name}": f"datasets/fashion-mnist/{name}"
            for name in (
                "train-labels-idx1-ubyte.gz",
                "train-images-idx3-ubyte.gz",
                "t10k-labels-idx1-ubyte.gz",
                "t10k-images-idx3-ubyte.gz",
            )
        },
    ),
}
BUILTIN = ("digits", *_KNOWN)


def open_builtin(name: str) -> Source:
    """Open one of `BUILTIN`.

    Raises:
        RequestError: the files are not here and could not be fetched; the message says which file to put where.
    """
    return _digits() if name == "digits" else _keras(name)


def _digits() -> Source:
    """Return the 1,797 digits of E. Alpaydin and C. Kaynak (UCI, 1998) as scikit-learn ships them, 8x8, 0 to 16."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    return from_arrays({"train": (images, digits.target)}, _DIGITS, "digits")


def _keras(name: str) -> Source:
    known = _KNOWN[name]
    module = importlib.import_module(f"keras.datasets.{name}")
    try:
        # Keras waits forever for a server that does not answer, and prints its progress to stdout.
        with _timeout(_TIMEOUT), contextlib.redirect_stdout(sys.stderr):
            train, test = module.load_data()
    except Exception as error:
        home = _keras_home()
        absent = {
            url: home / relative_path
            for url, relative_path in known.files.items()
            if not (home / relative_path).is_file()
        }
        fetch = absent or {url: home / relative_path for url, relative_path in known.files.items()}
        steps = ", ".join(f"{url} as {relative_path}" for url, relative_path in fetch.items())
        # Keras' message repeats the address; the exception that it caught gives the reason.
        cause = getattr(error.__context__, "reason", error)
        reason = " ".join(str(cause).split()) or type(error).__name__
        raise RequestError(
            "data.source",
            expected=f"{name} in {home} or a connection to fetch it",
            received=f"{name!r} could not be fetched ({reason})",
            fix=f"fetch {steps}",
        ) from None
    return from_arrays({"train": train, "test": test}, known.class_names, name)


def _keras_home() -> Path:
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    return home if os.access(home, os.W_OK) else Path(tempfile.gettempdir()) / ".keras"  # as `keras.utils.get_file`


@contextlib.contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
