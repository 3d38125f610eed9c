"""The chief: keras-tuner's server of trials, which hears from its workers and gives lost trials to others."""

from __future__ import annotations

import contextlib
import io
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
from keras_tuner.src import protos
from keras_tuner.src.distribute.oracle_chief import OracleServicer

from kerasae.experiments.search.outcome import Outcome, trial_folder
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kerasae.experiments.search.kerastuner.oracles import Oracle

SILENT_SECONDS = 30.0  # after which a worker of another machine counts as lost
NAME_KEY = "tuner-id"  # of the metadata in which a worker says who it is


class Chief:
    """Serves an algorithm's trials at an address; to be used in a `with`.

    Attributes:
        address: where it is reached.
        finished: what came of trials, in the order in which they end.
        heard: by worker when it was last heard from, on the monotonic clock.
    """

    def __init__(self, oracle: Oracle, address: str) -> None:
        self.oracle = oracle
        self.address = address
        self.finished: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.heard: dict[str, float] = {}
        self.dismissed: set[str] = set()
        self._failure: BaseException | None = None
        self._lock = threading.RLock()
        alone = [("grpc.so_reuseport", 0)]  # else a second chief would share the port, and half of the workers
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4), options=alone)
        protos.get_service_grpc().add_OracleServicer_to_server(_Servicer(self), self._server)

    def __enter__(self) -> Chief:
        port = 0
        with contextlib.suppress(RuntimeError):
            port = self._server.add_insecure_port(self.address)
        if not port:
            raise RequestError(
                "KERASTUNER_ORACLE_IP, KERASTUNER_ORACLE_PORT",
                expected="a free address of this machine for the chief",
                received=f"{self.address}",
                fix="choose another port",
            )
        self.address = f"{self.address.rpartition(':')[0]}:{port}"
        self._server.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.stop(grace=None).wait()

    @contextlib.contextmanager
    def holding(self) -> Iterator[Oracle]:
        """Give the algorithm to one thread at a time, and keep what it prints to itself."""
        with self._lock, contextlib.redirect_stdout(io.StringIO()):
            try:
                yield self.oracle
            except Exception as error:
                self._failure = error
                raise

    def check(self) -> None:
        """Raise what has gone wrong while serving."""
        if self._failure is not None:
            raise self._failure

    def give_back(self, worker: str, reason: str) -> None:
        """Give the trial of a lost worker to another one, or end it as failed where it has ended several."""
        with self.holding() as oracle:
            self.heard.pop(worker, None)
            outcome = oracle.give_back(worker, reason)
        if outcome is not None:
            self.finished.put(outcome)

    def silent(self) -> list[str]:
        """List the workers with a trial that were not heard for long."""
        with self._lock:
            deadline = time.monotonic() - SILENT_SECONDS
            return [worker for worker in self.oracle.ongoing_trials if self.heard.get(worker, 0.0) < deadline]

    def last_heard(self) -> float:
        """Return when any worker was last heard from, on the monotonic clock; minus infinity if none was."""
        return max(self.heard.values(), default=float("-inf"))

    def end(self, id: str) -> None:
        """Take in the outcome of a trial that a worker has ended, unless it was given to another one by then."""
        with self.holding() as oracle:
            if id not in {trial.trial_id for trial in oracle.ongoing_trials.values()}:
                return
            outcome = Outcome.read(trial_folder(oracle.folder, id))
            if outcome is None:
                reason = f"its outcome is not in {oracle.folder}, which chief and workers must share"
                outcome = Outcome.failed(id, {}, reason)
            oracle.settle(outcome)
        self.finished.put(outcome)


class _Servicer(OracleServicer):
    """keras-tuner's protocol, with three of its calls as a chief needs them that is to end."""

    def __init__(self, chief: Chief) -> None:
        super().__init__(chief.oracle)
        self.chief = chief

    def CreateTrial(self, request: Any, context: Any) -> Any:  # noqa: N802 (keras-tuner's name)
        with self.chief.holding() as oracle:
            self.chief.heard[request.tuner_id] = time.monotonic()
            trial = oracle.create_trial(request.tuner_id)
            if trial.status == "STOPPED":
                self.chief.dismissed.add(request.tuner_id)
            return protos.get_service().CreateTrialResponse(trial=trial.to_proto())

    def GetTrial(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Hear that a worker is still at its trial, or tell it that the trial is no longer its own."""
        worker = dict(context.invocation_metadata()).get(NAME_KEY, "")
        with self.chief.holding() as oracle:
            trial = oracle.ongoing_trials.get(worker)
            if trial is not None and trial.trial_id == request.trial_id:
                self.chief.heard[worker] = time.monotonic()
                return protos.get_service().GetTrialResponse(trial=trial.to_proto())
        lost = f"trial {request.trial_id} was given to another worker, or its chief has been started again"
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, lost)
        return None

    def EndTrial(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.chief.end(request.trial.trial_id)
        return protos.get_service().EndTrialResponse()
