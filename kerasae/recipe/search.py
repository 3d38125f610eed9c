"""`[search]`: the search space, algorithm, objective and limits of a hyperparameter search."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from kerasae.recipe.base import Positive, Seed, Table, switch
from kerasae.utils.errors import RequestError

Number = Annotated[list[int | float], Field(min_length=2, max_length=2)]

# A range has one of these keys; a table without them is a table of fields.
KINDS = frozenset({"choice", "range", "depth", "like"})


class Range(Table):
    """The values of a field in a search: one of `choice`, a number in `range`, or a list of `depth` entries.

    A bare list is a choice.

    Attributes:
        choice: the values.
        range: [low, high]; whole numbers if both are.
        step: between numbers, or the factor between them if `log`; with `growth`, widths are multiples of it.
        log: whether numbers are drawn on a logarithmic scale.
        depth: the length of a list.
        like: the field of another list that has the length.
        width: each entry of a list, drawn separately, or the first one if there is a `growth`.
        growth: the factor between the entries of a list.
        when: the values of other fields for which the field is varied.
        also: fields that get the same value.
        mirror: fields that get the list in reverse order.
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
        kinds = [kind for kind in ("choice", "range", "depth", "like") if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise RequestError(
                expected="one of choice = [...], range = [low, high], or a list's depth (or like) with width",
                received=" and ".join(kinds) or "none of them",
            )
        of_list = kinds[0] in ("depth", "like")
        if of_list != (self.width is not None) or (self.growth is not None and not of_list):
            raise RequestError(
                expected="width, and growth if any, beside depth or like",
                received=", ".join(key for key in (*kinds, "width", "growth") if getattr(self, key) is not None),
            )
        if self.mirror and not of_list:
            raise RequestError(
                expected="mirror beside a list's depth", received=f"mirror and {kinds[0]}", fix="use also instead"
            )
        if (self.log or (self.step is not None and not self.growth)) and self.range is None:
            raise RequestError(expected="log and step beside range", received=kinds[0])
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
        """Whether the range holds whole numbers."""
        return self.range is not None and all(isinstance(end, int) for end in self.range)


class Pruning(Table):
    """The median rule: stop a trial whose best value so far is worse than the median of earlier trials at that epoch.

    Attributes:
        startup: the number of finished trials before any is stopped.
        warmup: the number of epochs before a trial can be stopped.
    """

    startup: Annotated[int, Field(ge=1)] = 5
    warmup: Annotated[int, Field(ge=0)] = 1


class SearchRecipe(Table):
    """How the hyperparameters of a recipe are searched; `kerasae train` ignores it."""

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
        """Flatten nested tables of fields to dotted names, as TOML writes them without quotes."""
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
