"""`[model]` and `[loss]`: the parts, and the loss of each head."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from kerasae.recipe.base import PartSpec, Positive, Spec, Table, only, switch
from kerasae.utils.errors import RequestError


class Variational(Table):
    """A Gaussian latent of size `latent_dim`; None takes the encoder's own size."""

    latent_dim: Positive | None = None


class Adversarial(Table):
    """A generator and a discriminator, in place of encoder, decoder and classifier.

    `name` is "gan", which generates from noise alone, or "acgan", which generates images of a given class.
    """

    is_named = True
    name: Literal["gan", "acgan"] = "acgan"
    noise_dim: Positive = 100
    generator: Spec = Spec(name="dense")
    discriminator: Spec | None = None
    smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    label_fakes: bool = False
    sheet_every: Positive = 5


class ModelRecipe(Table):
    """The parts of the model and their common options."""

    encoder: Spec = Spec(name="baseline")
    decoder: PartSpec | None = None
    classifier: PartSpec | None = None
    tied: bool = False
    input: Literal["plain", "product", "polarity"] = "plain"
    variational: Variational | None = None
    adversarial: Adversarial | None = None
    standardize: Literal["none", "mean", "z-score", "whitening"] = "none"
    output: Literal["pixels", "standardized"] = "pixels"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    activation: Literal["relu", "elu", "leaky_relu", "gelu", "silu", "tanh"] = "relu"
    initializer: Literal[
        "he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "random_normal", "random_uniform"
    ] = "he_normal"
    l1: Annotated[float, Field(ge=0)] = 0.0
    l2: Annotated[float, Field(ge=0)] = 0.0

    @field_validator("standardize", mode="before")
    @classmethod
    def _yes_or_no(cls, value: Any) -> Any:
        return ("z-score" if value else "none") if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _standardized_by_something(self) -> ModelRecipe:
        if self.output == "standardized" and self.standardize == "none":
            raise RequestError(
                expected="standardize 'mean', 'z-score' or 'whitening' where output is 'standardized'",
                received="standardize 'none'",
            )
        return self

    @model_validator(mode="after")
    def _one_kind_of_model(self) -> ModelRecipe:
        if self.adversarial is not None:
            only(self, {"adversarial", "activation", "initializer"}, "model.adversarial")
        return self

    @field_validator("adversarial", mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    _switch = field_validator("variational", mode="before")(switch)


class LossRecipe(Table):
    """The loss of each head."""

    reconstruction: Literal["mean_squared_error", "mean_absolute_error", "huber", "binary_crossentropy"] = (
        "mean_squared_error"
    )
    label: Literal["categorical_crossentropy", "binary_crossentropy", "mean_squared_error", "mean_absolute_error"] = (
        "categorical_crossentropy"
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0

    @model_validator(mode="after")
    def _smooths_entropies(self) -> LossRecipe:
        if self.label_smoothing and not self.label.endswith("crossentropy"):
            raise RequestError(
                expected="label_smoothing 0 where label is no cross-entropy",
                received=f"{self.label_smoothing:g} and {self.label!r}",
            )
        return self
