"""Names to builders, with every option checked against the builder's own signature before anything is built."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import ConfigDict, ValidationError, create_model

from kerasae.recipe import Spec
from kerasae.recipe.validation import to_request_error
from kerasae.utils.errors import RequestError, nearest

Product = TypeVar("Product")


class Registry(Generic[Product]):
    """Builders of one kind. Their keyword-only parameters are the options that a recipe may set.

    A parameter annotated `Annotated[int, Field(gt=0)]` refuses what does not fit; values are never converted.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._builders: dict[str, Callable[..., Product]] = {}

    def register(self, name: str) -> Callable[[Callable[..., Product]], Callable[..., Product]]:
        """Return a decorator that makes a builder known as `name`."""

        def add(builder: Callable[..., Product]) -> Callable[..., Product]:
            self._builders[name] = builder
            return builder

        return add

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a recipe may use."""
        return tuple(sorted(self._builders))

    def options(self, name: str) -> dict[str, inspect.Parameter]:
        """The options of a name, in order, with their defaults and annotations."""
        parameters = inspect.signature(self._builders[name]).parameters
        return {key: one for key, one in parameters.items() if one.kind is one.KEYWORD_ONLY}

    def check(self, spec: Spec, key: str) -> dict[str, Any]:
        """Return the options of `spec`, defaults included; RequestError names what is wrong and where (`key`)."""
        if spec.name not in self._builders:
            raise RequestError(
                f"recipe: {key}",
                expected=f"{self.kind} {', '.join(self.names)}",
                received=f"{spec.name!r}.{nearest(spec.name, self.names)}",
            )
        builder = self._builders[spec.name]
        hints = get_type_hints(builder, include_extras=True)
        options = {
            name: (hints.get(name, Any), ... if parameter.default is parameter.empty else parameter.default)
            for name, parameter in self.options(spec.name).items()
        }
        checker: Any = create_model(  # type: ignore[call-overload]
            f"{spec.name}_options", __config__=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False), **options
        )
        try:
            checked = checker.model_validate(spec.options)
        except ValidationError as error:
            raise to_request_error(error, lambda path: list(options), key).within("recipe") from None
        return {name: getattr(checked, name) for name in options}

    def build(self, spec: Spec, key: str, *arguments: Any) -> Product:
        """Check `spec` and call its builder with `arguments` and the options."""
        options = self.check(spec, key)
        return self._builders[spec.name](*arguments, **options)
