"""A worker of a search: asks the chief for trials and runs them, one after the other.

TensorFlow keeps some 12 MB of every trained model, whatever is cleared, so a worker process ends after
`TRIALS_PER_PROCESS` trials and its parent starts another one.
"""

from __future__ import annotations

import time
from pathlib import Path

from kerasae.experiments.search.workers.cluster import ClusterMember
from kerasae.utils.tensorflow import load_tensorflow

TRIALS_PER_PROCESS = 25
IDLE_SECONDS = 0.5  # between two questions while no trial is free
RESTART = 75  # exit code of a worker that has run its trials, while the chief may have more
TIMEOUT_SECONDS = 60.0


def run_worker(folder: Path, *, timeout: float = TIMEOUT_SECONDS, max_trials: int | None = None) -> bool:
    """Run trials for the chief that the environment variables name.

    Args:
        folder: of the search; chief and workers share it.
        timeout: seconds within which the chief must answer.
        max_trials: the most trials; None for all that there are.

    Returns:
        Whether the chief may have more trials.

    Raises:
        RequestError: the chief does not answer, or there is no search in the folder.
    """
    load_tensorflow()
    from kerasae.data.collection_cache import Opener
    from kerasae.experiments.search.kerastuner.client import ChiefClient
    from kerasae.experiments.search.kerastuner.trials import read_trial_spec
    from kerasae.experiments.search.plan import SearchPlan
    from kerasae.experiments.search.trial import run_trial
    from kerasae.runs.origins import load_kept

    member = ClusterMember.from_environment()
    assert member is not None
    with ChiefClient(member, timeout) as chief:
        chief.wait_until_ready()
        plan, opener = SearchPlan.read(folder), Opener(asks=False)
        load_kept(plan.resolved.plugins, plan.origins, f"search {folder}")
        num_run = 0
        while max_trials is None or num_run < max_trials:
            reply = chief.request_trial()
            if reply.status == "STOPPED":
                return False
            if reply.status == "IDLE":
                time.sleep(IDLE_SECONDS)
                continue
            with chief.heartbeat(reply.trial_id):
                run_trial(plan, read_trial_spec(folder, reply.trial_id, plan.space), opener)
            chief.report_end(reply.trial_id)
            num_run += 1
    return True


def work(folder: str, timeout: str) -> int:
    """Run the trials of one worker process, see `run_worker`, and return its exit code."""
    has_more = run_worker(Path(folder), timeout=float(timeout), max_trials=TRIALS_PER_PROCESS)
    return RESTART if has_more else 0
