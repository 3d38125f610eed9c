"""The workers that a search starts on this machine: one process each, with one GPU each if there are GPUs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kerasae.experiments.search.workers.cluster import LOOPBACK, ClusterMember
from kerasae.experiments.search.workers.worker import work
from kerasae.recipe.plugins import inherited
from kerasae.utils.processes import ChildProcess, reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class WorkerPool:
    """Worker processes; a context manager that ends them.

    Args:
        folder: of the search; the workers' output goes into its `logs/`.
        names: of the workers.
        chief_address: "HOST:PORT" of the chief.
        gpus: the GPUs as CUDA names them, one for each worker in turn; empty to let each worker use all.
        timeout: seconds within which the chief must answer.
    """

    def __init__(
        self, folder: Path, names: Sequence[str], chief_address: str, gpus: Sequence[str], timeout: float
    ) -> None:
        self.folder = folder
        self.names = list(names)
        self.chief_address = chief_address
        self.gpus = gpus
        self.timeout = timeout
        self.running: dict[str, ChildProcess] = {}

    def __enter__(self) -> WorkerPool:
        for name in self.names:
            self.start(name)
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.running.values():
            worker.kill()
        for worker in self.running.values():
            worker.close()

    def start(self, name: str) -> None:
        """Start a worker."""
        arguments = (str(self.folder), str(self.timeout))
        environment = self.environment(name) | inherited()
        self.running[name] = ChildProcess(work, arguments, self.log(name), environment)

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment variables of a worker: its chief, and its share of the cores and GPUs."""
        no_proxy = f"{os.environ.get('no_proxy', '')},{LOOPBACK}"
        variables = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "no_proxy": no_proxy}
        if len(self.names) > 1:
            threads = str(max(1, (os.cpu_count() or 1) // len(self.names)))
            shares = {"OMP_NUM_THREADS": threads, "TF_NUM_INTRAOP_THREADS": threads}
            variables |= {variable: value for variable, value in shares.items() if variable not in os.environ}
            if self.gpus:
                variables["CUDA_VISIBLE_DEVICES"] = self.gpus[self.names.index(name) % len(self.gpus)]
        return variables | ClusterMember(name, self.chief_address).variables

    def log(self, name: str) -> Path:
        """Return the file of a worker's output."""
        return self.folder / "logs" / f"{name}.txt"

    def ended(self) -> Iterator[tuple[str, int]]:
        """Yield the workers that have ended since the last call, with their exit codes."""
        for name, worker in list(self.running.items()):
            code = worker.poll()
            if code is not None:
                del self.running[name]
                worker.close()
                yield name, code

    def reason(self, name: str, code: int) -> str:
        """Return why a worker has failed, from its exit code and the last line of its log."""
        return reason(code, self.log(name))


def local_names(num_workers: int) -> list[str]:
    """Return the names of the workers on this machine."""
    return [f"local-{index}" for index in range(num_workers)]


def visible_gpus() -> list[str]:
    """Return the GPUs of this process, as CUDA_VISIBLE_DEVICES names them."""
    import tensorflow as tf

    count = len(tf.config.list_physical_devices("GPU"))
    named = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return named[:count] if len(named) >= count else [str(index) for index in range(count)]
