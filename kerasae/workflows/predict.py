"""The verb that answers for images: from a run or from an export."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from kerasae.data.image_inputs import read_each
from kerasae.data.images import batch_size
from kerasae.data.value_range import setting
from kerasae.files.manifest import check_all, remind
from kerasae.files.reading import damaged, read_json
from kerasae.files.replacing import read_whole
from kerasae.files.writing import written_whole
from kerasae.ood.figures.images import triptych
from kerasae.runs.run import Run, check_new
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError, in_a_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

EXPORTED = ("saved_model.pb", "assets.extra")  # either tells the folder of an export, also where one is gone
LONGEST_STEM = 60  # characters of an image's name in the name of its heat map


@dataclasses.dataclass(frozen=True)
class Prediction:
    """The answer for one image.

    Attributes:
        image: the image's path.
        label: the most probable class, or None without a softmax head.
        probability: its probability in [0, 1].
        top: the three most probable classes with their probabilities, best first.
        reconstruction_error: mean squared error on [0, 1] pixels, or None without a reconstruction head.
        anomaly_score: how unlike the known images it is, 0 and up, or None without a rejection.
        accepted: whether the answer is to be trusted: the score is no higher than the threshold; None without one.
        probabilities: of every class by its name, in the order of the classes; empty without a softmax head.
    """

    image: str
    label: str | None
    probability: float | None
    top: tuple[tuple[str, float], ...]
    reconstruction_error: float | None
    anomaly_score: float | None
    accepted: bool | None
    probabilities: Mapping[str, float] = dataclasses.field(default_factory=dict)


def predict(
    model: Path,
    images: Sequence[Path],
    *,
    heatmaps: Path | None = None,
    table: Path | None = None,
    console: Console | None = None,
) -> list[Prediction]:
    """Answer for images, or folders of images, in the given order.

    An image in a folder that cannot be decoded is left out, with a line.

    Args:
        model: a run's directory or an exported SavedModel.
        heatmaps: a new folder for a PNG an image: as the model saw it, rebuilt, and where the two differ.
        table: a new CSV file with a row an image, every class's probability in it.
        console: where progress and what is left out are shown; standard error if left out.

    Raises:
        RequestError: `model` is neither, or an export that may do more than compute, an image that is named is missing
            or cannot be decoded, the folder or the file exists already, or heatmaps are asked of a model without
            reconstruction head.
    """
    for option, path in (("--heatmaps", heatmaps), ("--csv", table)):
        if path is not None:
            check_new(path, option)
    is_export = any((model / name).exists() for name in EXPORTED)
    answer, about = read_whole(model, _from_export) if is_export else _from_run(model)
    console = console or stderr_console()
    limits = setting(about.get("range", "auto"))
    image_set = read_each(images, tuple(about["image_shape"]), about["resize"], "predict", console, limits)
    answers: list[Prediction] = []
    size = batch_size(about["image_shape"])
    with contextlib.ExitStack() as stack:
        maps = None if heatmaps is None else stack.enter_context(written_whole(heatmaps, replaces=False))
        for chunk in iter(lambda: list(islice(image_set, size)), []):
            paths, batch = [path for path, _ in chunk], np.stack([image for _, image in chunk])
            outputs = answer(batch)
            if maps is not None:
                if "reconstruction" not in outputs:
                    raise RequestError(
                        "--heatmaps", expected="a model that rebuilds images", received=f"{model}, which does not"
                    )
                _write_maps(batch, outputs["reconstruction"], paths, maps, len(answers))
            answers += [
                _prediction(
                    path, {name: values[row] for name, values in outputs.items()}, batch[row], about["class_names"]
                )
                for row, path in enumerate(paths)
            ]
    if table is not None:
        with written_whole(table, replaces=False) as temporary:
            temporary.write_text(to_csv(answers), encoding="utf-8")
    return answers


def to_csv(answers: Sequence[Prediction]) -> str:
    """Return a row an image, with a column for each thing that the model answers and for each class."""
    rows = [
        {
            "image": one.image,
            "label": one.label,
            "probability": one.probability,
            "reconstruction_error": one.reconstruction_error,
            "anomaly_score": one.anomaly_score,
            "accepted": one.accepted,
            **{f"p({name})": probability for name, probability in one.probabilities.items()},
        }
        for one in answers
    ]
    columns = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write_maps(images: np.ndarray, rebuilt: np.ndarray, paths: Sequence[Path], folder: Path, first: int) -> None:
    """Write a heat map an image, counted from `first`, since images of several folders may share a name."""
    folder.mkdir(exist_ok=True)
    for index, (image, copy, path) in enumerate(zip(images, rebuilt, paths, strict=True), start=first):
        Image.fromarray(triptych(image, copy)).save(folder / f"{index:04d}-{path.stem[:LONGEST_STEM]}.png")


def _from_run(path: Path) -> tuple[Callable[[np.ndarray], dict[str, np.ndarray]], dict[str, Any]]:
    from kerasae.models import load_trained, model_with_ood_score

    run = Run.open(path)
    data = run.recipe.data
    about = {
        "image_shape": data.image_shape,
        "resize": data.resize,
        "range": data.range,
        "class_names": list(run.facts.class_names),
    }
    return model_with_ood_score(load_trained(run)).predict_on_batch, about


def _from_export(path: Path) -> tuple[Callable[[np.ndarray], dict[str, np.ndarray]], dict[str, Any]]:
    import tensorflow as tf

    from kerasae.exporting.loading import loadable
    from kerasae.exporting.operations import check_operations
    from kerasae.exporting.saved_model import ABOUT, DECISION

    fix = "make the export again with: kerasae export RUN"
    whole = check_all(path, fix)
    if not whole:
        remind(path.resolve(), "export")
    if not (path / ABOUT).is_file():
        raise RequestError(
            "predict", expected="a SavedModel that kerasae exported", received=f"{path}, without {ABOUT}"
        )
    about = read_json(path / ABOUT, {}, fix)
    if about.get("generates"):
        raise RequestError(
            "predict",
            expected="a model that answers for images",
            received=f"{path}, the export of a generator, which makes images",
        )
    about = read_json(path / ABOUT, {"image_shape": list, "class_names": list, "resize": str}, fix)
    check_operations(path)
    with loadable(path) as there:
        try:
            loaded = tf.saved_model.load(there)  # kept in the closure: its variables live as long as it does
        except Exception as error:  # TensorFlow raises almost anything
            if whole:
                raise
            raise damaged(path, in_a_line(error), fix) from None
    if "serving_default" not in loaded.signatures:
        raise damaged(path, "expected a signature 'serving_default'", fix)

    def answer(images: np.ndarray) -> dict[str, np.ndarray]:
        outputs = loaded.signatures["serving_default"](images=tf.constant(images))
        return {name: outputs[name].numpy() for name in ("label", "reconstruction", *DECISION) if name in outputs}

    return answer, about


def _prediction(path: Path, outputs: dict[str, np.ndarray], image: np.ndarray, class_names: list[str]) -> Prediction:
    probabilities: dict[str, float] = {}
    error = None
    if "label" in outputs:
        probabilities = {name: float(value) for name, value in zip(class_names, outputs["label"], strict=True)}
    top = tuple(sorted(probabilities.items(), key=lambda pair: -pair[1])[:3])
    if "reconstruction" in outputs:
        error = float(np.mean(np.square(outputs["reconstruction"] - image.astype(np.float32) / 255.0)))
    label, probability = top[0] if top else (None, None)
    score = float(outputs["anomaly_score"]) if "anomaly_score" in outputs else None
    accepted = bool(outputs["accepted"]) if "accepted" in outputs else None
    return Prediction(str(path), label, probability, top, error, score, accepted, probabilities)
