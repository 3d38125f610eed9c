"""The processes of the workers on this machine."""

import os
from pathlib import Path

import pytest

from kerasae.experiments.search.workers.pool import WorkerPool, local_names


def test_a_gpu_and_a_share_of_the_cores_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    pool = WorkerPool(tmp_path, local_names(3), "127.0.0.1:1", ["0", "GPU-7"], 60.0)
    environments = [pool.environment(name) for name in pool.names]
    assert [variables["CUDA_VISIBLE_DEVICES"] for variables in environments] == ["0", "GPU-7", "0"]
    assert {variables["TF_NUM_INTRAOP_THREADS"] for variables in environments} == {"2"}
    alone = WorkerPool(tmp_path, ["one"], "127.0.0.1:1", ["0", "1"], 60.0)
    assert "CUDA_VISIBLE_DEVICES" not in alone.environment("one")
