import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kerasae.files import locks
from kerasae.files.locks import LOCK, alone
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError

HOLDER = (
    "import sys, time; from pathlib import Path; from kerasae.files.locks import alone\n"
    "with alone(Path(sys.argv[1]), 'exporting', 'run'):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(600)\n"
)


def test_another_process_is_named_and_its_lock_ends_with_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        message = rf"^run: .* another process is exporting .* \(process {holder.pid} on [\w.-]+\); wait for it$"
        with pytest.raises(RequestError, match=message), alone(tmp_path, "training", "run"):
            pass
        holder.send_signal(signal.SIGKILL)
    with alone(tmp_path, "training", "run"):
        assert (tmp_path / LOCK).read_text().startswith(f"training\n{os.getpid()}\n")
    assert not list(tmp_path.iterdir())


def test_a_run_that_is_being_trained_is_told_from_one_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text("{}")
    with pytest.raises(RequestError, match=r"holds no model\.keras; finish it with: kerasae train --run .* --resume$"):
        RunFolder.open(tmp_path)
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(
            RequestError, match=r"Received: one that another process is exporting .* \(process .*; wait$"
        ):
            RunFolder.open(tmp_path)
        holder.send_signal(signal.SIGKILL)


def test_what_is_in_the_file_of_a_stranger_is_not_said(tmp_path: Path) -> None:
    with (tmp_path / LOCK).open("w") as held:
        held.write("\x1b[31mdeleting\n1\nhost\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        message = r"^tune: .* another process is writing to .*; wait for it, or give another --name$"
        with (
            pytest.raises(RequestError, match=message),
            alone(tmp_path, "searching in", "tune", ", or give another --name"),
        ):
            pass


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("notes")
    (tmp_path / LOCK).symlink_to(tmp_path / "mine")
    with pytest.raises(RequestError, match=r"^run: expected no link at .*\.kerasae\.lock"), alone(tmp_path, "a", "run"):
        pass
    assert (tmp_path / "mine").read_text() == "notes"


def test_a_lock_that_its_holder_has_just_removed_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock, calls = fcntl.flock, []

    def slow(descriptor: int, operation: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            (tmp_path / LOCK).unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(locks.fcntl, "flock", slow)
    with alone(tmp_path, "training", "run"):
        assert (tmp_path / LOCK).is_file()
    assert len(calls) == 2


def test_without_locks_the_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    with alone(tmp_path, "training", "run"):
        pass
    assert "on a file system without locks" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
