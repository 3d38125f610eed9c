"""One run in a process of its own: `python -m kerasae.comparison.worker RUN JUDGEMENT`.

A process for each run keeps memory flat over a long comparison, gives every run a TensorFlow of its own, and lets the
others go on when one crashes.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import traceback
from pathlib import Path

from kerasae.quiet import load_tensorflow
from kerasae.runs import Run, read_json, write_json


def work(run: Run, judgement: Path) -> None:
    """Finish a run, and measure it on its validation pictures too, which its own metrics leave out."""
    load_tensorflow()
    from kerasae.evaluate import measured, write_predictions
    from kerasae.evaluation.passes import predict
    from kerasae.losses import ReconstructionLoss
    from kerasae.models import deviation
    from kerasae.train import go_on

    model, collection = go_on(run, exports=False)
    loss = ReconstructionLoss(run.recipe.loss.reconstruction, deviation(model))
    predictions = predict(model, collection.validation, loss=loss)
    write_predictions(judgement.with_suffix(".npz"), predictions, collection.validation)
    metrics = measured(predictions, collection.class_names)
    write_json(judgement.with_suffix(".json"), {"model": model_mark(run), "validation": metrics})


def is_done(run: Run, judgement: Path) -> bool:
    """Tell whether `work` has nothing left to do."""
    finished = all(path.is_file() for path in (run.model, run.metrics, run.predictions, run.report))
    judged = judgement.with_suffix(".json")
    return finished and judged.is_file() and read_json(judged)["model"] == model_mark(run)


def model_mark(run: Run) -> str:
    """Return a hash of the run's model."""
    with run.model.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _end_with_parent() -> None:
    """Wait for the end of standard input, which the parent holds open while it lives."""
    os.read(0, 1)  # not through sys.stdin, whose lock would be held when the interpreter ends
    os._exit(1)


def main() -> None:
    """Do the work; the last line of standard error says why it failed, if it did."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work(Run(Path(sys.argv[1])), Path(sys.argv[2]))
    except Exception as error:
        traceback.print_exc()
        lines = str(error).strip().splitlines() or ["no message"]
        print(f"{type(error).__name__}: {lines[0]}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
