"""A worker that must leave its trial."""

import io
import re
import threading
from contextlib import redirect_stderr, redirect_stdout

import grpc
import pytest

from kerasae.experiments.search.kerastuner import client
from kerasae.experiments.search.kerastuner.client import ChiefClient
from kerasae.experiments.search.workers.cluster import ClusterMember


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
    class Refused(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return getattr(grpc.StatusCode, code)

        def details(self) -> str:
            return "trial 0003 was given to another worker"

    class Stub:
        def GetTrial(self, *request: object, **more: object) -> None:  # noqa: N802 (keras-tuner's name)
            raise Refused

    ended, terminal, log = threading.Event(), io.StringIO(), io.StringIO()
    codes: list[int] = []

    def leave(status: int) -> None:
        codes.append(status)
        ended.set()
        threading.Event().wait()  # the thread goes no further, as in a process that is gone

    monkeypatch.setattr(client, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(client.sys, "__stderr__", terminal)
    chief = ChiefClient(ClusterMember("a", "10.0.0.1:80"), 7.0, Stub(), leave)
    with redirect_stdout(log), redirect_stderr(log), chief.heartbeat("0003"):
        assert ended.wait(10)
    assert codes == [status]
    assert re.match(said, terminal.getvalue())
    assert log.getvalue() == ""
