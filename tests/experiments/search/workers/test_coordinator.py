"""Chief and workers over the network of this machine: lost ones, late ones, and those that find nobody."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from command_line import Typed

from kerasae.experiments.search import worker
from kerasae.experiments.search.cluster import ID, IP, PORT, Place, place
from kerasae.experiments.search.kerastuner import chief as chiefs
from kerasae.experiments.search.kerastuner.chief import Chief
from kerasae.experiments.search.kerastuner.oracles import make_oracle
from kerasae.experiments.search.outcome import outcomes
from kerasae.experiments.search.plan import Search
from kerasae.experiments.search.running import run
from kerasae.experiments.search.worker_pool import Crew, local_names
from kerasae.recipe import plugins
from kerasae.recipe.loading import load
from kerasae.utils.errors import RequestError


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def called(name: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in Place(name, f"127.0.0.1:{port}").variables.items():
        monkeypatch.setenv(variable, value)


def searching(*overrides: str) -> tuple[Search, object]:
    search = Search.planned("tiny", load("tiny.toml", overrides))
    search.folder.mkdir(parents=True)
    search.write()
    oracle = make_oracle(search.settings, search.space, search.objective, search.epochs)
    oracle.keep_in(search.folder, search.num_trials, None)
    return search, oracle


def test_a_lost_worker_gives_its_trial_back_and_the_search_ends(
    task: Path, pretended, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    pretended(lambda recipe, epoch: 0.1 * epoch)
    when = "phases.0.optimizer.weight_decay"
    more = f'search.space."phases.0.optimizer.beta_1"={{range=[0.8, 0.9], when={{"{when}"=[0.0]}}}}'
    search, oracle = searching(more.replace('"phases.0.optimizer.beta_1"', "phases.0.optimizer.beta_1"))
    monkeypatch.setattr(chiefs, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(worker, "BEAT_SECONDS", 0.1)
    port, stderr_console = free_port(), []
    serving = threading.Thread(
        target=run,
        args=(oracle, search.folder),
        kwargs={"workers": 0, "address": f"127.0.0.1:{port}", "gpus": [], "wait": 60, "tell": stderr_console.append,
                "beat": lambda: None},
    )  # fmt: skip
    serving.start()
    called("lost", port, monkeypatch)
    from keras_tuner.src.distribute.oracle_client import OracleClient

    client = OracleClient(None)
    lost = client.create_trial("lost")
    assert client.create_trial("lost").trial_id == lost.trial_id  # asked again, it is still its own
    called("able", port, monkeypatch)
    assert worker.work(search.folder, wait=30) is False
    assert capsys.readouterr().out == ""  # keras-tuner prints every condition that it sends
    client.end_trial(lost)  # it comes too late: another one has done it
    serving.join(30)
    assert not serving.is_alive()
    assert sorted(one.id for one in stderr_console) == [f"{number:04d}" for number in range(6)]
    assert lost.trial_id in {one.id for one in outcomes(search.folder)}
    assert oracle.is_over


def test_a_chief_waits_for_a_worker_at_a_trial_and_then_once_more(
    task: Path, pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, oracle = searching()
    monkeypatch.setattr(chiefs, "SILENT_SECONDS", 1.5)
    port = free_port()
    called("lost", port, monkeypatch)
    from keras_tuner.src.distribute.oracle_client import OracleClient

    asking = threading.Timer(0.2, lambda: OracleClient(None).create_trial("lost"))
    asking.start()
    begun = time.monotonic()
    with pytest.raises(RequestError, match=r"expected workers at the chief, .* none in 0\.6 seconds"):
        run(oracle, search.folder, workers=0, address=f"127.0.0.1:{port}", gpus=[], wait=0.6, tell=print,
            beat=lambda: None)  # fmt: skip
    assert time.monotonic() - begun > 1.5 + 0.6  # until the worker counted as lost, and then what it waits for another
    assert not oracle.ongoing_trials


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({ID: "a", IP: "127.0.0.1", PORT: None}, r"KERASTUNER_ORACLE_PORT: expected a value, as for .*TUNER_ID and"),
        ({ID: "a", IP: "127.0.0.1", PORT: "80a"}, r"KERASTUNER_ORACLE_PORT: expected a port .*Received: '80a'"),
        ({ID: "a", IP: "127.0.0.1", PORT: "FREE"}, r"expected a chief at 127\.0\.0\.1:\d+ .*no answer in 0\.5 seconds"),
        ({ID: "chief", IP: "127.0.0.1", PORT: "FREE"}, r"expected workers at the chief, .*none in 0\.5 seconds"),
    ],
)
def test_a_search_over_machines_that_cannot_be_takes_one_line(
    variables: dict, message: str, task: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        if value is not None:
            monkeypatch.setenv(name, str(free_port()) if value == "FREE" else value)
    code, out, err = typed("tune", "tiny.toml", "--wait", "0.5")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert re.search(message, err), err


def test_a_chief_that_others_reach_says_that_it_has_no_password(
    task: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for host, warned in (("127.0.0.1", False), ("0.0.0.0", True)):
        for name, value in Place("chief", f"{host}:{free_port()}").variables.items():
            monkeypatch.setenv(name, value)
        code, _, err = typed("tune", "tiny.toml", "--wait", "0.5")
        assert code == 2
        assert ("without a password" in err) == warned


def test_a_worker_imports_what_the_search_was_given_and_a_changed_plugin_is_refused(
    task: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kerasae.experiments.search.report.draw", lambda *arguments: {})
    monkeypatch.setenv("XDG_CONFIG_HOME", "/dev/null")  # nothing can be remembered: workers know it from their parent
    plugin = task / "own.py"
    plugin.write_text("with open(__file__.replace('.py', '.log'), 'a') as log:\n    log.write('imported\\n')\n")
    words = ("tune", "tiny.toml", "--set", "plugins=['own.py']", "--set", "phases.0.epochs=1")
    code, _, err = typed(*words, "--set", "search.max_trials=1")
    assert code == 0, err
    assert f"imports {plugin} (SHA-256 " in err
    assert (task / "own.log").read_text() == "imported\n" * 2
    kept = json.loads(Path("tuner_runs/tiny/search.json").read_text())["origins"]["plugins"]
    assert list(kept) == [str(plugin)]
    monkeypatch.setattr(plugins, "_imported", {})
    monkeypatch.setattr(plugins, "_trust", plugins._Trust())
    code, _, err = typed("train", "tuner_runs/tiny/best.toml")
    assert code == 2
    assert "add --trust-plugins" in err
    plugin.write_text("")
    code, _, err = typed(*words, "--set", "search.max_trials=2")
    assert code == 2
    assert f"plugins: expected {plugin} as it was, SHA-256 {kept[str(plugin)][:12]}" in err


def test_workers_that_cannot_work_end_the_search_with_their_reason(task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search, oracle = searching()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RequestError, match=r"expected workers that do their trials\. Received: one exit code 1; see"):
        run(oracle, search.folder, workers=1, address="127.0.0.1:0", gpus=[], wait=1, tell=print, beat=lambda: None)


def start(*words: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "kerasae.experiments.search.tune", "tiny.toml", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(condition, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_a_search_that_is_killed_between_and_inside_trials(task: Path) -> None:
    long = ("--set", "phases.0.epochs=60")  # long enough to be killed inside
    whole = start("--name", "whole", *long)
    assert whole.communicate() is not None
    assert whole.returncode == 0
    folder = Path("tuner_runs/tiny")
    for number in (1, 3):
        search = start(*long)
        until(lambda number=number: (folder / f"trial_000{number}" / "seed-0" / "history.csv").is_file())
        search.send_signal(signal.SIGKILL)
        search.communicate()
        finished = {one.id for one in outcomes(folder)}
        assert f"000{number}" not in finished
        assert len(finished) == number
    search = start(*long)
    _, err = search.communicate()
    assert search.returncode == 0
    assert "3 of 6 trials are finished already" in err
    found = [[(one.id, one.values, one.score, one.executions) for one in outcomes(path)]
             for path in (folder, Path("tuner_runs/whole"))]  # fmt: skip
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_worker_that_is_killed_gives_its_trial_to_another(task: Path) -> None:
    search = start("--workers", "2", "--set", "phases.0.epochs=60")
    folder = Path("tuner_runs/tiny")
    until(lambda: len(list(folder.glob("trial_*/seed-0/history.csv"))) == len(outcomes(folder)) + 2)
    children = Path(f"/proc/{search.pid}/task/{search.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    out, err = search.communicate(timeout=600)
    assert search.returncode == 0, err
    found = outcomes(folder)
    assert [one.id for one in found] == [f"{number:04d}" for number in range(6)]
    assert all(one.status == "completed" for one in found)
    assert sum(json.loads((folder / "oracle.json").read_text())["losses"].values()) == 1
    assert "keras" not in out.lower().replace("kerasae", "")
