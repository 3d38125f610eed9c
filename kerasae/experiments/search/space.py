"""The search space: from the ranges of a recipe to parameters, and from drawn values back to a recipe."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerasae.experiments.search.parameters import Condition, Parameter, ParameterValues, is_number
from kerasae.recipe import Range, Recipe, toml
from kerasae.recipe.loading import changed
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TIED = "model.tied"

# Fields that decide which images trials are measured on, or that are no settings of a training.
FIXED_FIELDS = (
    *("data.source", "data.image_shape", "data.resize", "data.range", "data.max_broken_fraction", "data.seed"),
    *("data.class_names", "data.normal", "data.learned_test"),
    *("data.validation", "data.fold", "data.test", "data.keep", "data.leave_out"),
    *("seed", "title", "reference", "plugins", "search", "evaluation", "rejection", "distribution"),
)


@dataclass(frozen=True)
class EndPoint:
    """A parameter at one end of its range, with the fewest other values that make it active."""

    parameter: str
    value: Any
    values: dict[str, Any]


class Space:
    """The parameters of a search, each after those that it depends on.

    Args:
        ranges: the range of each searched field, by its dotted name.

    Raises:
        RequestError: a range refers to a field that is not in the space, or a field cannot be searched.
    """

    def __init__(self, ranges: Mapping[str, Range]) -> None:
        self.ranges = dict(ranges)
        self.parameters: list[Parameter] = []
        self.by_field: dict[str, list[Parameter]] = {}
        for field, range_ in self.ranges.items():
            for target in (field, *range_.also, *range_.mirror):
                _check_searchable(target)
            self.by_field[field] = list(self._parameters_of(field, range_))
            self.parameters += self.by_field[field]
        self.named = {parameter.name: parameter for parameter in self.parameters}

    def _parameters_of(self, field: str, range_: Range) -> Iterator[Parameter]:
        """Yield the parameters of a field: one, or for a list its depth and its widths."""
        conditions = _merged(self._conditions(field, name, values) for name, values in range_.when.items())
        if range_.width is None:
            yield Parameter.from_range(field, range_, conditions)
            return
        if range_.depth is not None:
            depth = Parameter.from_range(f"{field}.depth", range_.depth, conditions)
            yield depth
        else:
            depth = self._shared_depth(field, range_)
            conditions = _merged([depth.conditions, conditions])
        depths = _checked_depths(depth, field)
        if range_.growth is not None:
            yield from self._growing_widths(field, range_, depth, depths, conditions)
            return
        for index in range(max(depths)):
            is_reached = (depth.name, tuple(length for length in depths if length > index))
            yield Parameter.from_range(f"{field}.{index}", range_.width, (*conditions, is_reached))

    def _shared_depth(self, field: str, range_: Range) -> Parameter:
        """Return the depth of the list that a list is as long as."""
        if range_.like not in self.by_field or self.ranges[range_.like].depth is None:
            raise RequestError(
                f"search.space.{field}.like",
                expected="a list with a depth that stands before it",
                received=f"{range_.like!r}",
            )
        return self.by_field[range_.like][0]

    def _growing_widths(
        self, field: str, range_: Range, depth: Parameter, depths: list[int], conditions: tuple[Condition, ...]
    ) -> Iterator[Parameter]:
        """Yield the first width of a list and the factor by which the next ones grow."""
        assert range_.width is not None
        assert range_.growth is not None
        not_empty = (depth.name, tuple(length for length in depths if length > 0))
        never_empty = range_.depth is not None and 0 not in depths
        width_conditions = conditions if never_empty else (*conditions, not_empty)
        several = (depth.name, tuple(length for length in depths if length > 1))
        for parameter in (
            Parameter.from_range(f"{field}.width", range_.width, width_conditions),
            Parameter.from_range(f"{field}.growth", range_.growth, (*conditions, several)),
        ):
            if not all(map(is_number, parameter.choices)):
                raise RequestError(
                    f"search.space.{parameter.name}", expected="numbers", received=f"{list(parameter.choices)}"
                )
            yield parameter

    def _conditions(self, field: str, name: str, values: Sequence[Any]) -> tuple[Condition, ...]:
        """Return the condition on a parent parameter, after the parent's own conditions."""
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
        """The number of combinations; None if a parameter has no `count`."""
        if any(parameter.count is None for parameter in self.parameters):
            return None
        parents = {name for parameter in self.parameters for name, _ in parameter.conditions}
        return self._count([parameter for parameter in self.parameters if parameter.name in parents], {}, parents)

    def _count(self, parents: list[Parameter], values: dict[str, Any], names: set[str]) -> int:
        """Count the combinations beside `values`: every value of the remaining parents, times the free parameters."""
        if parents:
            first, *rest = parents
            if not first.is_active(values):
                return self._count(rest, values, names)
            return sum(self._count(rest, {**values, first.name: value}, names) for value in first.values)
        free = [parameter for parameter in self.parameters if parameter.name not in names]
        return math.prod(parameter.count or 0 for parameter in free if parameter.is_active(values))

    def overrides(self, values: ParameterValues) -> list[tuple[str, Any]]:
        """Return the fields that `values` set, with their values; a field precedes the fields below it."""
        pairs: list[tuple[str, Any]] = []
        for field, range_ in self.ranges.items():
            drawn = [values[parameter.name] for parameter in self.by_field[field] if parameter.name in values]
            is_empty_list = range_.width is not None and self._depth(field, range_, values) == 0
            if not drawn and not is_empty_list:
                continue
            value = drawn[0] if range_.width is None else self._list(field, range_, values)
            pairs.append((field, value))
            followers = [(target, value) for target in range_.also]
            followers += [(target, value[::-1]) for target in range_.mirror]
            # A tied decoder takes its options from the encoder.
            pairs += [pair for pair in followers if not (values.get(TIED) and pair[0].startswith("model.decoder."))]
        return sorted(pairs, key=lambda pair: pair[0].count("."))

    def _depth(self, field: str, range_: Range, values: ParameterValues) -> int | None:
        return values.get(f"{field if range_.depth is not None else range_.like}.depth")

    def _list(self, field: str, range_: Range, values: ParameterValues) -> list[Any]:
        """Return the list that the drawn depth and widths describe."""
        depth = self._depth(field, range_, values)
        if not depth:
            return []
        if range_.growth is None:
            return [values[f"{field}.{index}"] for index in range(depth)]
        width, growth, step = values[f"{field}.width"], values.get(f"{field}.growth", 1), int(range_.step or 1)
        return [max(step, int(width * growth**index / step + 0.5) * step) for index in range(depth)]

    def applied(self, recipe: Recipe, values: ParameterValues) -> Recipe:
        """Return the recipe with its fields set to `values`, as `--set` would.

        Raises:
            RequestError: the recipe does not take them.
        """
        return changed(recipe, [f"{field}={toml.inline(value)}" for field, value in self.overrides(values)])

    def end_points(self) -> Iterator[EndPoint]:
        """Yield every parameter at every end of its range."""
        for parameter in self.parameters:
            for end in parameter.ends:
                values = {parameter.name: end}
                for name, allowed in parameter.conditions:
                    values.setdefault(name, allowed[0])
                self._complete_lists(values)
                yield EndPoint(parameter.name, end, values)

    def _complete_lists(self, values: dict[str, Any]) -> None:
        """Add the first value of the other active parameters of each list that `values` begin."""
        fields = [
            field for field, parameters in self.by_field.items() if any(item.name in values for item in parameters)
        ]
        fields += [field for field, range_ in self.ranges.items() if range_.like in fields and field not in fields]
        for field in fields:
            for parameter in self.by_field[field]:
                if parameter.name not in values and parameter.is_active(values):
                    values[parameter.name] = parameter.ends[0]


def _check_searchable(field: str) -> None:
    """Refuse a field on which the validation images depend.

    Raises:
        RequestError: it is one of `FIXED_FIELDS`, or above or below one.
    """
    if any(f"{field}.".startswith(f"{fixed}.") or fixed.startswith(f"{field}.") for fixed in FIXED_FIELDS):
        raise RequestError(
            "search.space",
            expected="fields of the model and its training, beside which the validation images stay the same",
            received=f"{field!r}",
            fix="leave it out",
        )


def _merged(parts: Iterable[Iterable[Condition]]) -> tuple[Condition, ...]:
    """Return all conditions in order, without repetitions; their values need not be hashable."""
    conditions: list[Condition] = []
    for part in parts:
        conditions += [condition for condition in part if condition not in conditions]
    return tuple(conditions)


def _checked_depths(depth: Parameter, field: str) -> list[int]:
    """Return the lengths that a list may have.

    Raises:
        RequestError: there are infinitely many, or they are no lengths, or all are 0.
    """
    if depth.count is None:
        raise RequestError(
            f"search.space.{field}.depth", expected="choices or a linear range", received="a logarithmic one"
        )
    depths = depth.values
    if not all(isinstance(length, int) and is_number(length) and length >= 0 for length in depths) or max(depths) == 0:
        raise RequestError(f"search.space.{field}.depth", expected="numbers of entries, from 0", received=depths)
    return depths
