"""The verb that predicts: classes, reconstruction errors and decisions for images, by a run or an export."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from kerasae.data.image_inputs import read_each
from kerasae.data.image_objects import ImageObject, read_object
from kerasae.data.images import batch_size
from kerasae.files.writing import written_whole
from kerasae.inference.opening import open_predictor
from kerasae.inference.prediction import Prediction, PredictionList, predictions_of
from kerasae.inference.predictor import Predictor
from kerasae.ood.figures.images import triptych
from kerasae.runs.folder import check_new
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console


__all__ = ["Prediction", "PredictionList", "predict"]

MAX_STEM = 60  # characters of an image's name in the name of its heatmap
ImageInput = str | Path | ImageObject


def predict(
    model: str | Path | Predictor,
    images: ImageInput | Sequence[ImageInput],
    *,
    heatmaps: Path | None = None,
    table: Path | None = None,
    console: Console | None = None,
) -> PredictionList:
    """Predict images in the given order.

    Args:
        model: a run's directory or an exported SavedModel, or what `open_predictor` returned for one.
        images: paths of images or of folders, PIL images, or arrays uint8 (H, W) or (H, W, C), [0, 255]; one of them, a
            sequence, or an array (n, H, W) or (n, H, W, C). A file in a folder that cannot be decoded is left
            out, with a line on the console.
        heatmaps: a new folder for a PNG of each image: the image as the model sees it, its reconstruction, and where
            the two differ.
        table: a new CSV file with a row for each image, which holds the probability of every class.
        console: shows progress, and which files are left out; standard error if None.

    Raises:
        RequestError: `model` is neither a run nor an export, or an export that may do more than compute; an image is
            missing or cannot be decoded; `heatmaps` or `table` exists; or `heatmaps` is set and the model has no
            reconstruction head.
    """
    for option, path in (("--heatmaps", heatmaps), ("--csv", table)):
        if path is not None:
            check_new(path, option)
    predictor = model if isinstance(model, Predictor) else open_predictor(Path(model))
    named_images = _read(_as_sequence(images), predictor, console or stderr_console())
    size = batch_size(predictor.image_shape)
    predictions: list[Prediction] = []
    with contextlib.ExitStack() as stack:
        folder = None if heatmaps is None else stack.enter_context(written_whole(heatmaps, replaces=False))
        while chunk := list(itertools.islice(named_images, size)):
            names, batch = [name for name, _ in chunk], np.stack([image for _, image in chunk])
            outputs = predictor.predict(batch)
            if folder is not None:
                if outputs.reconstruction is None:
                    raise RequestError(
                        "--heatmaps",
                        expected="a model that rebuilds images",
                        received=f"{predictor.path}, which does not",
                    )
                _write_heatmaps(folder, names, batch, outputs.reconstruction, first=len(predictions))
            predictions += predictions_of(names, outputs, predictor.class_names)
    result = PredictionList(tuple(predictions))
    if table is not None:
        result.to_csv(table)
    return result


def _as_sequence(images: ImageInput | Sequence[ImageInput]) -> Sequence[ImageInput]:
    """Return one image as a sequence of itself, and an array of images as a sequence of arrays."""
    if isinstance(images, np.ndarray):
        is_batch = images.ndim == 4 or (images.ndim == 3 and images.shape[2] not in (1, 3))
        return list(images) if is_batch else [images]
    if isinstance(images, str | Path | Image.Image):
        return [images]
    return images


def _read(images: Sequence[ImageInput], predictor: Predictor, console: Console) -> Iterator[tuple[str, np.ndarray]]:
    """Read images one after the other in the shape that the predictor takes: name and uint8 (H, W, C)."""
    shape, resize, limits = predictor.image_shape, predictor.resize, predictor.limits
    for are_paths, group in itertools.groupby(enumerate(images), lambda item: isinstance(item[1], str | Path)):
        if are_paths:
            paths = [Path(path) for _, path in group if isinstance(path, str | Path)]
            for path, pixels in read_each(paths, shape, resize, "predict", console, limits):
                yield str(path), pixels
            continue
        for index, image in group:
            assert not isinstance(image, str | Path)
            name = str(getattr(image, "filename", "") or f"image {index}")
            yield name, read_object(image, shape, resize, "predict", limits)


def _write_heatmaps(
    folder: Path, names: Sequence[str], images: np.ndarray, reconstructions: np.ndarray, *, first: int
) -> None:
    """Write a heatmap for each image; a number from `first` on tells images of the same name apart."""
    folder.mkdir(exist_ok=True)
    for number, name, image, reconstruction in zip(
        itertools.count(first), names, images, reconstructions, strict=False
    ):
        pixels = triptych(image, reconstruction)
        Image.fromarray(pixels).save(folder / f"{number:04d}-{Path(name).stem[:MAX_STEM]}.png")
