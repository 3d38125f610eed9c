"""The verbs on many runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from kerasae.cli.app import TrustPlugins, app, stdout_console
from kerasae.cli.tables import comparison_table, search_table
from kerasae.utils.tensorflow import load_tensorflow

if TYPE_CHECKING:
    from kerasae.experiments.comparison.compare import Comparison


@app.command()
def compare(
    recipes: Annotated[
        list[str],
        typer.Argument(metavar="RECIPE...", help="Recipes' names, TOML files, or runs; the first is the baseline."),
    ],
    seeds: Annotated[int | None, typer.Option(metavar="N", help="Runs of each recipe; 3, or 1 with folds.")] = None,
    folds: Annotated[
        int | None, typer.Option(metavar="K", help="Cross-validate over K folds of the training set.")
    ] = None,
    data: Annotated[str | None, typer.Option(metavar="SOURCE", help="The same data for all recipes.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set any field in every recipe.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to keep it; comparisons/NAME if left out.")
    ] = None,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Train recipes side by side, over seeds or folds, with tables, paired tests and one page.

    Rerunning the command resumes, and reuses finished runs.
    """
    load_tensorflow()
    from kerasae.experiments.comparison.compare import compare as verb

    comparison = verb(recipes, seeds=seeds, folds=folds, data=data, overrides=overrides or [], to=to)
    _show(comparison)


@app.command()
def tune(
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="[RECIPE]", help="A recipe's name or a TOML file; its table `search` is followed."),
    ] = None,
    data: Annotated[str | None, typer.Option(metavar="SOURCE", help="In place of the recipe's data.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set any field, as in search.max_trials=30.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Of the folder below tuner_runs.")] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Trials at once on this machine; 1.")] = None,
    retrain: Annotated[
        int | None, typer.Option(metavar="N", help="Compare the best recipe with the default one over N seeds.")
    ] = None,
    wait: Annotated[float, typer.Option(metavar="SECONDS", help="For a chief, or for workers, to answer.")] = 60.0,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Search a recipe's depth, width or any other field, and write the best recipe and a report.

    Without a recipe: `digits-search` on the digits, or `joint` on the data that you name. Rerunning the command
    resumes.
    """
    load_tensorflow()
    from kerasae.experiments.search import tune as verb

    name_or_file = recipe or verb.default_recipe(data)
    search = verb.tune(
        name_or_file, data=data, overrides=overrides or [], name=name, workers=workers, retrain=retrain, wait=wait
    )
    if search is not None:
        stdout_console.print(search_table(search))
        if search.comparison is not None:
            _show(search.comparison)


@app.command()
def recipes() -> None:
    """List the recipes that come with kerasae."""
    from kerasae.recipe.loading import builtin, load
    from kerasae.recipe.results import cost, header_result, in_words, results, usual

    table = Table("recipe, what it trains, its result", Column("data", no_wrap=True), Column("cost", no_wrap=True))
    group = ""
    for name in builtin():
        if name.rpartition("/")[0] != group:
            group = name.rpartition("/")[0]
            table.add_section()
        recipe, result = load(name), usual(results(name))
        lines = [
            Text(name, "bold"),
            Text(recipe.title),
            *map(Text, filter(None, [in_words(result) or header_result(name)])),
        ]
        source = recipe.data.source if "source" in recipe.data.model_fields_set else "any"
        table.add_row(Text("\n").join(lines), source, cost(result))
    stdout_console.print(table)
    stdout_console.print("data: any is what --data names, else the digits of scikit-learn")
    stdout_console.print("cost: one run's training on 2 CPU cores, at most (docs/results.md says on which machines)")


def _show(comparison: Comparison) -> None:
    """Print the table of a comparison and the path of its page; exit with code 1 if one of its runs failed."""
    stdout_console.print(comparison_table(comparison))
    stdout_console.print(str(comparison.page), soft_wrap=True)
    if comparison.num_failed:
        raise typer.Exit(1)
