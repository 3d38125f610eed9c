"""The workers that a search starts on this machine: a process each, and a GPU each where there are some."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from kerasae.experiments.search.cluster import Place
from kerasae.recipe.plugins import inherited
from kerasae.utils import processes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ENDING_SECONDS = 10.0


class Crew:
    """Processes of `kerasae.experiments.search.worker`; to be used in a `with`, at whose end they are gone.

    Args:
        folder: of the search; the workers' own words go into its logs.
        names: one for each worker.
        address: of the chief.
        gpus: the GPUs that there are, as CUDA names them; empty to leave each worker all that it sees.
        wait: seconds within which the chief must answer.
    """

    def __init__(self, folder: Path, names: Sequence[str], address: str, gpus: Sequence[str], wait: float) -> None:
        self.folder = folder
        self.names = list(names)
        self.address = address
        self.gpus = gpus
        self.wait = wait
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Crew:
        for name in self.names:
            self.start(name)
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.running.values():
            worker.kill()
        for worker in self.running.values():
            worker.wait()
            assert worker.stdin is not None
            worker.stdin.close()

    def start(self, name: str) -> None:
        """Start a worker."""
        log = self.log(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        index = self.names.index(name)
        # The worker ends when its standard input does: a search that is killed leaves none behind.
        with log.open("ab") as file:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "kerasae.experiments.search.worker", str(self.folder), str(self.wait)],
                env=os.environ | self._environment(index) | Place(name, self.address).variables | inherited(),
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def _environment(self, index: int) -> dict[str, str]:
        """Return what keeps a worker from taking what others need."""
        found = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "no_proxy": f"{os.environ.get('no_proxy', '')},127.0.0.1"}
        if len(self.names) > 1:
            threads = str(max(1, (os.cpu_count() or 1) // len(self.names)))
            wanted = {"OMP_NUM_THREADS": threads, "TF_NUM_INTRAOP_THREADS": threads}
            found |= {name: value for name, value in wanted.items() if name not in os.environ}
            found |= {"CUDA_VISIBLE_DEVICES": self.gpus[index % len(self.gpus)]} if self.gpus else {}
        return found

    def log(self, name: str) -> Path:
        """Return where a worker's own words go."""
        return self.folder / "logs" / f"{name}.txt"

    def ended(self) -> Iterator[tuple[str, int]]:
        """List the workers that have ended since the last time, with their exit codes."""
        for name, worker in list(self.running.items()):
            code = worker.poll()
            if code is not None:
                del self.running[name]
                assert worker.stdin is not None
                worker.stdin.close()
                yield name, code

    def reason(self, name: str, code: int) -> str:
        """Say why a worker has ended."""
        return processes.reason(code, self.log(name))


def local_names(size: int) -> list[str]:
    """Return what the workers of this machine are called."""
    return [f"local-{index}" for index in range(size)]


def visible_gpus() -> list[str]:
    """Return the GPUs of this process, as CUDA_VISIBLE_DEVICES names them."""
    import tensorflow as tf

    count = len(tf.config.list_physical_devices("GPU"))
    named = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return named[:count] if len(named) >= count else [str(index) for index in range(count)]
