"""The base classes and field types of a recipe's tables."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from kerasae.utils.errors import RequestError

Part = Literal["encoder", "decoder", "classifier"]
Head = Literal["reconstruction", "label"]
Term = Literal["reconstruction", "label", "kl_divergence"]
PARTS: tuple[Part, ...] = ("encoder", "decoder", "classifier")
HEADS: tuple[Head, ...] = ("reconstruction", "label")

Fraction = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[int, Field(gt=0)]
SEEDS = 2**32
Seed = Annotated[int, Field(ge=0, lt=SEEDS)]


def switch(value: Any) -> Any:
    """Read true as an optional table with its defaults, and false as none."""
    return ({} if value else None) if isinstance(value, bool) else value


class Table(BaseModel):
    """A table of a recipe: unknown keys are refused, and values are not converted from other types.

    Attributes:
        is_named: whether the table is a name with options, like a `Spec`, which another name replaces completely.
        takes_back: maps a field to the one that it resets where it is set alone: `--set phases.0.epochs=5` resets
            `min_steps`, which could raise the epochs.
    """

    is_named: ClassVar[bool] = False
    takes_back: ClassVar[Mapping[str, str]] = {}
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _none_is_absent(cls, tree: Any) -> Any:
        """Read "none" as None in optional fields, since TOML has no null: `mix = "none"` resets the field."""
        if not isinstance(tree, Mapping):
            return tree
        optional = {key for key, field in cls.model_fields.items() if NoneType in get_args(field.annotation)}
        return {key: None if key in optional and value == "none" else value for key, value in tree.items()}


class Spec(BaseModel):
    """A name and its options, such as `{name = "vgg", filters = [32, 64]}`; a bare string is the name alone."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    name: str

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def options(self) -> dict[str, Any]:
        """All keys except the name."""
        return dict(self.model_extra or {})


class PartSpec(Spec):
    """A `Spec` whose name may be left out: the options then belong to the encoder's own part."""

    name: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_any_kind(cls, value: Any) -> Any:
        return value.model_dump() if isinstance(value, Spec) else value

    @model_serializer(mode="wrap")
    def _without_empty_name(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        tree = serialize(self)
        return tree if self.name else {key: value for key, value in tree.items() if key != "name"}


def only(table: Table, keys: Set[str], beside: str) -> None:
    """Refuse settings that have no effect beside another one.

    Args:
        table: the table whose other keys must have their defaults.
        keys: the keys that may be set.
        beside: the setting that excludes the other keys, for the message.

    Raises:
        RequestError: names the first other key that is set.
    """
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        if name not in keys and value != field.get_default(call_default_factory=True):
            allowed = f"{', '.join(sorted(keys))} alone" if keys else "nothing to be set"
            raise RequestError(expected=f"{allowed} beside {beside}", received=f"{name} = {value!r}")
