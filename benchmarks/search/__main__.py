"""What a search of depth and width finds, and what it costs, on 10,000 training images of Fashion-MNIST.

    python -m benchmarks.search run [found algorithms pruning workers samplers] [--data SOURCE] [--to FOLDER]
    python -m benchmarks.search keep FOLDER
    python -m benchmarks.search tables

`found`       the best recipe of a random search against the default one, on test images, over several seeds.
`algorithms`  the four algorithms at equal cost: as many epochs as Hyperband takes.
`pruning`     the same search with and without the median rule: seconds, and what was found.
`workers`     two workers against one: wall time of the same short search, one right after the other.
`samplers`    the Bayesian search against Optuna's TPE, the same space and trials of 5 epochs, once for each seed;
              `bayesian` and `tpe` run one of the two.

Every part goes on where it was killed, and leaves what it found in FOLDER/results.json; `keep` takes that into a file
beside this program, and `tables` writes the tables of docs/search.md from it.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before anything of the package

import numpy as np
import typer

from benchmarks.pages import fill
from benchmarks.search.tables import KEPT, PAGE, table
from kerasae.data.collection import open_collection
from kerasae.data.collection_cache import Opener
from kerasae.experiments.search.algorithm import TrialSpec
from kerasae.experiments.search.parameters import Parameter
from kerasae.experiments.search.plan import SearchPlan
from kerasae.experiments.search.results import TrialResult, best_result, read_results, trial_folder
from kerasae.experiments.search.trial import run_trial
from kerasae.experiments.search.tune import tune
from kerasae.files.reading import read_json
from kerasae.files.writing import write_json, write_text, written_whole
from kerasae.recipe.loading import load

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
PARTS = ("found", "algorithms", "pruning", "workers", "samplers")
RECIPE = """
extends = "joint"
title = "The default joint model on Fashion-MNIST"

[data]
source = {source}
validation = 0.1
class_weights = "none"

[model]
encoder = {{ name = "prototype", filters = [16, 32] }}
decoder = {{ name = "prototype", filters = [16, 32] }}

[[phases]]
name = "joint"
learns = ["encoder", "decoder", "classifier"]
epochs = {epochs}
batch_size = 64
optimizer = {{ name = "adam", learning_rate = 1e-3, weight_decay = 1e-2 }}
schedule = {{ name = "cosine", warmup = 0.05 }}
loss_weights = {{ reconstruction = 10.0 }}

[search]
objective = "val_label_accuracy"

[search.space]
"model.encoder.filters" = {{ depth = [1, 2], width = [16, 32, 48, 64, 96, 128], mirror = ["model.decoder.filters"] }}
"model.encoder.kernel_size" = {{ choice = [3, 4, 5], also = ["model.decoder.kernel_size"] }}
"model.dropout" = {{ range = [0.0, 0.4] }}
"phases.0.optimizer.learning_rate" = {{ range = [3e-4, 1e-2], log = true }}
"""

# Epochs of a trial where samplers are compared, of which only the choices matter; trials where only the pace does.
BRIEF = 5
FEW = 12


class Bench:
    """The parts of the benchmark, in a folder of their own."""

    def __init__(self, folder: Path, source: str, images: int, trials: int, epochs: int, seeds: int) -> None:
        self.folder, self.trials, self.epochs, self.seeds = folder, trials, epochs, seeds
        data = folder / "pictures.npz"
        folder.mkdir(parents=True, exist_ok=True)
        if not data.is_file():
            cut(source, images, data)
        self.recipe = folder / "searched.toml"
        self.recipe.write_text(RECIPE.format(source=json.dumps(str(data.resolve())), epochs=epochs))
        self.kept = folder / "results.json"
        self.results: dict[str, Any] = read_json(self.kept) if self.kept.is_file() else {}

    def search(self, name: str, *overrides: str, workers: int = 1, retrain: int | None = None) -> dict[str, Any]:
        """Run a search to its end and return what it came to; wall time is that of all its starts."""
        given = [f"search.max_trials={self.trials}", f"search.directory={json.dumps(str(self.folder))}", *overrides]
        made = tune(str(self.recipe), name=name, overrides=given, workers=workers, retrain=retrain)
        assert made is not None
        found = read_results(made.plan.folder)
        state = json.loads((made.plan.folder / "oracle.json").read_text())
        result = {**summary(made.plan, found), "wall_seconds": state["seconds_spent"]}
        if made.comparison is not None:
            compared = made.comparison.result.to_json()
            result["test"] = {one["name"]: one["measures"]["accuracy"] for one in compared["recipes"]}
            result["paired"] = [row for row in compared["paired"] if row["measure"] == "accuracy"]
        kept = self.results.get("searches", {})
        result = {**kept.get(name, {}), **result}  # what was measured on test images stays
        self.keep("searches", {**kept, name: result})
        return result

    def keep(self, name: str, value: Any) -> None:
        self.results[name] = value
        write_json(self.kept, self.results)

    def found(self) -> None:
        result = self.search("random", retrain=self.seeds)
        default, best = result["test"]["default"]["mean"], result["test"]["best"]["mean"]
        print(f"test accuracy over {self.seeds} seeds: default {default:.4f}, best found {best:.4f}")
        print(f"errors, default / found: {(1 - default) / max(1 - best, 1e-9):.2f}")

    def algorithms(self) -> None:
        hyperband = self.search("hyperband", 'search.algorithm="hyperband"', "search.max_trials=100000")
        epochs = hyperband["epochs"]
        for algorithm in ("random", "grid", "bayesian"):
            count = max(1, round(epochs / self.epochs))
            overrides = [f'search.algorithm="{algorithm}"', f"search.max_trials={count}"]
            if algorithm == "grid":
                overrides += ["search.space=" + coarse(count), "search.max_trials=100000"]
            result = self.search(f"equal-{algorithm}", *overrides)
            print(f"{algorithm:10} best {result['best']:.4f} in {result['epochs']} epochs, {result['seconds']:.0f} s")
        print(f"{'hyperband':10} best {hyperband['best']:.4f} in {epochs} epochs, {hyperband['seconds']:.0f} s")

    def pruning(self) -> None:
        whole, pruned = self.search("random"), self.search("pruned", "search.prune=true")
        print(f"without pruning: best {whole['best']:.4f}, {whole['epochs']} epochs, {whole['seconds']:.0f} s")
        print(f"median rule:     best {pruned['best']:.4f}, {pruned['epochs']} epochs, {pruned['seconds']:.0f} s, "
              f"{pruned['pruned']} of {pruned['trials']} pruned")  # fmt: skip
        print(f"seconds, without / with: {whole['seconds'] / pruned['seconds']:.2f}")

    def workers(self) -> None:
        few = f"search.max_trials={FEW}"
        one, two = self.search("one-worker", few), self.search("two-workers", few, workers=2)
        print(f"one worker {one['wall_seconds']:.0f} s, two {two['wall_seconds']:.0f} s")
        print(f"wall time, one / two: {one['wall_seconds'] / two['wall_seconds']:.2f}")

    def bayesian(self) -> None:
        for seed in range(self.seeds):
            overrides = (f"search.seed={seed}", 'search.algorithm="bayesian"', f"search.max_epochs={BRIEF}")
            self.search(f"bayesian-seed-{seed}", *overrides)

    def tpe(self) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        for seed in range(self.seeds):
            self._tpe(optuna, SearchPlan.read(self.folder / "bayesian-seed-0"), seed)

    def samplers(self) -> None:
        self.bayesian()
        self.tpe()
        found = {
            name: [scores(self.folder / f"{name}-seed-{seed}") for seed in range(self.seeds)]
            for name in ("tpe", "bayesian")
        }
        self.keep("samplers", found)
        means = {name: statistics.fmean(max(curve) for curve in curves) for name, curves in found.items()}
        for name, curves in found.items():
            print(f"{name:10} best of {self.trials} trials: mean {means[name]:.4f} over {self.seeds} seeds, "
                  f"{', '.join(f'{max(curve):.4f}' for curve in curves)}")  # fmt: skip
        print(f"errors, Optuna's TPE / Bayesian: {(1 - means['tpe']) / max(1 - means['bayesian'], 1e-9):.2f}")

    def _tpe(self, optuna: Any, search: SearchPlan, seed: int) -> None:
        """Run Optuna's sampler over the space of `search`, and every trial as a search does."""
        folder = self.folder / f"tpe-seed-{seed}"
        copy = replace(search, name=folder.name, folder=folder)
        opener = Opener()
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        for number in range(self.trials):
            trial = study.ask()
            values: dict[str, Any] = {}
            for parameter in search.space.parameters:
                if parameter.is_active(values):
                    values[parameter.name] = suggested(trial, parameter)
            id = f"{number:04d}"
            outcome = TrialResult.read(trial_folder(folder, id)) or run_trial(copy, TrialSpec(id, values), opener)
            study.tell(trial, outcome.score if outcome.score is not None else 0.0)


def scores(folder: Path) -> list[float]:
    return [one.score for one in read_results(folder) if one.score is not None]


def suggested(trial: Any, parameter: Parameter) -> Any:
    if parameter.kind == "choice":
        return parameter.decode(trial.suggest_categorical(parameter.name, parameter.encoded_choices))
    suggest = trial.suggest_int if parameter.kind == "int" else trial.suggest_float
    return suggest(parameter.name, parameter.low, parameter.high, log=parameter.log)


def coarse(count: int) -> str:
    """Return a grid of the space with about so many combinations, as a value for `--set`."""
    rates = [float(f"{rate:.2g}") for rate in np.geomspace(3e-4, 1e-2, max(1, count // 2))]
    return (
        '{ "model.encoder.filters" = { depth = [1, 2], width = [48], mirror = ["model.decoder.filters"] }, '
        f'"phases.0.optimizer.learning_rate" = {rates} }}'
    )


def summary(search: SearchPlan, found: list[TrialResult]) -> dict[str, Any]:
    best = best_result(found, search.objective)
    return {
        "best": None if best is None else best.score,
        "values": {} if best is None else best.values,
        "trials": len(found),
        "pruned": sum(one.status == "pruned" for one in found),
        "failed": sum(one.status == "failed" for one in found),
        "epochs": sum(one.epochs for one in found),
        "seconds": sum(one.seconds for one in found),
    }


def cut(source: str, count: int, path: Path) -> None:
    """Keep the first `count` training images and all test images as an .npz."""
    recipe = load("joint", [f"data.source={json.dumps(source)}", "data.validation=0.01"])
    collection = open_collection(recipe.data, classifies=True)
    train, test = collection.train, collection.test
    chosen = np.arange(min(count, len(train)))
    with written_whole(path) as temporary:
        np.savez_compressed(
            temporary,
            x_train=train.load(chosen),
            y_train=train.labels[chosen],
            x_test=test.load(np.arange(len(test))),
            y_test=test.labels,
        )


@app.command()
def run(
    parts: Annotated[list[str] | None, typer.Argument(metavar="[PART]...", help="All if left out.")] = None,
    data: Annotated[str, typer.Option(help="Any source that kerasae reads.")] = "fashion_mnist",
    images: Annotated[int, typer.Option(help="Training images.")] = 10_000,
    trials: Annotated[int, typer.Option(help="Of a search.")] = 30,
    epochs: Annotated[int, typer.Option(help="Of a trial, and of the recipes that are compared.")] = 9,
    seeds: Annotated[int, typer.Option(help="Of the recipes and of the samplers that are compared.")] = 3,
    to: Annotated[Path, typer.Option(help="Where the searches lie.")] = Path("tuner_runs/benchmark"),
) -> None:
    """Measure."""
    if unknown := set(parts or ()) - {*PARTS, "bayesian", "tpe"}:
        raise typer.BadParameter(f"expected some of {', '.join(PARTS)}. Received: {', '.join(sorted(unknown))}")
    bench = Bench(to, data, images, trials, epochs, seeds)
    for name in parts or PARTS:
        print(f"{name}:", flush=True)
        part: Callable[[], None] = getattr(bench, name)
        part()


@app.command()
def keep(folder: Annotated[Path, typer.Argument(help="What `run --to` was given.")]) -> None:
    """Keep what was measured."""
    write_text(KEPT, json.dumps(read_json(folder / "results.json"), indent=1) + "\n")


@app.command()
def tables() -> None:
    """Write the tables."""
    fill(PAGE, table)


if __name__ == "__main__":
    app()
