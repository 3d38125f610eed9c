"""The public API: verbs of the command line as functions, and a finished run as an object.

`kerasae.train("joint", data="images/")` does what `kerasae train joint --data images/` does, and writes the same files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae.experiments.comparison import compare as comparing
from kerasae.experiments.search import tune as tuning
from kerasae.exploration import ExplorationOptions
from kerasae.files.reading import read_json
from kerasae.inference.opening import open_predictor
from kerasae.models import JointAutoencoder
from kerasae.recipe import toml
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError
from kerasae.workflows import evaluate as evaluating
from kerasae.workflows import explore as exploring
from kerasae.workflows import export as exporting
from kerasae.workflows import generate as generating
from kerasae.workflows import predict as predicting
from kerasae.workflows import report as reporting
from kerasae.workflows import train as training

if TYPE_CHECKING:
    from kerasae.experiments.comparison.compare import Comparison
    from kerasae.experiments.search.tune import SearchResult
    from kerasae.generation import GenerationResult
    from kerasae.inference.predictor import Predictor
    from kerasae.recipe import Recipe
    from kerasae.workflows.predict import ImageInput, PredictionList

__all__ = [
    "JointAutoencoder",
    "Run",
    "compare",
    "evaluate",
    "explore",
    "export",
    "generate",
    "predict",
    "train",
    "tune",
]

FilePath = str | os.PathLike[str]
Overrides = Mapping[str, Any] | Sequence[str]


class Run(os.PathLike[str]):
    """A finished run: a folder with a trained model, its metrics, its report and its SavedModel.

    Args:
        path: the folder.

    Raises:
        RequestError: it is not the folder of a finished run.
    """

    def __init__(self, path: FilePath) -> None:
        self._folder = RunFolder.open(Path(path))
        self._predictor: Predictor | None = None  # of the first call of `predict`

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """The folder."""
        return self._folder.path

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe that the run was trained with."""
        return self._folder.recipe

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the softmax head; empty without labels."""
        return tuple(self._folder.facts.class_names)

    @property
    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds: metrics on the test images, warnings, parameter counts and timings.

        As in `run.metrics["test"]["label"]["accuracy"]`.
        """
        metrics: dict[str, Any] = read_json(self._folder.metrics, {"model": dict})
        return metrics

    def evaluate(self, *, ood: Sequence[str] = (), data: FilePath | None = None) -> dict[str, Any]:
        """Evaluate the model again; see `kerasae.evaluate`."""
        return evaluate(self, ood=ood, data=data)

    def predict(
        self,
        images: ImageInput | Sequence[ImageInput],
        *,
        heatmaps: FilePath | None = None,
        table: FilePath | None = None,
    ) -> PredictionList:
        """Predict images; see `kerasae.predict`. The model is loaded once."""
        self._predictor = self._predictor or open_predictor(self.path)
        return predicting.predict(self._predictor, images, heatmaps=_path(heatmaps), table=_path(table))

    def explore(
        self,
        *,
        split: str = "test",
        limit: int = 5_000,
        maps: Sequence[str] = ("pca", "tsne", "umap"),
        perplexity: float | None = None,
        seed: int = 0,
        data: FilePath | None = None,
    ) -> Path:
        """Explore the latent space; see `kerasae.explore`."""
        return explore(self, split=split, limit=limit, maps=maps, perplexity=perplexity, seed=seed, data=data)

    def generate(
        self,
        *,
        classes: Sequence[str] = (),
        count: int = 100,
        noise: float = 1.0,
        between: tuple[str, str] | None = None,
        judge: FilePath | None = None,
        seed: int = 0,
    ) -> GenerationResult:
        """Sample images; see `kerasae.generate`."""
        return generate(self, classes=classes, count=count, noise=noise, between=between, judge=judge, seed=seed)

    def export(self, to: FilePath | None = None, *, data: FilePath | None = None) -> Path:
        """Write the SavedModel; see `kerasae.export`."""
        return export(self, to=to, data=data)

    def report(self, *, data: FilePath | None = None) -> Path:
        """Draw the figures and write the report again, and return the path of the page.

        Args:
            data: where the images are now; None for where they were.

        Raises:
            RequestError: the run is not evaluated, or its images have changed.
        """
        return reporting.report(self.path, data=_source(data))


def train(
    recipe: FilePath | None = None,
    data: FilePath | None = None,
    *,
    run: FilePath | None = None,
    overrides: Overrides = (),
    resume: bool = False,
) -> Run:
    """Train a recipe, then evaluate, report and export the run.

    Args:
        recipe: the name of a built-in recipe or the path of a TOML file; None for `joint`, or for `digits-joint` with
            the digits or without `data`.
        data: a source of images in place of the recipe's: "digits", "cifar10", "mnist", "fashion_mnist", a folder, or
            an .npz, .csv or .tsv file.
        run: the folder to create; None for the next free one below `runs/`. With `resume`, the folder of the run.
        overrides: values of any fields, as {"phases.0.epochs": 5} or ["phases.0.epochs=5"].
        resume: whether to finish an interrupted run, to the same result. It keeps its own recipe.

    Raises:
        RequestError: the request is wrong; nothing is written then.
        DivergedError: the loss is no longer finite.
    """
    if resume:
        if run is None or recipe is not None or data is not None or overrides:
            raise RequestError("resume", expected="run and nothing else, since a run keeps its own recipe")
        return Run(training.resume(Path(run)))
    name = os.fspath(recipe) if recipe is not None else training.default_recipe(_source(data))
    folder = training.train(name, data=_source(data), run=_path(run), overrides=_assignments(overrides))
    return Run(folder)


def evaluate(run: FilePath, *, ood: Sequence[str] = (), data: FilePath | None = None) -> dict[str, Any]:
    """Evaluate a run on its test images again and write its report; or measure it on out-of-distribution (OOD) images.

    Args:
        run: the folder of a finished run.
        ood: sources of OOD images, or transforms of the test images such as "invert"; empty for the test images.
        data: where the run's images are now; None for where they were.

    Returns:
        What metrics.json holds; with `ood`, what unknown.json holds, by source.

    Raises:
        RequestError: the run is not finished, its images are gone or changed, a source does not exist, or another
            process is writing to the run.
    """
    path, source = Path(run), _source(data)
    if ood:
        measurements = evaluating.evaluate_ood(path, list(ood), data=source).ood
        return {name: measurement.to_json() for name, measurement in measurements.items()}
    evaluating.evaluate(path, data=source)
    return Run(path).metrics


def predict(
    model: FilePath,
    images: ImageInput | Sequence[ImageInput],
    *,
    heatmaps: FilePath | None = None,
    table: FilePath | None = None,
) -> PredictionList:
    """Predict images by a run or by an export.

    Args:
        model: the folder of a finished run or of its SavedModel.
        images: paths of images or folders, PIL images, or uint8 arrays (H, W) or (H, W, C), [0, 255]; one of them, a
            sequence, or an array (n, H, W) or (n, H, W, C).
        heatmaps: a new folder for a PNG of each image: the image, its reconstruction, and where the two differ.
        table: a new CSV file with a row for each image.

    Returns:
        A sequence of `Prediction` in the order of the images, which shows as a table in a notebook.

    Raises:
        RequestError: an image is missing or cannot be decoded, or `heatmaps` or `table` exists.
    """
    return predicting.predict(Path(model), images, heatmaps=_path(heatmaps), table=_path(table))


def explore(
    run: FilePath,
    *,
    split: str = "test",
    limit: int = 5_000,
    maps: Sequence[str] = ("pca", "tsne", "umap"),
    perplexity: float | None = None,
    seed: int = 0,
    data: FilePath | None = None,
) -> Path:
    """Explore the latent space of a run: maps, distances, neighbors, filters, and an interactive page.

    Args:
        run: the folder of a finished run.
        split: "train", "validation" or "test".
        limit: the largest number of images on a map.
        maps: which maps.
        perplexity: of t-SNE; None for 30.
        seed: seeds the maps.
        data: where the run's images are now; None for where they were.

    Returns:
        The path of the page.

    Raises:
        RequestError: an option does not fit the images, or the run's model has no latent space to explore.
    """
    options = ExplorationOptions(split, limit, tuple(dict.fromkeys(maps)), perplexity, seed)
    return exploring.explore(Path(run), options, data=_source(data))


def generate(
    run: FilePath,
    *,
    classes: Sequence[str] = (),
    count: int = 100,
    noise: float = 1.0,
    between: tuple[str, str] | None = None,
    judge: FilePath | None = None,
    seed: int = 0,
) -> GenerationResult:
    """Sample images from a run's model, and judge them by a classifier.

    Args:
        run: the folder of a finished run whose model can generate images.
        classes: names of the classes to sample; empty for all.
        count: images of each class and method.
        noise: standard deviation relative to the training images; 1 is as diverse as they are.
        between: two classes or paths of images to interpolate between.
        judge: the folder of a classifier's run; None trains one on the run's images, once.
        seed: seeds the samples.

    Returns:
        What generated.json holds: metrics of the samples. Page and images are in the run's folder `generated`.

    Raises:
        RequestError: the request is wrong; nothing is written then.
    """
    return generating.generate(
        Path(run),
        classes=list(classes),
        count=count,
        noise=noise,
        between=between,
        judge=_path(judge),
        seed=seed,
    )


def export(run: FilePath, *, to: FilePath | None = None, data: FilePath | None = None) -> Path:
    """Write the SavedModel of a run, verify it in a fresh process, and return its path.

    Args:
        run: the folder of a finished run.
        to: the folder to create; None for RUN/export, which is replaced.
        data: where the run's images are now; None for where they were.

    Raises:
        RequestError: the run is not finished, its images have changed, or `to` exists.
        ExportError: a fresh process could not load the SavedModel or disagreed.
    """
    return exporting.export(Path(run), to=_path(to), data=_source(data))


def compare(
    recipes: Sequence[FilePath],
    *,
    seeds: int | None = None,
    folds: int | None = None,
    data: FilePath | None = None,
    overrides: Overrides = (),
    to: FilePath | None = None,
) -> Comparison:
    """Train recipes side by side over seeds or folds, with paired tests and a page. Calling it again resumes.

    Args:
        recipes: names of built-in recipes, paths of TOML files, or folders of runs; the first is the baseline.
        seeds: runs of each recipe; None for 3, or 1 with folds.
        folds: the number of folds of a cross-validation over the training set; None for none.
        data: the same source for all recipes.
        overrides: values of any fields of every recipe.
        to: the folder of the comparison; None for `comparisons/NAME`.

    Raises:
        RequestError: the request is wrong; no run is trained then.
    """
    return comparing.compare(
        [os.fspath(recipe) for recipe in recipes],
        seeds=seeds,
        folds=folds,
        data=_source(data),
        overrides=_assignments(overrides),
        to=_path(to),
    )


def tune(
    recipe: FilePath | None = None,
    data: FilePath | None = None,
    *,
    overrides: Overrides = (),
    name: str | None = None,
    workers: int | None = None,
    retrain: int | None = None,
) -> SearchResult | None:
    """Search a recipe's depth, width or any other field, and write the best recipe. Calling it again resumes.

    Args:
        recipe: the name of a built-in recipe or the path of a TOML file; its table `search` says what is searched.
            None for `joint`, or for `digits-search` with the digits or without `data`.
        data: a source in place of the recipe's.
        overrides: values of any fields, such as {"search.max_trials": 30}.
        name: of the folder below `tuner_runs`; None for the recipe's name.
        workers: trials at once on this machine; None for 1.
        retrain: over how many seeds the best recipe is compared with the default one; None for no comparison.

    Returns:
        The finished search; None in a worker of a search over several machines.

    Raises:
        RequestError: the request is wrong, or no trial succeeded.
    """
    name_or_file = os.fspath(recipe) if recipe is not None else tuning.default_recipe(_source(data))
    return tuning.tune(
        name_or_file,
        data=_source(data),
        overrides=_assignments(overrides),
        name=name,
        workers=workers,
        retrain=retrain,
    )


def _path(path: FilePath | None) -> Path | None:
    return None if path is None else Path(path)


def _source(data: FilePath | None) -> str | None:
    return None if data is None else os.fspath(data)


def _assignments(overrides: Overrides) -> list[str]:
    """Return overrides as the command line takes them: KEY=VALUE, the value as TOML."""
    if not isinstance(overrides, Mapping):
        return list(overrides)
    assignments = []
    for field, value in overrides.items():
        try:
            assignments.append(f"{field}={toml.inline(value.item() if hasattr(value, 'item') else value)}")
        except (TypeError, ValueError):
            raise RequestError(
                f"overrides: {field}",
                expected="a number, a string, a boolean, or lists and tables of those",
                received=repr(value),
            ) from None
    return assignments
