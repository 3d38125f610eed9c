"""Runs the trials of a search: the chief, and its workers on this machine."""

from __future__ import annotations

import time
from contextlib import suppress
from queue import Empty
from typing import TYPE_CHECKING

from kerasae.experiments.search.kerastuner.chief import Chief
from kerasae.experiments.search.kerastuner.client import ChiefClient
from kerasae.experiments.search.workers.pool import WorkerPool, local_names
from kerasae.experiments.search.workers.worker import RESTART
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from kerasae.experiments.search.algorithm import SearchAlgorithm
    from kerasae.experiments.search.kerastuner.resumable_oracle import ResumableOracle
    from kerasae.experiments.search.results import TrialResult
    from kerasae.experiments.search.workers.cluster import ClusterMember

POLL_SECONDS = 0.2
ENDING_SECONDS = 10.0  # for the workers to hear that no trials are left
MAX_FAILURES = 3  # failed processes in a row for each worker, without any finished trial


def run_trials(
    oracle: ResumableOracle, folder: Path, *, num_workers: int, address: str, gpus: Sequence[str], timeout: float,
    on_result: Callable[[TrialResult], object], on_poll: Callable[[], object],
) -> None:  # fmt: skip
    """Run trials until the algorithm has none left.

    Args:
        oracle: the algorithm, opened in the search's folder.
        folder: of the search.
        num_workers: workers that are started here; others may join by keras-tuner's variables.
        address: "HOST:PORT" at which the chief listens; port 0 for a free one.
        gpus: see `WorkerPool`.
        timeout: seconds without any worker after which the search ends, and within which the chief must answer.
        on_result: is called with the result of every trial that ends.
        on_poll: is called every `POLL_SECONDS`.

    Raises:
        RequestError: workers end without finishing trials, or none joins.
    """
    with (
        Chief(oracle, address) as chief,
        WorkerPool(folder, local_names(num_workers), chief.address, gpus, timeout) as pool,
    ):
        coordinator = _Coordinator(oracle, chief, pool, on_result)
        while not oracle.is_over:
            time.sleep(POLL_SECONDS)
            chief.raise_failure()
            coordinator.collect_results()
            coordinator.replace_ended_workers()
            coordinator.replace_silent_workers()
            coordinator.check_company(timeout)
            on_poll()
        coordinator.dismiss_workers()
        coordinator.collect_results()


class _Coordinator:
    """The steps of `run_trials`."""

    def __init__(
        self, algorithm: SearchAlgorithm, chief: Chief, pool: WorkerPool, on_result: Callable[[TrialResult], object]
    ) -> None:
        self.algorithm = algorithm
        self.chief = chief
        self.pool = pool
        self.on_result = on_result
        self.num_failures = 0  # of processes since the last finished trial
        self.started_at = self.accompanied_at = time.monotonic()

    def collect_results(self) -> None:
        """Pass on the results of trials that have ended."""
        with suppress(Empty):
            while True:
                self.on_result(self.chief.finished.get_nowait())
                self.num_failures = 0

    def replace_ended_workers(self) -> None:
        """Start another process for each worker that has ended, and give its trial back if it has failed."""
        for name, code in list(self.pool.ended()):
            if code not in (0, RESTART):
                reason = self.pool.reason(name, code)
                self.chief.give_back(name, reason)
                self.num_failures += 1
                if self.num_failures >= MAX_FAILURES * max(1, len(self.pool.names)):
                    raise RequestError("tune", expected="workers that finish trials", received=f"one {reason}")
            if self.algorithm.wants_workers:
                self.pool.start(name)

    def replace_silent_workers(self) -> None:
        """Give back the trials of silent workers elsewhere, and start a local worker again if none is left for them."""
        for name in set(self.chief.silent_workers()) - self.pool.running.keys():
            seconds = time.monotonic() - self.chief.last_heard.get(name, self.started_at)
            self.chief.give_back(name, f"not heard for {seconds:.0f} seconds")
        if self.pool.names and not self.pool.running and self.algorithm.wants_workers:
            self.pool.start(self.pool.names[0])  # all had left before a trial was given back

    def check_company(self, timeout: float) -> None:
        """Refuse to wait longer than `timeout` without any worker.

        A worker with a trial may be silent for longer; `Chief.silent_workers` tells when it is lost.
        """
        self.accompanied_at = max(self.accompanied_at, self.chief.last_heard_any())
        if self.pool.names or self.algorithm.running_trials:
            self.accompanied_at = time.monotonic()
        if time.monotonic() - self.accompanied_at > timeout:
            raise RequestError(
                "tune",
                expected=f"workers at the chief, {self.chief.address}",
                received=f"none in {timeout:g} seconds",
                fix="start some with the same variables, add --workers, or raise --wait",
            )

    def dismiss_workers(self) -> None:
        """Wait until the workers have heard that no trials are left, so that they end by themselves."""
        deadline = time.monotonic() + ENDING_SECONDS
        while time.monotonic() < deadline and (self.pool.running or self._uninformed_workers()):
            for _ in self.pool.ended():
                pass
            time.sleep(POLL_SECONDS)

    def _uninformed_workers(self) -> set[str]:
        return self.chief.last_heard.keys() - self.chief.dismissed - set(self.pool.names)


def run_remote_worker(folder: Path, member: ClusterMember, timeout: float) -> None:
    """Run trials for a chief elsewhere until there are none left, in one process after the other.

    Raises:
        RequestError: the worker has failed, for the reason in its log.
    """
    with WorkerPool(folder, [member.id], member.chief_address, [], timeout) as pool:
        while True:
            for name, code in pool.ended():
                if code not in (0, RESTART):
                    raise RequestError(received=pool.reason(name, code))
                if code == 0:
                    return
                pool.start(name)
            time.sleep(POLL_SECONDS)


def wait_for_chief(member: ClusterMember, timeout: float) -> None:
    """Wait until the chief answers.

    Raises:
        RequestError: it does not within `timeout` seconds.
    """
    with ChiefClient(member, timeout) as chief:
        chief.wait_until_ready()
