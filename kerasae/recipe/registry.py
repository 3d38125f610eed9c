"""Builders by name, with every option checked against the builder's signature before anything is built."""

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
    """Builders of one kind by name. Their keyword-only parameters are the options that a recipe may set.

    An option annotated `Annotated[int, Field(gt=0)]` is checked as such; values are never converted.

    Args:
        kind: the kind of product, for error messages.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._builders: dict[str, Callable[..., Product]] = {}

    def register(self, name: str) -> Callable[[Callable[..., Product]], Callable[..., Product]]:
        """Return a decorator that registers a builder as `name`."""

        def add(builder: Callable[..., Product]) -> Callable[..., Product]:
            self._builders[name] = builder
            return builder

        return add

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a recipe may use, sorted."""
        return tuple(sorted(self._builders))

    def builder(self, name: str) -> Callable[..., Product]:
        """Return the builder that is registered as `name`."""
        return self._builders[name]

    def options(self, name: str) -> dict[str, inspect.Parameter]:
        """Return the options of a builder by name, in order, with their defaults and annotations."""
        parameters = inspect.signature(self._builders[name]).parameters
        return {key: parameter for key, parameter in parameters.items() if parameter.kind is parameter.KEYWORD_ONLY}

    def check(self, spec: Spec, key: str) -> dict[str, Any]:
        """Check the name and the options of a recipe's entry.

        Args:
            spec: the entry.
            key: where the recipe has it, for error messages.

        Returns:
            All options of the builder, defaults included.

        Raises:
            RequestError: an unknown name, an unknown option, or a value that does not fit.
        """
        if spec.name not in self._builders:
            raise RequestError(
                f"recipe: {key}",
                expected=f"{self.kind} {', '.join(self.names)}",
                received=f"{spec.name!r}.{nearest(spec.name, self.names)}",
            )
        hints = get_type_hints(self._builders[spec.name], include_extras=True)
        fields = {
            name: (hints.get(name, Any), ... if parameter.default is parameter.empty else parameter.default)
            for name, parameter in self.options(spec.name).items()
        }
        checker: Any = create_model(  # type: ignore[call-overload]
            f"{spec.name}_options", __config__=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False), **fields
        )
        try:
            checked = checker.model_validate(spec.options)
        except ValidationError as error:
            raise to_request_error(error, lambda path: list(fields), key).within("recipe") from None
        return {name: getattr(checked, name) for name in fields}

    def build(self, spec: Spec, key: str, *arguments: Any) -> Product:
        """Check `spec` and call its builder with `arguments` and the options."""
        options = self.check(spec, key)
        return self._builders[spec.name](*arguments, **options)
