"""The verbs on many runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from kerasae.cli.app import app, out
from kerasae.cli.tables import comparison
from kerasae.quiet import load_tensorflow


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
) -> None:
    """Train recipes side by side, over seeds or folds, with tables, paired tests and one page.

    The same command again goes on where it was, and uses finished runs again.
    """
    load_tensorflow()
    from kerasae.compare import compare as verb

    made = verb(recipes, seeds=seeds, folds=folds, data=data, overrides=overrides or [], to=to)
    out.print(comparison(made))
    out.print(str(made.folder / "comparison.html"), soft_wrap=True)
    if made.num_failed:
        raise typer.Exit(1)


@app.command()
def recipes() -> None:
    """List the recipes that come with kerasae."""
    from kerasae.recipe_file import builtin, load
    from kerasae.results import cost, in_words, results, usual

    table = Table("recipe, what it trains, what came of it", Column("data", no_wrap=True), Column("cost", no_wrap=True))
    group = ""
    for name in builtin():
        if name.rpartition("/")[0] != group:
            group = name.rpartition("/")[0]
            table.add_section()
        recipe, found = load(name), usual(results(name))
        lines = [Text(name, "bold"), Text(recipe.title), *map(Text, filter(None, [in_words(found)]))]
        table.add_row(Text("\n").join(lines), recipe.data.source, cost(found))
    out.print(table)
    out.print("cost: one run's training on the machine of docs/results.md, 2 CPU cores")
