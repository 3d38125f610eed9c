"""Small images in temporary folders, and a scan's memory that is nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasae.data import scan

MakeFolder = Callable[[dict[str, int]], Path]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(scan.platformdirs, "user_cache_path", lambda name: place / name)
    return place


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Make `root` with so many different PNG images of 12x9 in each of its sub-folders."""

    def make(counts: dict[str, int]) -> Path:
        root = tmp_path / "pictures"
        random = np.random.default_rng(0)
        for name, count in counts.items():
            (root / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8)).save(root / name / f"{number}.png")
        return root

    return make
