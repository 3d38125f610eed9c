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


def test_a_worker_whose_trial_was_given_away_hears_of_it(task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import grpc
    from keras_tuner.src import protos

    _, oracle = searching()
    with Chief(oracle, "127.0.0.1:0") as chief, grpc.insecure_channel(chief.address) as channel:
        stub = protos.get_service_grpc().OracleStub(channel)
        made = stub.CreateTrial(protos.get_service().CreateTrialRequest(tuner_id="a"))
        request = protos.get_service().GetTrialRequest(trial_id=made.trial.trial_id)
        assert stub.GetTrial(request, metadata=((chiefs.NAME_KEY, "a"),)).trial.trial_id == made.trial.trial_id
        chief.give_back("a", "a test")
        with pytest.raises(grpc.RpcError, match="was given to another worker, or its chief has been started"):
            stub.GetTrial(request, metadata=((chiefs.NAME_KEY, "a"),))


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        (
            "FAILED_PRECONDITION",
            1,
            r"kerasae: tune: trial 0003 was given to another worker; the same command aga",
        ),
        ("UNAVAILABLE", 2, r"kerasae: tune: expected a chief at 10\.0\.0\.1:80 .*no answer in 7 seconds"),
    ],
)
def test_a_worker_that_is_to_leave_its_trial_says_so_on_the_terminal(
    code: str, status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import grpc

    class Refused(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return getattr(grpc.StatusCode, code)

        def details(self) -> str:
            return "trial 0003 was given to another worker"

    class Stub:
        def GetTrial(self, *request: object, **more: object) -> None:  # noqa: N802 (keras-tuner's name)
            raise Refused

    class Client:
        stub = Stub()

    ended, terminal, log = threading.Event(), io.StringIO(), io.StringIO()
    codes: list[int] = []

    def leave(status: int) -> None:
        codes.append(status)
        ended.set()
        threading.Event().wait()  # the thread goes no further, as in a process that is gone

    monkeypatch.setattr(worker, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(worker.os, "_exit", leave)
    monkeypatch.setattr(worker.sys, "__stderr__", terminal)
    with redirect_stdout(log), redirect_stderr(log), worker._heard(Client(), "0003", Place("a", "10.0.0.1:80"), 7.0):
        assert ended.wait(10)
    assert codes == [status]
    assert re.match(said, terminal.getvalue())
    assert log.getvalue() == ""


def test_what_goes_wrong_while_serving_ends_the_search(task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import grpc
    from keras_tuner.src import protos

    _, oracle = searching()

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device", "oracle.json")

    monkeypatch.setattr(oracle, "save", full)
    with Chief(oracle, "127.0.0.1:0") as chief, grpc.insecure_channel(chief.address) as channel:
        stub = protos.get_service_grpc().OracleStub(channel)
        with pytest.raises(grpc.RpcError):
            stub.CreateTrial(protos.get_service().CreateTrialRequest(tuner_id="a"))
        with pytest.raises(OSError, match="No space left"):
            chief.check()


def test_two_chiefs_do_not_share_an_address(task: Path) -> None:
    _, oracle = searching()
    taken = r"expected a free address of this machine for the chief\. Received: 127\.0\.0\.1:\d+; choose another port"
    with Chief(oracle, "127.0.0.1:0") as chief, pytest.raises(RequestError, match=taken):
        Chief(oracle, chief.address).__enter__()


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


def test_places() -> None:
    assert place({}) is None
    here = place({ID: "the-chief", IP: "10.0.0.1", PORT: "8000"})
    assert here == Place("the-chief", "10.0.0.1:8000")
    assert here.is_chief
    assert not here.is_local
    assert here.variables == {ID: "the-chief", IP: "10.0.0.1", PORT: "8000"}


def test_a_chief_listens_on_this_machine_alone_unless_told() -> None:
    alone = place({ID: "chief", PORT: "8000"})
    assert alone == Place("chief", "127.0.0.1:8000")
    assert alone.is_local
    assert [Place("chief", address).is_local for address in ("localhost:1", "[::1]:1", "0.0.0.0:1", "host:1")] == [
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(RequestError, match=r"KERASTUNER_ORACLE_IP: expected a value"):
        place({ID: "worker", PORT: "8000"})


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


def test_a_gpu_and_a_share_of_the_cores_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    crew = Crew(tmp_path, local_names(3), "127.0.0.1:1", ["0", "GPU-7"], 60.0)
    found = [crew._environment(index) for index in range(3)]
    assert [one["CUDA_VISIBLE_DEVICES"] for one in found] == ["0", "GPU-7", "0"]
    assert {one["TF_NUM_INTRAOP_THREADS"] for one in found} == {"2"}
    assert "CUDA_VISIBLE_DEVICES" not in Crew(tmp_path, ["one"], "127.0.0.1:1", ["0", "1"], 60.0)._environment(0)


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
