"""Generators side by side, by the same judge: keep what a run generated, and write the table of docs/generation.md.

    python -m benchmarks.generation keep RUN study-c/acgan --set phases.0.epochs=10
    python -m benchmarks.generation tables

`keep` takes RUN/generated/generated.json, as `kerasae generate RUN --judge JUDGE --count 1000` left it, into a small
file in benchmarks/generation/results/; `tables` writes the table of docs/generation.md from what is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.pages import command, fill, in_lines, kept_in, lines
from benchmarks.trained import opened
from kerasae.files.reading import read_json
from kerasae.files.writing import write_text
from kerasae.recipe.loading import load
from kerasae.recipe.results import experiment
from kerasae.runs.history import read_history

KEPT = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "generation.md"
COLUMNS = [
    *("pictures", "agreement", "worst class", "Frechet", "diversity", "nearest", "copies", "epochs", "training"),
    "command",
]
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def tables() -> None:
    """Write the table."""
    fill(PAGE, table)


@app.command()
def keep(
    run: Annotated[Path, typer.Argument(help="A run that has generated images.")],
    recipe: Annotated[str, typer.Argument(help="The built-in recipe that it was trained with.")],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, as it was trained with.")] = None,
) -> None:
    """Keep what a run generated."""
    made = opened(run, recipe, overrides or [])
    source = Path(made.recipe.data.source).stem
    history = read_history(made.history)
    found = read_json(made.generated / "generated.json")
    kept = {
        "recipe": recipe,
        "overrides": overrides or [],
        "settings": experiment(load(recipe, [*(overrides or []), f"data.source={source}"])),
        "epochs": len(history),
        "seconds": round(float(history.columns["seconds"].sum()), 1),
        "count": found["count"],
        "real": found["real"],
        "methods": found["methods"],
    }
    write_text(KEPT / f"{recipe.replace('/', '-')}.json", in_lines(_short(kept)))


def table(source: str) -> str:
    """Return the table of a source of images: a row a method of each kept run, and real images last."""
    kept = [one for one in kept_in(KEPT) if one["settings"]["data"]["source"] == source]
    cells = [COLUMNS]
    for one in kept:
        typed = command("train", one["recipe"], one["overrides"], "--data", source)
        for name, method in one["methods"].items():
            title = f"{one['recipe']}, {name}" if len(one["methods"]) > 1 else one["recipe"]
            made = (str(one["epochs"]), f"{one['seconds'] / 60:.0f} min", f"`{typed}`")
            cells.append([title, *_measures(method, method["frechet"]["distance"]), *made])
    if kept:
        first = next(iter(kept[0]["methods"].values()))
        cells.append(["real images", *_measures(kept[0]["real"], first["frechet"]["real"]), "-", "-", "-"])
    return lines(cells)


def _measures(one: dict[str, Any], frechet: float) -> tuple[str, ...]:
    agreement = one.get("agreement")
    return (
        f"{agreement['overall']:.1%}" if agreement else f"classes off by {one['balance']['distance']:.1%}",
        f"{agreement['worst']:.1%}" if agreement else "-",
        f"{frechet:.3f}",
        f"{one['diversity']['pixels']:.3f}",
        f"{one['nearest']['median']:.3f}",
        f"{one['nearest']['copies']:.1%}",
    )


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    return [_short(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    app()
