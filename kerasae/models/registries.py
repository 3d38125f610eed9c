"""The registries of parts: a builder by name, with the traits that the rest of the package needs to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import keras

from kerasae.recipe.registry import Registry

Traits = TypeVar("Traits")
Builder = Callable[..., keras.Model]


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """What a search varies of an encoder if its recipe does not say.

    Attributes:
        option: the option that lists a width for each block or layer.
        widths: the values that each width is drawn from.
        max_depth: the most entries of the list; None for as many as the image's sides can be halved.
        others: the ranges of further options by name, as `[search.space]` writes them. A field of `also` gets the same
            value only with the encoder's default decoder.
    """

    option: str
    widths: tuple[int, ...]
    max_depth: int | None = None
    others: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EncoderTraits:
    """What building and searching need to know of an encoder.

    Attributes:
        can_be_tied: False refuses tied weights before anything is built; else `mirror` refuses layers that it cannot
            run backwards.
        decoder: the decoder of recipes that name none; None for the decoder of the encoder's own name, else "mlp".
        classifier: the classifier of recipes that name none; None for the classifier of the encoder's own name, else
            "baseline".
        search: what a search varies by default; None for nothing.
    """

    can_be_tied: bool = True
    decoder: str | None = None
    classifier: str | None = None
    search: SearchSpace | None = None


@dataclass(frozen=True, slots=True)
class DecoderTraits:
    """What a search needs to know of a decoder.

    Attributes:
        widths: the option that lists a width for each block or layer; a search sets it to the encoder's option of the
            same name, backwards. None if the decoder keeps its own widths.
    """

    widths: str | None = None


@dataclass(frozen=True, slots=True)
class ClassifierTraits:
    """What building needs to know of a classifier.

    Attributes:
        check_encoder: raises RequestError for an encoder that the classifier cannot follow; None if any will do.
    """

    check_encoder: Callable[[keras.Model], None] | None = None


@dataclass(frozen=True, slots=True)
class GeneratorTraits:
    """What building needs to know of a generator.

    Attributes:
        discriminator: the discriminator of recipes that name none; None for the discriminator of the generator's own
            name, else "dense".
    """

    discriminator: str | None = None


class PartRegistry(Registry[keras.Model], Generic[Traits]):
    """A registry whose entries carry traits.

    Args:
        kind: the kind of part, for error messages.
        default: the traits of parts that are registered without.
    """

    def __init__(self, kind: str, default: Traits) -> None:
        super().__init__(kind)
        self._default = default
        self._traits: dict[str, Traits] = {}

    def register(self, name: str, traits: Traits | None = None) -> Callable[[Builder], Builder]:
        """Return a decorator that registers a builder as `name`."""
        self._traits[name] = self._default if traits is None else traits
        return super().register(name)

    def traits(self, name: str) -> Traits:
        """Return the traits of a name; the default ones for a name that is not registered."""
        return self._traits.get(name, self._default)


ENCODERS = PartRegistry("encoder", EncoderTraits())
DECODERS = PartRegistry("decoder", DecoderTraits())
CLASSIFIERS = PartRegistry("classifier", ClassifierTraits())
GENERATORS = PartRegistry("generator", GeneratorTraits())
DISCRIMINATORS: Registry[keras.Model] = Registry("discriminator")
