"""One run in a process of its own: `python -m kerasae.experiments.comparison.worker RUN JUDGEMENT`.

A process for each run keeps memory flat over a long comparison, gives every run a TensorFlow of its own, and lets the
others go on when one crashes.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.runs.run import Run
from kerasae.utils.processes import serve
from kerasae.utils.tensorflow import load_tensorflow


def work(run: Run, judgement: Path) -> int:
    """Finish a run, and measure it on its validation images too, which its own metrics leave out; return 0."""
    load_tensorflow()
    from kerasae.inference.forward import predict
    from kerasae.losses import ReconstructionLoss
    from kerasae.models import TrainedModel, deviation
    from kerasae.tasks.joint_evaluation import metrics_of, write_predictions
    from kerasae.workflows.train import go_on

    trained, collection = go_on(run, exports=False)
    assert isinstance(trained, TrainedModel)
    loss = ReconstructionLoss(run.recipe.loss.reconstruction, deviation(trained.model))
    predictions = predict(trained, collection.validation, loss=loss)
    write_predictions(judgement.with_suffix(".npz"), predictions, collection.validation, collection.facts.source)
    metrics = metrics_of(predictions, collection.class_names)
    write_json(judgement.with_suffix(".json"), {"model": model_mark(run), "validation": metrics})
    return 0


def is_done(run: Run, judgement: Path) -> bool:
    """Tell whether `work` has nothing left to do."""
    finished = all(path.is_file() for path in (run.model, run.metrics, run.predictions, run.report))
    judged = judgement.with_suffix(".json")
    return finished and judged.exists() and read_judgement(judgement)["model"] == model_mark(run)


def read_judgement(judgement: Path) -> dict[str, Any]:
    """Read what `work` has measured on the validation images.

    Raises:
        RequestError: it is missing, changed or damaged.
    """
    path = judgement.with_suffix(".json")
    found: dict[str, Any] = read_json(path, {"model": str, "validation": dict}, f"remove {path} to measure it again")
    return found


def model_mark(run: Run) -> str:
    """Return a hash of the run's model."""
    with run.model.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    serve(lambda: work(Run(Path(sys.argv[1])), Path(sys.argv[2])))
