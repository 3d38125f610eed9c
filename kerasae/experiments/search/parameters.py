"""Parameters of a search space: what an algorithm draws, and the values that a recipe gets."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.recipe import Range

ROUNDING = 1e-6  # tolerance as a share of a step: 0.1 fits five times into 0.5 despite rounding errors

# The drawn value of each parameter by its name: an entry of its choices, an int or a float.
ParameterValues = Mapping[str, Any]
# The name of another parameter, and its values under which a parameter is active.
Condition = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Parameter:
    """One value that an algorithm draws.

    Attributes:
        name: the dotted name of a recipe field, or of one entry of a list in it, such as `model.encoder.filters.0`.
        kind: "choice" for one of `choices`, else a number in [`low`, `high`].
        step: distance between neighbouring values, a factor if `log`; None for a continuous range.
        log: whether the range is logarithmic.
        conditions: all must hold for the parameter to be active; those of a parent precede the condition on it.
    """

    name: str
    kind: Literal["choice", "int", "float"]
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float = 0
    step: float | None = None
    log: bool = False
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def from_range(cls, name: str, range_: Range, conditions: tuple[Condition, ...]) -> Parameter:
        """Return the parameter of a choice or a numeric range.

        Raises:
            RequestError: a choice is listed twice, or the range describes a list.
        """
        if range_.choice is not None:
            are_numbers = all(map(is_number, range_.choice))
            is_mixed = are_numbers and any(isinstance(choice, float) for choice in range_.choice)
            choices = [float(choice) for choice in range_.choice] if is_mixed else range_.choice
            if any(choice in choices[:index] for index, choice in enumerate(choices)):
                raise RequestError(f"search.space.{name}", expected="different choices", received=choices)
            return cls(name, "choice", tuple(choices), conditions=conditions)
        if range_.range is None:
            raise RequestError(f"search.space.{name}", expected="a choice or a range", received="a list with a depth")
        low, high = range_.range
        return cls(name, "int" if range_.is_whole else "float", (), low, high, range_.step, range_.log, conditions)

    @property
    def encoded_choices(self) -> list[Any]:
        """The choices as keras-tuner stores them: all of one type, JSON text for values that it does not know."""
        types = {type(choice) for choice in self.choices}
        return list(self.choices) if types in ({int}, {float}, {str}) else [json.dumps(item) for item in self.choices]

    @property
    def ends(self) -> list[Any]:
        """All choices, or the two ends of the range."""
        if self.kind == "choice":
            return list(self.choices)
        return [self.decode(self.low), self.decode(self.high) if self.count is None else self.value(self.count - 1)]

    @property
    def count(self) -> int | None:
        """The number of values; None for a continuous or a logarithmic range without steps."""
        if self.kind == "choice":
            return len(self.choices)
        if self.step is None:
            return None if self.log or self.kind == "float" else round(self.high - self.low) + 1
        if self.log:
            return int(math.log(self.high / self.low, self.step) + ROUNDING) + 1
        return int((self.high - self.low) / self.step + ROUNDING) + 1

    @property
    def values(self) -> list[Any]:
        """All values of a parameter with a `count`."""
        return [self.value(index) for index in range(self.count or 0)]

    def value(self, index: int) -> Any:
        """Return the value at an index below `count`."""
        if self.kind == "choice":
            return self.choices[index]
        step = self.step or 1
        return self.decode(self.low * step**index if self.log else self.low + step * index)

    def decode(self, encoded: Any) -> Any:
        """Return the value that keras-tuner stores as `encoded`."""
        if self.kind == "choice":
            return self.choices[self.encoded_choices.index(encoded)]
        return round(encoded) if self.kind == "int" else float(f"{encoded:.12g}") if self.step else float(encoded)

    def is_active(self, values: ParameterValues) -> bool:
        """Return whether the parameter is drawn, given the values of the parameters before it."""
        return all(name in values and values[name] in allowed for name, allowed in self.conditions)


def is_number(value: Any) -> bool:
    """Return whether a value is an int or a float; a bool is not a number here."""
    return isinstance(value, int | float) and not isinstance(value, bool)
