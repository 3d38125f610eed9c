"""How far the latent spaces of the studies' models keep classes apart: one small file a run, and their table."""

from __future__ import annotations

from pathlib import Path

from benchmarks.pages import command, in_lines, kept_in, lines
from kerasae.files.reading import read_json
from kerasae.files.writing import write_text
from kerasae.recipe.loading import load
from kerasae.recipe.results import experiment
from kerasae.runs.folder import RunFolder

KEPT = Path(__file__).parent / "explored"
COLUMNS = [
    *("latents of", "study", "their shape", "purity", "of raw pixels", "least pure class", "pictures", "seed"),
    "command",
]
FOUND = Path("explore") / "test" / "exploration.json"


def keep(run: RunFolder, recipe: str, overrides: list[str]) -> Path:
    """Keep what `kerasae explore` found of the test images of a run of a built-in recipe."""
    found = read_json(run.path / FOUND)
    purity = found["purity"]
    classes = dict(zip(read_json(run.data_facts)["class_names"], purity["latent"]["per_class"], strict=True))
    kept = {
        "recipe": recipe,
        "overrides": overrides,
        "seed": run.recipe.seed,
        "settings": experiment(load(recipe, overrides)),
        "latent_shape": found["latent_shape"],
        "pictures": found["num_pictures"],
        "neighbours": purity["latent"]["neighbours"],
        "purity": round(purity["latent"]["overall"], 4),
        "purity_of_pixels": round(purity["pixels"]["overall"], 4),
        "per_class": {name: round(share, 4) for name, share in classes.items()},
    }
    path = KEPT / f"{recipe.replace('/', '-')}.json"
    write_text(path, in_lines(kept))
    return path


def table() -> str:
    """Return one line a run."""
    cells = [COLUMNS]
    for kept in kept_in(KEPT):
        worst = min(kept["per_class"], key=kept["per_class"].__getitem__)
        cells.append(
            [
                load(kept["recipe"]).title,
                kept["recipe"].partition("/")[0].rpartition("-")[2].upper(),
                "x".join(map(str, kept["latent_shape"])),
                f"{kept['purity']:.3f}",
                f"{kept['purity_of_pixels']:.3f}",
                f"{worst} {kept['per_class'][worst]:.2f}",
                f"{kept['pictures']:,}",
                str(kept["seed"]),
                f"`{command('train', kept['recipe'], kept['overrides'])}`",
            ]
        )
    return lines(cells)
