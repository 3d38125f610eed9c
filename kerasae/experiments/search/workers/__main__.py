"""The worker process of a search: `python -m kerasae.experiments.search.workers FOLDER TIMEOUT_SECONDS`."""

import sys
from pathlib import Path

from kerasae.experiments.search.workers.worker import TRIALS_PER_PROCESS, exit_code, run_worker
from kerasae.utils.processes import serve

serve(lambda: exit_code(run_worker(Path(sys.argv[1]), timeout=float(sys.argv[2]), max_trials=TRIALS_PER_PROCESS)))
