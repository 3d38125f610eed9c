"""Chief and workers over the loopback network: lost ones, late ones, and those without an answer; killed searches."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Typed

from kerasae.experiments.search.kerastuner import chief as chiefs
from kerasae.experiments.search.kerastuner import client
from kerasae.experiments.search.kerastuner.client import ChiefClient
from kerasae.experiments.search.kerastuner.oracles import make_oracle
from kerasae.experiments.search.kerastuner.resumable_oracle import ResumableOracle
from kerasae.experiments.search.plan import SearchPlan
from kerasae.experiments.search.results import read_results
from kerasae.experiments.search.workers.cluster import ID, IP, PORT, ClusterMember
from kerasae.experiments.search.workers.coordinator import run_trials
from kerasae.experiments.search.workers.worker import run_worker
from kerasae.recipe import plugins
from kerasae.utils.errors import RequestError

Started = Callable[..., SearchPlan]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def called(name: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in ClusterMember(name, f"127.0.0.1:{port}").variables.items():
        monkeypatch.setenv(variable, value)


def opened(plan: SearchPlan) -> ResumableOracle:
    oracle = make_oracle(plan.settings, plan.space, plan.objective, plan.epochs)
    oracle.open(plan.folder, plan.num_trials, None)
    return oracle


def test_a_lost_worker_gives_its_trial_back_and_the_search_ends(
    started: Started, pretended, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    pretended(lambda recipe, epoch: 0.1 * epoch)
    when = "phases.0.optimizer.weight_decay"
    plan = started(f'search.space.phases.0.optimizer.beta_1={{range=[0.8, 0.9], when={{"{when}"=[0.0]}}}}')
    oracle = opened(plan)
    monkeypatch.setattr(chiefs, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(client, "HEARTBEAT_SECONDS", 0.1)
    port, results = free_port(), []
    serving = threading.Thread(
        target=run_trials,
        args=(oracle, plan.folder),
        kwargs={"num_workers": 0, "address": f"127.0.0.1:{port}", "gpus": [], "timeout": 60,
                "on_result": results.append, "on_poll": lambda: None},
    )  # fmt: skip
    serving.start()
    with ChiefClient(ClusterMember("lost", f"127.0.0.1:{port}"), 30) as lost:
        trial = lost.request_trial()
        assert trial.status == "RUNNING"
        assert lost.request_trial() == trial  # asked again, it is still its own
        called("able", port, monkeypatch)
        assert run_worker(plan.folder, timeout=30) is False
        assert capsys.readouterr().out == ""  # keras-tuner prints every condition that it sends
        lost.report_end(trial.trial_id)  # it comes too late: another one has done it
        serving.join(30)
    assert not serving.is_alive()
    assert sorted(result.id for result in results) == [f"{number:04d}" for number in range(6)]
    assert trial.trial_id in {result.id for result in read_results(plan.folder)}
    assert oracle.is_over


def test_a_chief_waits_for_a_worker_at_a_trial_and_then_once_more(
    started: Started, pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = started()
    oracle = opened(plan)
    monkeypatch.setattr(chiefs, "SILENT_SECONDS", 1.5)
    port = free_port()

    def ask() -> None:
        with ChiefClient(ClusterMember("lost", f"127.0.0.1:{port}"), 30) as lost:
            lost.request_trial()

    threading.Timer(0.2, ask).start()
    begun = time.monotonic()
    with pytest.raises(RequestError, match=r"expected workers at the chief, .* none in 0\.6 seconds"):
        run_trials(oracle, plan.folder, num_workers=0, address=f"127.0.0.1:{port}", gpus=[], timeout=0.6,
                   on_result=print, on_poll=lambda: None)  # fmt: skip
    assert time.monotonic() - begun > 1.5 + 0.6  # until the worker counted as lost, and then what it waits for another
    assert not oracle.running_trials


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
        for name, value in ClusterMember("chief", f"{host}:{free_port()}").variables.items():
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


def test_workers_that_cannot_work_end_the_search_with_their_reason(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = started()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RequestError, match=r"expected workers that finish trials\. Received: one exit code 1; see"):
        run_trials(opened(plan), plan.folder, num_workers=1, address="127.0.0.1:0", gpus=[], timeout=1,
                   on_result=print, on_poll=lambda: None)  # fmt: skip


def start(*words: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "kerasae.tune", "tiny.toml", *words]
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
        finished = {one.id for one in read_results(folder)}
        assert f"000{number}" not in finished
        assert len(finished) == number
    search = start(*long)
    _, err = search.communicate()
    assert search.returncode == 0
    assert "3 of 6 trials are finished already" in err
    found = [[(one.id, one.values, one.score, one.executions) for one in read_results(path)]
             for path in (folder, Path("tuner_runs/whole"))]  # fmt: skip
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_worker_that_is_killed_gives_its_trial_to_another(task: Path) -> None:
    search = start("--workers", "2", "--set", "phases.0.epochs=60")
    folder = Path("tuner_runs/tiny")
    until(lambda: len(list(folder.glob("trial_*/seed-0/history.csv"))) == len(read_results(folder)) + 2)
    children = Path(f"/proc/{search.pid}/task/{search.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    out, err = search.communicate(timeout=600)
    assert search.returncode == 0, err
    found = read_results(folder)
    assert [one.id for one in found] == [f"{number:04d}" for number in range(6)]
    assert all(one.status == "completed" for one in found)
    assert sum(json.loads((folder / "oracle.json").read_text())["losses"].values()) == 1
    assert "keras" not in out.lower().replace("kerasae", "")
