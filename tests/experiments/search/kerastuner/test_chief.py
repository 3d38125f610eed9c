"""The chief over the loopback network: lost trials, errors while it serves, and its address."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from kerasae.experiments.search.kerastuner.chief import Chief
from kerasae.experiments.search.kerastuner.oracles import make_oracle
from kerasae.experiments.search.kerastuner.protocol import WORKER_KEY, messages, oracle_stub
from kerasae.experiments.search.kerastuner.resumable_oracle import ResumableOracle
from kerasae.experiments.search.plan import SearchPlan
from kerasae.utils.errors import RequestError


@pytest.fixture
def oracle(started: Callable[..., SearchPlan]) -> ResumableOracle:
    plan = started()
    oracle = make_oracle(plan.settings, plan.space, plan.objective, plan.epochs)
    oracle.open(plan.folder, plan.num_trials, None)
    return oracle


@contextmanager
def calls_of(chief: Chief) -> Any:
    with grpc.insecure_channel(chief.address) as channel:
        yield oracle_stub(channel)


def test_a_worker_whose_trial_was_given_away_hears_of_it(oracle: ResumableOracle) -> None:
    with Chief(oracle, "127.0.0.1:0") as chief, calls_of(chief) as stub:
        made = stub.CreateTrial(messages.CreateTrialRequest(tuner_id="a"))
        request = messages.GetTrialRequest(trial_id=made.trial.trial_id)
        assert stub.GetTrial(request, metadata=((WORKER_KEY, "a"),)).trial.trial_id == made.trial.trial_id
        chief.give_back("a", "a test")
        with pytest.raises(grpc.RpcError, match="was given to another worker, or its chief has been started"):
            stub.GetTrial(request, metadata=((WORKER_KEY, "a"),))


def test_what_goes_wrong_while_serving_ends_the_search(
    oracle: ResumableOracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device", "oracle.json")

    monkeypatch.setattr(oracle, "save", full)
    with Chief(oracle, "127.0.0.1:0") as chief, calls_of(chief) as stub:
        with pytest.raises(grpc.RpcError):
            stub.CreateTrial(messages.CreateTrialRequest(tuner_id="a"))
        with pytest.raises(OSError, match="No space left"):
            chief.raise_failure()


def test_two_chiefs_do_not_share_an_address(oracle: ResumableOracle) -> None:
    taken = r"expected a free address of this machine for the chief\. Received: 127\.0\.0\.1:\d+; choose another port"
    with Chief(oracle, "127.0.0.1:0") as chief, pytest.raises(RequestError, match=taken):
        Chief(oracle, chief.address).__enter__()
