"""`[search]`: what a search varies in a recipe, by which algorithm, toward what, and how far it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from kerasae.recipe.base import Positive, Seed, Table, switch
from kerasae.utils.errors import RequestError

Number = Annotated[list[int | float], Field(min_length=2, max_length=2)]

# The keys of which a range has one; a table without any of them is a table of fields.
KINDS = frozenset({"choice", "range", "depth", "like"})


class Range(Table):
    """What a field may be: one of `choice`, a number in `range`, or a list of `depth` entries, each a `width`.

    A bare list is a choice. Of a list, `like` names another list that it is as long as; with `growth` the widths are
    the first one times its powers, in multiples of `step`, else every entry is drawn by itself. `when` says for which
    values of other fields the field is varied at all; `also` names fields that get the same value, `mirror` lists that
    get it backwards.
    """

    choice: Annotated[list[Any], Field(min_length=1)] | None = None
    range: Number | None = None
    step: Annotated[float, Field(gt=0)] | Positive | None = None
    log: bool = False
    depth: Range | None = None
    like: str | None = None
    width: Range | None = None
    growth: Range | None = None
    when: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    also: list[str] = []
    mirror: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, value: Any) -> Any:
        return {"choice": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Range:
        given = [kind for kind in ("choice", "range", "depth", "like") if getattr(self, kind) is not None]
        if len(given) != 1:
            raise RequestError(
                expected="one of choice = [...], range = [low, high], or a list's depth (or like) with width",
                received=" and ".join(given) or "none of them",
            )
        of_list = given[0] in ("depth", "like")
        if of_list != (self.width is not None) or (self.growth is not None and not of_list):
            raise RequestError(
                expected="width, and growth if any, beside depth or like",
                received=", ".join(key for key in (*given, "width", "growth") if getattr(self, key) is not None),
            )
        if self.mirror and not of_list:
            raise RequestError(
                expected="mirror beside a list's depth", received=f"mirror and {given[0]}", fix="use also instead"
            )
        if (self.log or (self.step is not None and not self.growth)) and self.range is None:
            raise RequestError(expected="log and step beside range", received=given[0])
        return self

    @model_validator(mode="after")
    def _goes_up(self) -> Range:
        if self.range is None:
            return self
        low, high = self.range
        if low >= high or (self.log and low <= 0):
            raise RequestError(
                expected=f"range [low, high] with low below high{' and above 0, since log is set' * self.log}",
                received=self.range,
            )
        if self.is_whole and isinstance(self.step, float):
            raise RequestError(expected="a whole step in a range of whole numbers", received=f"{self.step:g}")
        if self.log and self.step is not None and self.step <= 1:
            raise RequestError(expected="a step above 1, which multiplies where log is set", received=f"{self.step:g}")
        return self

    @property
    def is_whole(self) -> bool:
        """Whether the range is one of whole numbers."""
        return self.range is not None and all(isinstance(end, int) for end in self.range)


class Pruning(Table):
    """The median rule: stop a trial whose best value so far is worse than the median of earlier trials' at that epoch.

    Attributes:
        startup: finished trials before the first one is stopped.
        warmup: epochs of a trial in which it is left alone.
    """

    startup: Annotated[int, Field(ge=1)] = 5
    warmup: Annotated[int, Field(ge=0)] = 1


class SearchRecipe(Table):
    """How a recipe is searched; `kerasae train` ignores it."""

    algorithm: Literal["random", "grid", "bayesian", "hyperband"] = "random"
    max_trials: Positive | None = None
    objective: str | Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)] | None = None
    executions_per_trial: Positive = 1
    folds: Annotated[int, Field(ge=2)] | None = None
    max_epochs: Positive | None = None
    max_seconds: Annotated[float, Field(gt=0)] | None = None
    max_parameters: Positive | None = None
    max_latency_ms: Annotated[float, Field(gt=0)] | None = None
    factor: Annotated[int, Field(ge=2)] = 3
    prune: Pruning | None = None
    seed: Seed = 0
    directory: Annotated[str, Field(min_length=1)] = "tuner_runs"
    name: str | None = None
    space: Annotated[dict[str, Range], Field(min_length=1)] | None = None

    @field_validator("name")
    @classmethod
    def _names_a_folder(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}", value):
            raise RequestError(
                expected=(
                    "up to 80 letters, digits, '_', '-' and '.', the first of them neither '-' nor '.', since it names "
                    "a folder"
                ),
                received=repr(value),
            )
        return value

    _switch = field_validator("prune", mode="before")(switch)

    @field_validator("space", mode="before")
    @classmethod
    def _dotted(cls, value: Any) -> Any:
        """Write nested tables of fields as dotted names, as they stand in TOML without quotes."""
        if not isinstance(value, Mapping):
            return value
        if not value:
            raise RequestError(expected="at least one field", received="none", fix="leave it out for the default space")
        return dict(_flat(value, ""))

    @model_validator(mode="after")
    def _stops_in_one_way(self) -> SearchRecipe:
        if self.prune is not None and self.algorithm == "hyperband":
            raise RequestError(expected="no prune beside hyperband, which stops trials by itself", received="both")
        return self


def _flat(table: Mapping[str, Any], prefix: str) -> Any:
    for key, value in table.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and not KINDS & value.keys() and all(map(_is_table, value.values())):
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping | list)
