"""A worker's connection to the chief."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import grpc
from keras_tuner.engine.trial import Trial

from kerasae.experiments.search.kerastuner.protocol import WORKER_KEY, messages, oracle_stub
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from kerasae.experiments.search.workers.cluster import ClusterMember

HEARTBEAT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """The chief's answer to a worker that asks for a trial.

    Attributes:
        status: "RUNNING" with a trial; "IDLE" if there may be one later; "STOPPED" if there are none left.
        trial_id: of the trial.
    """

    status: Literal["RUNNING", "IDLE", "STOPPED"]
    trial_id: str


class ChiefClient:
    """A worker's connection to its chief; a context manager.

    Args:
        member: the worker, and the chief's address.
        timeout: seconds within which the chief must answer.
        stub: the calls of the service, in place of those over a channel to the chief.
        leave: ends the process with an exit code.
    """

    def __init__(
        self, member: ClusterMember, timeout: float, stub: Any = None, leave: Callable[[int], object] = os._exit
    ) -> None:
        self.member = member
        self.timeout = timeout
        self.leave = leave
        self._channel = grpc.insecure_channel(member.chief_address)
        self._stub = oracle_stub(self._channel) if stub is None else stub

    def __enter__(self) -> ChiefClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    def wait_until_ready(self) -> None:
        """Wait until the chief answers.

        Raises:
            RequestError: it does not within `timeout`.
        """
        try:
            grpc.channel_ready_future(self._channel).result(timeout=self.timeout)
        except grpc.FutureTimeoutError:
            raise self._no_answer() from None

    def request_trial(self) -> Reply:
        """Ask for a trial.

        Raises:
            RequestError: the chief does not answer within `timeout`.
        """
        request = messages.CreateTrialRequest(tuner_id=self.member.id)
        response = self._call(self._stub.CreateTrial, request)
        trial = Trial.from_proto(response.trial)
        return Reply(trial.status, trial.trial_id)

    def report_end(self, trial_id: str) -> None:
        """Tell the chief that the result of a trial is in its folder.

        Raises:
            RequestError: the chief does not answer within `timeout`.
        """
        request = messages.EndTrialRequest()
        request.trial.trial_id = trial_id
        self._call(self._stub.EndTrial, request)

    @contextlib.contextmanager
    def heartbeat(self, trial_id: str) -> Iterator[None]:
        """Tell the chief regularly that the worker is running its trial.

        If another worker has the trial now, or the chief does not answer, the process ends with one line on the
        terminal, in the middle of the training.
        """
        is_over = threading.Event()
        thread = threading.Thread(target=self._beat, args=(trial_id, is_over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()

    def _beat(self, trial_id: str, is_over: threading.Event) -> None:
        request = messages.GetTrialRequest(trial_id=trial_id)
        while not is_over.wait(HEARTBEAT_SECONDS):
            try:
                self._stub.GetTrial(
                    request, wait_for_ready=True, timeout=self.timeout, metadata=((WORKER_KEY, self.member.id),)
                )
            except grpc.RpcError as error:
                if is_over.is_set():
                    return
                is_taken = error.code() is grpc.StatusCode.FAILED_PRECONDITION
                taken = f"tune: {error.details()}; the same command again takes the next one"
                # Whoever has started the worker reads the last line of its log.
                print(f"kerasae: {taken if is_taken else self._no_answer()}", file=sys.__stderr__, flush=True)
                self.leave(1 if is_taken else 2)

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        try:
            return method(request, wait_for_ready=True, timeout=self.timeout)
        except grpc.RpcError:
            raise self._no_answer() from None

    def _no_answer(self) -> RequestError:
        return RequestError(
            "tune",
            expected=f"a chief at {self.member.chief_address} (KERASTUNER_ORACLE_IP, KERASTUNER_ORACLE_PORT)",
            received=f"no answer in {self.timeout:g} seconds",
            fix="start the chief first, or raise --wait",
        )
