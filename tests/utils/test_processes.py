"""Child processes: what they are called with, why they fail, and that none outlives its parent."""

import os
import sys
import time
from pathlib import Path

import pytest

from kerasae.utils.errors import RequestError
from kerasae.utils.processes import ChildProcess


def returns(code: str, path: str) -> int:
    Path(path).write_text(os.environ.get("TEST_VARIABLE", ""))
    return int(code)


def refuses() -> None:
    raise RequestError("--option", expected="another value", received="this")


def breaks() -> None:
    print("before it broke")
    raise KeyError("missing")


def sleeps() -> None:
    time.sleep(600)


def starts_a_child(path: str) -> None:
    child = ChildProcess(sleeps, [], Path(f"{path}.log"))
    Path(path).write_text(str(child.pid))
    sleeps()


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let child processes import this file."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)]))


def ended(process: ChildProcess) -> int:
    code = process.wait(60)
    assert code is not None
    return code


@pytest.mark.parametrize("code", [0, 75])
def test_a_child_gets_arguments_and_variables_and_returns_its_code(code: int, tmp_path: Path) -> None:
    file, log = tmp_path / "file", tmp_path / "logs" / "log.txt"
    with ChildProcess(returns, [str(code), str(file)], log, {"TEST_VARIABLE": "value"}) as process:
        assert ended(process) == process.poll() == code
    assert file.read_text() == "value"
    assert process.failure(code) == (f"exit code 75; see {log}" if code else None)


def test_the_last_line_of_the_log_says_why_a_child_failed(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with ChildProcess(refuses, [], log) as process:
        assert process.failure(ended(process)) == f"--option: expected another value. Received: this; see {log}"
    assert "Traceback" not in log.read_text()
    with ChildProcess(breaks, [], log) as process:
        assert process.failure(ended(process)) == f"KeyError: 'missing'; see {log}"
    assert "before it broke" in log.read_text()
    assert "Traceback" in log.read_text()
    with ChildProcess(sleeps, [], log) as process:
        assert process.wait(0.1) is None
        process.kill()
        assert process.failure(ended(process)) == f"ended by SIGKILL; see {log}"


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with ChildProcess(starts_a_child, [str(file)], tmp_path / "log.txt") as parent:
        while not (file.is_file() and file.read_text()):
            assert parent.wait(0.05) is None
        status = Path("/proc", file.read_text(), "stat")
    deadline = time.monotonic() + 60
    # It stays as a zombie where nobody collects orphans.
    while status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.05)
