"""The chief: serves trials to workers over gRPC, and gives trials of lost workers to others."""

from __future__ import annotations

import contextlib
import io
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc

from kerasae.experiments.search.kerastuner.protocol import WORKER_KEY, OracleServicer, add_servicer, messages
from kerasae.experiments.search.results import TrialResult, trial_folder
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kerasae.experiments.search.kerastuner.resumable_oracle import ResumableOracle

SILENT_SECONDS = 30.0  # after which a worker on another machine counts as lost


class Chief:
    """Serves the trials of an oracle at an address; a context manager.

    Args:
        oracle: the search algorithm, opened in the search's folder.
        address: "HOST:PORT" to listen at; port 0 for a free one.

    Attributes:
        address: with the port that was chosen.
        finished: the results of trials, in the order in which they end.
        last_heard: by worker the time of its last message, on the monotonic clock.
        dismissed: workers that were told that no trials are left.
    """

    def __init__(self, oracle: ResumableOracle, address: str) -> None:
        self.oracle = oracle
        self.address = address
        self.finished: queue.SimpleQueue[TrialResult] = queue.SimpleQueue()
        self.last_heard: dict[str, float] = {}
        self.dismissed: set[str] = set()
        self._failure: BaseException | None = None
        self._lock = threading.RLock()
        # Otherwise a second chief would share the port, and get half of the workers.
        options = [("grpc.so_reuseport", 0)]
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4), options=options)
        add_servicer(_Servicer(self), self._server)

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
    def exclusive_oracle(self) -> Iterator[ResumableOracle]:
        """Lend the oracle to one thread at a time; what keras-tuner prints is discarded."""
        with self._lock, contextlib.redirect_stdout(io.StringIO()):
            try:
                yield self.oracle
            except Exception as error:
                self._failure = error
                raise

    def raise_failure(self) -> None:
        """Raise the error that a call of a worker ended with, if there was one."""
        if self._failure is not None:
            raise self._failure

    def give_back(self, worker: str, reason: str) -> None:
        """Give the trial of a lost worker to another one, or fail it if several workers were lost with it."""
        with self.exclusive_oracle() as oracle:
            self.last_heard.pop(worker, None)
            result = oracle.give_back(worker, reason)
        if result is not None:
            self.finished.put(result)

    def silent_workers(self) -> list[str]:
        """Return the workers with a trial that were not heard for `SILENT_SECONDS`."""
        with self._lock:
            deadline = time.monotonic() - SILENT_SECONDS
            return [worker for worker in self.oracle.ongoing_trials if self.last_heard.get(worker, 0.0) < deadline]

    def last_heard_any(self) -> float:
        """Return the time of the last message of any worker; minus infinity if there was none."""
        return max(self.last_heard.values(), default=float("-inf"))

    def end(self, id: str) -> None:
        """Settle a trial that a worker has ended, unless another worker has the trial now."""
        with self.exclusive_oracle() as oracle:
            if id not in oracle.running_trials:
                return
            result = TrialResult.read(trial_folder(oracle.folder, id))
            if result is None:
                reason = f"its result is not in {oracle.folder}, which chief and workers must share"
                result = TrialResult.failed(id, {}, reason)
            oracle.settle(result)
        self.finished.put(result)


class _Servicer(OracleServicer):
    """keras-tuner's service, with the three calls of our workers."""

    def __init__(self, chief: Chief) -> None:
        super().__init__(chief.oracle)
        self.chief = chief

    def CreateTrial(self, request: Any, context: Any) -> Any:  # noqa: N802 (keras-tuner's name)
        """Return a trial for a worker, or tell it to wait or to end."""
        with self.chief.exclusive_oracle() as oracle:
            self.chief.last_heard[request.tuner_id] = time.monotonic()
            trial = oracle.create_trial(request.tuner_id)
            if trial.status == "STOPPED":
                self.chief.dismissed.add(request.tuner_id)
            return messages.CreateTrialResponse(trial=trial.to_proto())

    def GetTrial(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Note that a worker is alive, or tell it that another worker has its trial now."""
        worker = dict(context.invocation_metadata()).get(WORKER_KEY, "")
        with self.chief.exclusive_oracle() as oracle:
            trial = oracle.ongoing_trials.get(worker)
            if trial is not None and trial.trial_id == request.trial_id:
                self.chief.last_heard[worker] = time.monotonic()
                return messages.GetTrialResponse(trial=trial.to_proto())
        reason = f"trial {request.trial_id} was given to another worker, or its chief has been started again"
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, reason)
        return None

    def EndTrial(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Settle the trial that a worker has ended."""
        self.chief.end(request.trial.trial_id)
        return messages.EndTrialResponse()
