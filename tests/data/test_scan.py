from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasae.data import scan as module
from kerasae.data.scan import examine, scan

MakeFolder = Callable[[dict[str, int]], Path]


def image(path: Path, **options: object) -> str:
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4)).save(path, **options)
    return str(path)


def test_facts_are_of_the_upright_image(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    plain, turned = image(tmp_path / "a.png"), image(tmp_path / "b.png", exif=exif)
    assert (examine(plain).height, examine(plain).width, examine(plain).channels, examine(plain).mode) == (3, 4, 1, "L")
    assert (examine(turned).height, examine(turned).width) == (4, 3)


def test_same_pixels_in_other_bytes_are_recognised(tmp_path: Path) -> None:
    png, bmp = examine(image(tmp_path / "a.png")), examine(image(tmp_path / "a.bmp"))
    assert png.pixels_hash == bmp.pixels_hash
    assert png.bytes_hash != bmp.bytes_hash


@pytest.mark.filterwarnings("error")
def test_every_kind_of_damage_has_a_reason(tmp_path: Path) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    noise.save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:2000])
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("not an image")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "link.jpg").symlink_to(tmp_path / "nowhere.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    reasons = {path.stem: examine(str(path)).error for path in tmp_path.iterdir()}
    assert reasons == {
        "whole": "",
        "cut": reasons["cut"],
        "empty": "an empty file",
        "text": "not an image of a known format",
        "folder": "a folder",
        "link": "No such file or directory",
        "pipe": "not a regular file",
    }
    assert "truncated" in reasons["cut"]


def test_unreadable_files_say_so_and_are_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = image(tmp_path / "a.png")
    opened = Path.open

    def refuse(self: Path, *arguments: object, **options: object) -> object:
        if self == Path(path):
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **options)

    with monkeypatch.context() as patched:  # the tests may run as root, whom no permission stops
        patched.setattr(Path, "open", refuse)
        assert scan(tmp_path, [path]).facts[path].error == "Permission denied"
    assert scan(tmp_path, [path]).facts[path].error == ""


def test_bombs_are_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    assert "decompression bomb" in examine(image(tmp_path / "a.png")).error


def test_a_name_outside_utf8_is_broken(tmp_path: Path) -> None:
    name = os.fsdecode(bytes(tmp_path) + b"/\xff.png")
    assert examine(name).error == "a name that is not valid UTF-8"
    assert scan(tmp_path, [name]).facts[name].error


def test_only_new_and_changed_files_are_read_again(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_folder({"cat": 3})
    paths = [str(path) for path in sorted((root / "cat").iterdir())]
    first = scan(root, paths)
    assert (first.read, first.remembered) == (3, 0)
    changed = Path(paths[0])
    changed.write_bytes(Path(paths[1]).read_bytes() + b" ")
    new = image(root / "cat" / "new.png")
    read: list[str] = []
    monkeypatch.setattr(module, "examine", lambda path: read.append(path) or examine(path))
    second = scan(root, [*paths, new])
    assert sorted(read) == sorted([paths[0], new])
    assert (second.read, second.remembered) == (2, 2)
    assert second.facts[paths[0]].pixels_hash == second.facts[paths[1]].pixels_hash
    assert second.facts[paths[2]] == first.facts[paths[2]]


def test_a_change_of_size_or_of_time_alone_is_noticed(tmp_path: Path) -> None:
    path = image(tmp_path / "a.bmp")
    status = Path(path).stat()
    scan(tmp_path, [path])
    Path(path).write_bytes(Path(path).read_bytes()[:-1] + b"!")  # as long as before
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1000))
    assert scan(tmp_path, [path]).read == 1
    Path(path).write_bytes(Path(path).read_bytes() + b"!")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1000))
    assert scan(tmp_path, [path]).read == 1
    assert scan(tmp_path, [path]).read == 0


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": "0"}', '{"files": 3}'])
def test_a_damaged_memory_is_read_anew(make_folder: MakeFolder, damage: str) -> None:
    root = make_folder({"cat": 2})
    paths = [str(path) for path in (root / "cat").iterdir()]
    first = scan(root, paths)
    stored = json.loads(Path(first.cache).read_text())
    Path(first.cache).write_text(damage)
    assert scan(root, paths).facts == first.facts
    assert json.loads(Path(first.cache).read_text()) == stored


def test_an_unwritable_memory_is_no_error(make_folder: MakeFolder, cache: Path) -> None:
    (cache / "kerasae").write_text("a file where the folder should be")
    root = make_folder({"cat": 1})
    paths = [str(root / "cat" / "0.png")]
    assert scan(root, paths).facts[paths[0]].error == ""
    assert scan(root, paths).remembered == 0


def test_what_was_read_before_an_interruption_is_remembered(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_folder({"cat": 3})
    paths = [str(path) for path in sorted((root / "cat").iterdir())]

    def interrupted(new: list[str]) -> object:
        yield new[0], examine(new[0])
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "_examined", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scan(root, paths)
    assert scan(root, paths).remembered == 1


def test_contents_exchanged_under_the_same_size_and_time_are_noticed(tmp_path: Path) -> None:
    path = Path(image(tmp_path / "a.bmp"))
    status = path.stat()
    before = scan(tmp_path, [str(path)]).facts[str(path)]
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    again = scan(tmp_path, [str(path)])
    assert again.read == 1
    assert again.facts[str(path)].pixels_hash != before.pixels_hash


def test_what_is_remembered_is_what_was_read(tmp_path: Path) -> None:
    path = str(tmp_path / "a.png")
    Image.fromarray(np.array([[0, 4000]], np.uint16)).save(path)
    assert scan(tmp_path, [path]).facts == scan(tmp_path, [path]).facts


def test_without_a_home_nothing_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = image(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module.platformdirs, "user_cache_path", lambda name: Path("~/.cache") / name)
    assert scan(tmp_path, [path]).facts[path].error == ""
    assert scan(tmp_path, [path]).remembered == 0
    assert not Path("~").exists()
