"""A search under way: the chief, its workers on this machine, and what a person sees of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty
from typing import TYPE_CHECKING

from kerasae.experiments.search.kerastuner.chief import Chief
from kerasae.experiments.search.outcome import Outcome
from kerasae.experiments.search.worker import HANDS_OVER
from kerasae.experiments.search.worker_pool import ENDING_SECONDS, Crew, local_names
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.experiments.search.cluster import Place
    from kerasae.experiments.search.kerastuner.oracles import Oracle

POLL_SECONDS = 0.2
FRUITLESS = 3  # workers in a row that end before any of them has finished a trial

Tell = Callable[[Outcome], object]


def run(
    oracle: Oracle, folder: Path, *, workers: int, address: str, gpus: list[str], wait: float, tell: Tell,
    beat: Callable[[], object],
) -> None:  # fmt: skip
    """Run trials until the algorithm has none left.

    Args:
        oracle: the algorithm.
        folder: of the search.
        workers: how many are started here; others may come by keras-tuner's variables.
        address: where the chief is to be reached; port 0 for any.
        gpus: see `Crew`.
        wait: seconds without any worker after which it is given up, and within which the chief must answer them.
        tell: hears of every trial that ends.
        beat: is called again and again.

    Raises:
        RequestError: workers end without having done anything, or none comes.
    """
    with Chief(oracle, address) as chief, Crew(folder, local_names(workers), chief.address, gpus, wait) as crew:
        fruitless, begun = 0, time.monotonic()
        accompanied = begun
        while not oracle.is_over:
            time.sleep(POLL_SECONDS)
            chief.check()
            with suppress(Empty):
                while True:
                    tell(chief.finished.get_nowait())
                    fruitless = 0
            for name, code in list(crew.ended()):
                if code not in (0, HANDS_OVER):
                    reason = crew.reason(name, code)
                    chief.give_back(name, reason)
                    fruitless += 1
                    if fruitless >= FRUITLESS * max(1, workers):
                        raise RequestError("tune", expected="workers that do their trials", received=f"one {reason}")
                if oracle.wants_workers:
                    crew.start(name)
            for name in set(chief.silent()) - crew.running.keys():
                chief.give_back(name, f"not heard for {time.monotonic() - chief.heard.get(name, begun):.0f} seconds")
            if crew.names and not crew.running and oracle.wants_workers:
                crew.start(crew.names[0])  # all were sent away, and then a trial came back
            # A worker at a trial may be silent for longer than `wait`; `silent` tells when it is lost.
            accompanied = max(accompanied, chief.last_heard())
            if workers or oracle.ongoing_trials:
                accompanied = time.monotonic()
            if time.monotonic() - accompanied > wait:
                raise RequestError(
                    "tune",
                    expected=f"workers at the chief, {chief.address}",
                    received=f"none in {wait:g} seconds",
                    fix="start some with the same variables, add --workers, or raise --wait",
                )
            beat()
        _dismiss(chief, crew)
        with suppress(Empty):
            while True:
                tell(chief.finished.get_nowait())


def work_elsewhere(folder: Path, here: Place, wait: float) -> None:
    """Keep a worker at the trials of a chief elsewhere, one process after the other, until there are none left.

    Raises:
        RequestError: why the worker could not go on.
    """
    with Crew(folder, [here.id], here.address, [], wait) as crew:
        while True:
            for name, code in crew.ended():
                if code not in (0, HANDS_OVER):
                    raise RequestError(crew.reason(name, code))
                if code == 0:
                    return
                crew.start(name)
            time.sleep(POLL_SECONDS)


def _dismiss(chief: Chief, crew: Crew) -> None:
    """Let the workers hear that there is nothing left to do, so that they end by themselves."""
    deadline = time.monotonic() + ENDING_SECONDS
    while time.monotonic() < deadline and (crew.running or chief.heard.keys() - chief.dismissed - set(crew.names)):
        for _ in crew.ended():
            pass
        time.sleep(POLL_SECONDS)
