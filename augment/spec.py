"""Recipe tables, such as `{name = "contrast", factor_range = [0.6, 1.4]}`, and the transforms they describe."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from augment.configured import Configured, arguments
from augment.registry import lookup, nearest
from augment.transform import Transform


def build(spec: Mapping[str, object]) -> Any:
    """Return what one table describes, a Transform or a Mixing.

    Raises:
        ValueError: for a missing or unknown name, an unknown or missing argument, or a value out of range.
        TypeError: for a value of the wrong type.
    """
    if not isinstance(spec, Mapping):
        raise TypeError(f"Expected a table with a `name`, such as {{name = 'contrast'}}. Received: {spec!r}")
    if "name" not in spec:
        raise ValueError(f"Expected `name`, which transform it is, in the table. Received: {dict(spec)!r}")
    cls = lookup(spec["name"])
    options = {str(key): value for key, value in spec.items() if key != "name"}
    known = arguments(cls)
    for key in options:
        if key not in known:
            raise ValueError(
                f"Expected an argument of {spec['name']!r}.{nearest(key, known)} Received: {key} = {options[key]!r}"
            )
    for key, parameter in inspect.signature(cls).parameters.items():
        if parameter.default is inspect.Parameter.empty and key not in options:
            raise ValueError(f"Expected `{key}`, which {spec['name']!r} requires. Received: {dict(spec)!r}")
    return cls(**options)


def from_spec(specs: Sequence[Mapping[str, object]]) -> list[Transform]:
    """Return the transforms that recipe tables describe; nested tables (`compose`, `one_of`) are built too.

    Raises:
        ValueError: as `build`, and for a table that describes no Transform (MixUp and CutMix are none).
        TypeError: as `build`.
    """
    if isinstance(specs, str | Mapping) or not isinstance(specs, Sequence):
        raise TypeError(f"Expected a list of tables. Received: {specs!r}")
    built = [build(spec) for spec in specs]
    for spec, item in zip(specs, built, strict=True):
        if not isinstance(item, Transform):
            raise ValueError(
                f"Expected transforms of one image; mixings have a place of their own. Received: {spec['name']!r}"
            )
    return built


def to_spec(transforms: Sequence[Configured]) -> list[dict[str, Any]]:
    """Return the recipe tables that describe `transforms`, every argument listed; the inverse of `from_spec`."""
    return [{"name": transform.name, **transform.get_config()} for transform in transforms]
