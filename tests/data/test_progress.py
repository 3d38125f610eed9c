from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from kerasae.data import progress
from kerasae.data.progress import with_progress


def items() -> Iterator[int]:
    yield from range(3)


@pytest.mark.parametrize(
    ("terminal", "patience", "shown"), [(True, -1.0, True), (True, 60.0, False), (False, -1.0, False)]
)
def test_a_bar_is_shown_on_a_terminal_when_it_takes_long(
    terminal: bool, patience: float, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    monkeypatch.setattr(progress, "PATIENCE", patience)
    monkeypatch.setenv("TERM", "xterm")
    assert list(with_progress(items(), 3, "Looking")) == [0, 1, 2]
    out, err = capsys.readouterr()
    assert out == ""
    assert ("Looking" in err) == shown


def test_an_error_passes_through() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(with_progress(failing(), 2, "Looking"))
