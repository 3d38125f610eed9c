"""The judge of generated images: a classifier that had no part in making them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.data.images import batch_size
from kerasae.files.manifest import begin as begin_manifest
from kerasae.files.writing import write_json
from kerasae.inference.forward import collected, forward
from kerasae.models import JointAutoencoder, load_trained, model_with_features
from kerasae.recipe.loading import load, parse
from kerasae.runs.environment import environment
from kerasae.runs.run import Run
from kerasae.training import fit
from kerasae.training.distribution import strategy
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.recipe import Recipe

STEPS = 2_000  # that a judge is trained for, in whole epochs
FEWEST_EPOCHS, MOST_EPOCHS = 3, 100


@dataclass(frozen=True)
class Opinion:
    """What a judge makes of n images: the classes it names, int (n,), and its features, float32 (n, d)."""

    named: np.ndarray
    features: np.ndarray


class Judge:
    """A trained classifier with the classes of a run.

    Args:
        path: where its own run lies.
        model: with a softmax head.
        class_names: the judge's classes, in the order of its head.
        asked: the run's classes; what the judge names is counted in their order, -1 for a class that is none of them.
    """

    def __init__(
        self, path: Path, model: JointAutoencoder, class_names: tuple[str, ...], asked: tuple[str, ...]
    ) -> None:
        self.path = path
        inner = model_with_features(model)
        self._call = forward(keras.Model(inner.input, {name: inner.output[name] for name in ("label", "latent")}))
        self._places = np.array([asked.index(name) if name in asked else -1 for name in class_names])

    def __call__(self, images: np.ndarray) -> Opinion:
        """Judge uint8 images (n, H, W, C), n above 0; features are the latent below the softmax head, pooled."""
        size = batch_size(images.shape[1:])
        found = collected(self._call(images[start : start + size]) for start in range(0, len(images), size))
        return Opinion(self._places[found["label"].argmax(axis=1)], found["latent"])


def check_judge(path: Path, run: Run) -> None:
    """Refuse a judge that cannot judge the images of a run, before any work.

    Raises:
        RequestError: it is no run, the run itself, has no softmax head, or other classes or shapes.
    """
    judge = Run.open(path)
    if path.resolve() == run.path.resolve():
        raise RequestError(
            "--judge", expected="another run, since none judges its own images", received=f"{str(path)!r}"
        )
    if "label" not in judge.recipe.heads:
        raise RequestError(
            "--judge",
            expected="a run that classifies",
            received=f"{str(path)!r}, which does not",
            fix="train one with: kerasae train judge --data SOURCE",
        )
    names, known = (one.facts.class_names for one in (run, judge))
    missing = [name for name in names if name not in known]
    if missing:
        raise RequestError(
            "--judge",
            expected=f"a run that knows the classes {', '.join(names)}",
            received=f"{str(path)!r}, which does not know {', '.join(missing)}",
        )
    shapes = [one.recipe.data.image_shape for one in (run, judge)]
    if shapes[0] != shapes[1]:
        raise RequestError(
            "--judge",
            expected=f"a run on images of {shapes[0]}",
            received=f"{str(path)!r}, on {shapes[1]}",
            fix=f"train one with --set 'data.image_shape={shapes[0]}'",
        )


def judge_of(run: Run, collection: Collection, given: Path | None = None) -> Judge | None:
    """Return a run's judge: the one that is given, or a classifier of its own.

    Its own is trained once, on the run's training images, and kept in RUN/generated/judge.

    Returns:
        None where there is none to train, for want of two classes.

    Raises:
        RequestError: as `check_judge`.
    """
    if given is not None:
        check_judge(given, run)
        return _opened(Run.open(given), collection)
    if len(collection.class_names) < 2 or (collection.train.labels >= 0).sum() < 2 * len(collection.class_names):
        return None
    own = Run(run.generated / "judge")
    if not own.model.is_file():
        _train(own, run, collection)
    return _opened(own, collection)


def _opened(run: Run, collection: Collection) -> Judge:
    names = tuple(run.facts.class_names)
    return Judge(run.path, load_trained(run, needs_rejection=False).model, names, collection.class_names)


def _train(own: Run, run: Run, collection: Collection) -> None:
    recipe = own.recipe if own.recipe_file.is_file() else _recipe(run, collection)
    epochs = recipe.phases[0].epochs
    stderr_console().print(
        f"a judge is trained on the run's own images, {epochs} epochs, once; it is kept in {own.path}", soft_wrap=True
    )
    own.path.mkdir(parents=True, exist_ok=True)
    begin_manifest(own.path)
    write_json(own.data_facts, run.facts.to_json())
    write_json(own.environment, environment(precision=recipe.precision, jit_compile=recipe.jit_compile))
    write_json(own.recipe_file, recipe.model_dump(mode="json"))
    fit(own, recipe, collection)


def _recipe(run: Run, collection: Collection) -> Recipe:
    """Return the recipe `judge` on the images of a run, with as many epochs as make `STEPS`."""
    theirs = run.recipe
    tree: dict[str, Any] = load("judge").model_dump(mode="json")
    data = theirs.data.model_dump(mode="json")
    tree["data"] = {**data, "class_weights": "none", "labelled_share": "natural"}
    tree |= {key: getattr(theirs, key) for key in ("precision", "jit_compile")}
    tree["distribution"] = theirs.distribution.model_dump(mode="json")
    if any(side % 4 for side in collection.image_shape[:2]):  # the convolutions halve them twice
        tree["model"] |= {"encoder": {"name": "mlp", "units": [512, 128]}, "classifier": {"name": "mlp", "dense": []}}
    phase = tree["phases"][0]
    num_labelled = int((collection.train.labels >= 0).sum())
    replicas = strategy(theirs.distribution.devices).num_replicas_in_sync
    phase["batch_size"] = max(1, min(phase["batch_size"], num_labelled) // replicas) * replicas
    steps = max(1, num_labelled // phase["batch_size"])
    phase["min_steps"] = 0
    phase["epochs"] = int(np.clip(-(-STEPS // steps), FEWEST_EPOCHS, MOST_EPOCHS))
    return parse(tree)
