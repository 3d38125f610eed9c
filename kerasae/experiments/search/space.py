"""The space of a search: from ranges to parameters that an algorithm draws, and from drawn values to a recipe."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kerasae.recipe import Range, Recipe, toml
from kerasae.recipe.loading import changed
from kerasae.utils.errors import RequestError, nearest

TIED = "model.tied"
ROUNDING = 1e-6  # of a step: 0.1 fits five times into 0.5, whatever the last bit says

# By name of a parameter what was drawn for it: an entry of its choices, an int or a float.
Values = Mapping[str, Any]
# A parameter, and its values under which another one is varied.
Condition = tuple[str, tuple[Any, ...]]

# What decides on the images that trials are measured on, or is no setting of a training.
FIXED = (
    *("data.source", "data.image_shape", "data.resize", "data.range", "data.max_broken_fraction", "data.seed"),
    *("data.class_names", "data.normal", "data.learned_test"),
    *("data.validation", "data.fold", "data.test", "data.keep", "data.leave_out"),
    *("seed", "title", "reference", "plugins", "search", "evaluation", "rejection", "distribution"),
)


@dataclass(frozen=True)
class Parameter:
    """One thing that an algorithm draws; `choices` is empty where it is a number between `low` and `high`.

    Before each of its conditions stand those of the parameter that it is on.
    """

    name: str
    kind: Literal["choice", "int", "float"]
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float = 0
    step: float | None = None
    log: bool = False
    conditions: tuple[Condition, ...] = ()

    @property
    def labels(self) -> list[Any]:
        """The choices as keras-tuner can hold them: numbers or texts, all of one type."""
        types = {type(choice) for choice in self.choices}
        return list(self.choices) if types in ({int}, {float}, {str}) else [json.dumps(one) for one in self.choices]

    @property
    def ends(self) -> list[Any]:
        """The values between which all others lie: every choice, or the ends of the range."""
        if self.kind == "choice":
            return list(self.choices)
        return [self.decoded(self.low), self.decoded(self.high) if self.count is None else self.value(self.count - 1)]

    @property
    def count(self) -> int | None:
        """How many values there are; None where there are too many to try each."""
        if self.kind == "choice":
            return len(self.choices)
        if self.step is None:
            return None if self.log or self.kind == "float" else round(self.high - self.low) + 1
        if self.log:
            return int(math.log(self.high / self.low, self.step) + ROUNDING) + 1
        return int((self.high - self.low) / self.step + ROUNDING) + 1

    def value(self, place: int) -> Any:
        """Return the value at a place, of `count`."""
        if self.kind == "choice":
            return self.choices[place]
        step = self.step or 1
        return self.decoded(self.low * step**place if self.log else self.low + step * place)

    def decoded(self, label: Any) -> Any:
        """Return the value that a label stands for."""
        if self.kind == "choice":
            return self.choices[self.labels.index(label)]
        return round(label) if self.kind == "int" else float(f"{label:.12g}") if self.step else float(label)

    def holds(self, values: Values) -> bool:
        """Tell whether it is varied beside these values of the parameters before it."""
        return all(name in values and values[name] in wanted for name, wanted in self.conditions)


class Space:
    """The parameters of a search in the order in which they depend on each other.

    Args:
        ranges: by dotted name of a field what it may be.

    Raises:
        RequestError: a range that refers to what is not there, or a field that cannot be searched.
    """

    def __init__(self, ranges: Mapping[str, Range]) -> None:
        self.ranges = dict(ranges)
        self.parameters: list[Parameter] = []
        self.by_field: dict[str, list[Parameter]] = {}
        for field, found in self.ranges.items():
            for target in (field, *found.also, *found.mirror):
                if any(f"{target}.".startswith(f"{one}.") or one.startswith(f"{target}.") for one in FIXED):
                    raise RequestError(
                        "search.space",
                        expected=(
                            "fields of the model and its training, beside which the validation images stay the same"
                        ),
                        received=f"{target!r}",
                        fix="leave it out",
                    )
            self.by_field[field] = list(self._parameters(field, found))
            self.parameters += self.by_field[field]
        self.named = {parameter.name: parameter for parameter in self.parameters}

    def _parameters(self, field: str, found: Range) -> Iterable[Parameter]:
        conditions = _chain(self._condition(field, name, values) for name, values in found.when.items())
        if found.width is None:
            yield _parameter(field, found, conditions)
            return
        if found.depth is not None:
            depth = _parameter(f"{field}.depth", found.depth, conditions)
            yield depth
        else:
            if found.like not in self.by_field or self.ranges[found.like].depth is None:
                raise RequestError(
                    f"search.space.{field}.like",
                    expected="a list with a depth that stands before it",
                    received=f"{found.like!r}",
                )
            depth = self.by_field[found.like][0]
            conditions = _chain([depth.conditions, conditions])
        depths = _depths(depth, field)
        if found.growth is not None:
            some = (depth.name, tuple(one for one in depths if one > 0))
            given = found.depth is not None and 0 not in depths
            width = _parameter(f"{field}.width", found.width, conditions if given else (*conditions, some))
            many = (depth.name, tuple(one for one in depths if one > 1))
            growth = _parameter(f"{field}.growth", found.growth, (*conditions, many))
            for one in (width, growth):
                if not all(map(_is_number, one.choices)):
                    raise RequestError(f"search.space.{one.name}", expected="numbers", received=f"{list(one.choices)}")
                yield one
            return
        for place in range(max(depths)):
            reached = (depth.name, tuple(one for one in depths if one > place))
            yield _parameter(f"{field}.{place}", found.width, (*conditions, reached))

    def _condition(self, field: str, name: str, values: Sequence[Any]) -> tuple[Condition, ...]:
        """Return a condition after those of the parameter that it is on."""
        known = {parameter.name: parameter for parameter in self.parameters}
        if name not in known:
            raise RequestError(
                f"search.space.{field}.when",
                expected="a field of the space that stands before it",
                received=f"{name!r}.{nearest(name, known)}",
            )
        parent = known[name]
        if parent.kind != "choice" or any(value not in parent.choices for value in values):
            raise RequestError(
                f"search.space.{field}.when", expected=f"some of the choices of {name}", received=f"{list(values)}"
            )
        return (*parent.conditions, (name, tuple(values)))

    @property
    def size(self) -> int | None:
        """How many combinations there are; None where a parameter has too many values to try each."""
        if any(parameter.count is None for parameter in self.parameters):
            return None
        deciding = {name for parameter in self.parameters for name, _ in parameter.conditions}
        return self._size([one for one in self.parameters if one.name in deciding], {}, deciding)

    def _size(self, deciding: list[Parameter], values: dict[str, Any], names: set[str]) -> int:
        if deciding:
            first, *rest = deciding
            taken = _enumerated(first) if first.holds(values) else [None]
            return sum(self._size(rest, values if one is None else {**values, first.name: one}, names) for one in taken)
        free = (one.count or 0 for one in self.parameters if one.name not in names and one.holds(values))
        return math.prod(free)

    def overrides(self, values: Values) -> list[tuple[str, Any]]:
        """Return what fields are set to, a field before those that lie below it."""
        found: list[tuple[str, Any]] = []
        for field, one in self.ranges.items():
            drawn = [values[parameter.name] for parameter in self.by_field[field] if parameter.name in values]
            if not drawn and not (one.width is not None and self._depth(one, field, values) == 0):
                continue
            value = drawn[0] if one.width is None else self._list(field, one, values)
            found.append((field, value))
            followers = [(target, value) for target in one.also]
            followers += [(target, value[::-1]) for target in one.mirror]
            # A tied decoder follows the encoder by itself, and has no options of its own.
            found += [pair for pair in followers if not (values.get(TIED) and pair[0].startswith("model.decoder."))]
        return sorted(found, key=lambda pair: pair[0].count("."))

    def _depth(self, one: Range, field: str, values: Values) -> int | None:
        return values.get(f"{field if one.depth is not None else one.like}.depth")

    def _list(self, field: str, one: Range, values: Values) -> list[Any]:
        depth = self._depth(one, field, values)
        if not depth:
            return []
        if one.growth is None:
            return [values[f"{field}.{place}"] for place in range(depth)]
        width, growth, step = values[f"{field}.width"], values.get(f"{field}.growth", 1), int(one.step or 1)
        return [max(step, int(width * growth**place / step + 0.5) * step) for place in range(depth)]

    def applied(self, recipe: Recipe, values: Values) -> Recipe:
        """Return the recipe with its fields set to `values`, as `--set` would.

        Raises:
            RequestError: the recipe does not take them.
        """
        return changed(recipe, [f"{field}={toml.inline(value)}" for field, value in self.overrides(values)])

    def with_ends(self) -> Iterable[tuple[str, Any, dict[str, Any]]]:
        """List every parameter with every end of its range, and the fewest other values beside which it is varied."""
        for parameter in self.parameters:
            for end in parameter.ends:
                values = {parameter.name: end}
                for name, wanted in parameter.conditions:
                    values.setdefault(name, wanted[0])
                fields = [field for field, own in self.by_field.items() if any(one.name in values for one in own)]
                fields += [field for field, one in self.ranges.items() if one.like in fields and field not in fields]
                for field in fields:
                    for other in self.by_field[field]:
                        if other.name not in values and other.holds(values):
                            values[other.name] = other.ends[0]
                yield parameter.name, end, values


def _chain(parts: Iterable[Iterable[Condition]]) -> tuple[Condition, ...]:
    """Return all conditions in order, none twice; their values need not be hashable."""
    found: list[Condition] = []
    for part in parts:
        found += [one for one in part if one not in found]
    return tuple(found)


def _parameter(name: str, found: Range, conditions: tuple[Condition, ...]) -> Parameter:
    if found.choice is not None:
        numbers = all(map(_is_number, found.choice))
        mixed = numbers and any(isinstance(one, float) for one in found.choice)
        choices = [float(one) for one in found.choice] if mixed else found.choice
        if any(one in choices[:place] for place, one in enumerate(choices)):
            raise RequestError(f"search.space.{name}", expected="different choices", received=choices)
        return Parameter(name, "choice", tuple(choices), conditions=conditions)
    if found.range is None:
        raise RequestError(f"search.space.{name}", expected="a choice or a range", received="a list with a depth")
    low, high = found.range
    kind: Literal["int", "float"] = "int" if found.is_whole else "float"
    return Parameter(name, kind, (), low, high, found.step, found.log, conditions)


def _depths(depth: Parameter, field: str) -> list[int]:
    if depth.count is None:
        raise RequestError(
            f"search.space.{field}.depth", expected="choices or a linear range", received="a logarithmic one"
        )
    found = _enumerated(depth)
    if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in found) or max(found) == 0:
        raise RequestError(f"search.space.{field}.depth", expected="numbers of entries, from 0", received=found)
    return found


def _enumerated(parameter: Parameter) -> list[Any]:
    return [parameter.value(place) for place in range(parameter.count or 0)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
