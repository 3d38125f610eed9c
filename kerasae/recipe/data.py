"""`[data]`: which images are used, and how they are divided."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from kerasae.recipe.base import Fraction, Positive, Seed, Table
from kerasae.utils.errors import RequestError


class DataRecipe(Table):
    """Which images are used, in which shape, and how they are divided."""

    source: Annotated[str, Field(min_length=1)] = "digits"
    image_shape: Literal["auto"] | Annotated[list[Positive], Field(min_length=3, max_length=3)] = "auto"
    range: Literal["auto"] | Annotated[list[float], Field(min_length=2, max_length=2)] = "auto"
    resize: Literal["fit", "fill", "stretch"] = "fill"
    class_names: list[str] = []
    keep: dict[str, Fraction] = {}
    leave_out: list[str] = []
    normal: Literal["auto", "all"] | list[str] = "auto"
    labelled_fraction: Fraction = 1.0
    labelled_per_class: Positive | None = None
    labelled_share: Literal["natural"] | Annotated[float, Field(gt=0, lt=1)] = "natural"
    validation: Literal["auto", "half-of-test"] | Annotated[float, Field(gt=0, lt=1)] = "auto"
    fold: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)] | None = None
    test: Annotated[float, Field(gt=0, lt=1)] = 0.2
    learned_test: Literal["refuse", "allow"] = "refuse"
    class_weights: Literal["balanced", "none"] | dict[str, Annotated[float, Field(ge=0)]] = "none"
    max_broken_fraction: Annotated[float, Field(ge=0, le=1)] = 0.05
    memory_limit_mb: Annotated[int, Field(ge=0)] = 1024
    augment_engine: Literal["native", "pil"] = "native"
    seed: Seed = 0

    @field_validator("class_names", "leave_out", "normal", "keep", "class_weights", mode="before")
    @classmethod
    def _composed(cls, value: Any) -> Any:
        """Convert class names to the Unicode form (NFC) that sources have."""
        if isinstance(value, dict):
            return {_composed(name): number for name, number in value.items()}
        return [_composed(name) for name in value] if isinstance(value, list) else value

    @model_validator(mode="after")
    def _fold_is_in_range(self) -> DataRecipe:
        if self.fold is not None and (self.fold[1] < 2 or self.fold[0] >= self.fold[1]):
            raise RequestError(expected="[index, count] with count 2 or more and index below count", received=self.fold)
        return self

    @model_validator(mode="after")
    def _range_rises(self) -> DataRecipe:
        if self.range != "auto" and not self.range[0] < self.range[1]:
            raise RequestError(expected="range 'auto' or [low, high] with low below high", received=self.range)
        return self

    @model_validator(mode="after")
    def _one_way_to_hide_labels(self) -> DataRecipe:
        if self.labelled_per_class is not None and self.labelled_fraction != 1:
            raise RequestError(
                expected="labelled_fraction or labelled_per_class, not both",
                received=f"{self.labelled_fraction:g} and {self.labelled_per_class}",
            )
        return self

    @model_validator(mode="after")
    def _has_1_or_3_channels(self) -> DataRecipe:
        if self.image_shape != "auto" and self.image_shape[2] not in (1, 3):
            raise RequestError(
                expected="image_shape [height, width, channels] with 1 or 3 channels", received=self.image_shape
            )
        return self


def _composed(name: Any) -> Any:
    return unicodedata.normalize("NFC", name) if isinstance(name, str) else name
