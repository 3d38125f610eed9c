"""docs/parts.md names every part with the options and defaults that it has."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from kerasae.models import CLASSIFIERS, DECODERS, DISCRIMINATORS, ENCODERS, GENERATORS
from kerasae.optimizers import OPTIMIZERS
from kerasae.optimizers.schedules import SCHEDULES
from kerasae.recipe.registry import Registry

PAGE = (Path(__file__).parents[1] / "docs" / "parts.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("title", "registries"),
    [
        ("Encoders", [ENCODERS]),
        ("Decoders", [DECODERS]),
        ("Classifiers", [CLASSIFIERS]),
        ("Generators and discriminators", [GENERATORS, DISCRIMINATORS]),
        ("Optimizers", [OPTIMIZERS]),
        ("Schedules", [SCHEDULES]),
    ],
)
def test_every_name_is_there_with_its_options(title: str, registries: list[Registry]) -> None:
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    written = [f"{name.strip(' `')}: {options.strip()}" for name, options in rows]
    built_in = [
        f"{name}: {', '.join(map(shown, registry.options(name).values()))}".strip()
        for registry in registries
        for name in registry.names
        if registry.builder(name).__module__.startswith("kerasae.")  # other tests register parts of their own
    ]
    assert [line.strip() for line in written] == built_in


def test_it_says_which_encoders_can_be_tied() -> None:
    section = PAGE.split("## Encoders\n")[1].split("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    assert {cells[1].strip(" `"): "can be tied" in cells[3] for cells in rows} == {
        name: ENCODERS.traits(name).can_be_tied
        for name in ENCODERS.names
        if ENCODERS.builder(name).__module__.startswith("kerasae.")
    }


def shown(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return f"`{parameter.name}`"
    return f"`{parameter.name}` {'none' if parameter.default is None else json.dumps(parameter.default)}"
