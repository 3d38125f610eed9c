"""A recipe: what a run is to do, as a validated tree.

The tree knows structure and types. Names of encoders, transforms, optimizers and schedules are `Spec`s, checked
by the registry that owns them when a verb starts.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Part = Literal["encoder", "decoder", "classifier"]
Head = Literal["reconstruction", "label"]
Term = Literal["reconstruction", "label", "kl_divergence"]
PARTS: tuple[Part, ...] = ("encoder", "decoder", "classifier")
HEADS: tuple[Head, ...] = ("reconstruction", "label")

Fraction = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[int, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Table(BaseModel):
    """A table of a recipe: unknown keys are refused, values are not converted from other types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


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
        """Everything but the name."""
        return dict(self.model_extra or {})


class DataRecipe(Table):
    """Which pictures, in what shape, and how they are divided."""

    source: Annotated[str, Field(min_length=1)] = "digits"
    image_shape: Literal["auto"] | Annotated[list[Positive], Field(min_length=3, max_length=3)] = "auto"
    resize: Literal["fit", "fill", "stretch"] = "fill"
    class_names: list[str] = []
    keep: dict[str, Fraction] = {}
    labelled_fraction: Fraction = 1.0
    labelled_share: Literal["natural"] | Annotated[float, Field(gt=0, lt=1)] = "natural"
    validation: Literal["auto", "half-of-test"] | Annotated[float, Field(gt=0, lt=1)] = "auto"
    fold: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)] | None = None
    test: Annotated[float, Field(gt=0, lt=1)] = 0.2
    class_weights: Literal["balanced", "none"] | dict[str, Annotated[float, Field(ge=0)]] = "none"
    max_broken_fraction: Annotated[float, Field(ge=0, le=1)] = 0.05
    memory_limit_mb: Annotated[int, Field(ge=0)] = 1024
    augment_engine: Literal["native", "pil"] = "native"
    seed: Seed = 0

    @model_validator(mode="after")
    def _one_of_several(self) -> DataRecipe:
        if self.fold is not None and (self.fold[1] < 2 or self.fold[0] >= self.fold[1]):
            raise ValueError(
                f"expected [index, count] with count 2 or more and index below count. Received: {self.fold}"
            )
        return self

    @model_validator(mode="after")
    def _channels(self) -> DataRecipe:
        if self.image_shape != "auto" and self.image_shape[2] not in (1, 3):
            raise ValueError(
                f"expected image_shape [height, width, channels] with 1 or 3 channels. Received: {self.image_shape}"
            )
        return self


class Variational(Table):
    """A Gaussian latent; `latent_dim` is its size, or None for the encoder's own."""

    latent_dim: Positive | None = None


class ModelRecipe(Table):
    """The parts of the model and what they share."""

    encoder: Spec = Spec(name="baseline")
    decoder: Spec | None = None
    classifier: Spec | None = None
    tied: bool = False
    input: Literal["plain", "product", "polarity"] = "plain"
    variational: Variational | None = None
    standardize: Literal["none", "mean", "z-score"] = "none"
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
            raise ValueError(
                "expected standardize 'mean' or 'z-score' where output is 'standardized'. Received: standardize 'none'"
            )
        return self

    @field_validator("variational", mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        return ({} if value else None) if isinstance(value, bool) else value


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
            raise ValueError(
                f"expected label_smoothing 0 where label is no cross-entropy. Received: {self.label_smoothing:g} and "
                f"{self.label!r}"
            )
        return self


class EarlyStopping(Table):
    """Stop a phase when the monitored value has not improved for `patience` epochs."""

    patience: Positive = 10
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class BatchSizes(Table):
    """A batch size that changes after the epochs `at` (counted from 1 within the phase), the optimizer kept.

    Smith et al., "Don't decay the learning rate, increase the batch size", arXiv 1711.00489.
    """

    sizes: Annotated[list[Positive], Field(min_length=2)]
    at: list[Positive]

    @model_validator(mode="after")
    def _rises(self) -> BatchSizes:
        if sorted(set(self.at)) != self.at or len(self.at) != len(self.sizes) - 1:
            raise ValueError(
                f"expected rising epochs `at`, one fewer than `sizes`. Received: at {self.at}, sizes {self.sizes}"
            )
        return self


class Phase(Table):
    """One stretch of training: which parts learn, for how long, and how."""

    name: str = "joint"
    learns: Annotated[list[Part], Field(min_length=1)] = list(PARTS)
    epochs: Positive = 10
    batch_size: Positive | BatchSizes = 64
    optimizer: Spec = Spec(name="adam")
    schedule: Spec = Spec(name="constant")
    loss_weights: dict[Term, Annotated[float, Field(ge=0)] | Spec] = {}
    balance: Literal["uncertainty", "gradient_norm"] | None = None
    error_focus: Annotated[float, Field(ge=0)] = 0.0
    augment: list[Spec] = []
    mix: Spec | None = None
    corrupt: list[Spec] = []
    early_stopping: EarlyStopping | None = None
    monitor: str | None = None
    restore_best: bool = True
    start_from: dict[Part, str] = {}

    @property
    def heads(self) -> tuple[Head, ...]:
        """The heads whose loss is trained on: those whose own part learns, or all if the encoder learns alone."""
        own: dict[Head, Part] = {"reconstruction": "decoder", "label": "classifier"}
        named = [head for head in HEADS if own[head] in self.learns]
        return tuple(head for head in named or HEADS if self.loss_weights.get(head, 1.0) != 0)

    @model_validator(mode="after")
    def _balances_two(self) -> Phase:
        for key, value in (("balance", self.balance), ("error_focus", self.error_focus)):
            if value and set(self.heads) != set(HEADS):
                raise ValueError(f"expected both heads to be trained beside {key} = {value!r}. Received: {self.heads}")
        fixed = sorted(set(self.loss_weights) & set(HEADS))
        if self.balance and "encoder" not in self.learns:
            raise ValueError(f"expected the encoder to learn, which balance shares out. Received: learns {self.learns}")
        if self.balance and fixed:
            raise ValueError(
                f"expected no loss_weights for heads that balance = {self.balance!r} weighs. Received: "
                f"{', '.join(fixed)}; set loss_weights to {{}} or leave out balance"
            )
        return self

    @property
    def stretches(self) -> tuple[tuple[range, int], ...]:
        """The epochs, counted from 0 within the phase, that share a batch size, and that size."""
        if isinstance(self.batch_size, int):
            return ((range(self.epochs), self.batch_size),)
        ends = [0, *self.batch_size.at, self.epochs]
        return tuple((range(*pair), size) for pair, size in zip(pairwise(ends), self.batch_size.sizes, strict=True))

    @model_validator(mode="after")
    def _sizes_within_the_phase(self) -> Phase:
        if isinstance(self.batch_size, BatchSizes) and self.batch_size.at[-1] >= self.epochs:
            raise ValueError(
                f"expected batch_size.at to hold epochs below the phase's last, {self.epochs}. "
                f"Received: {self.batch_size.at}"
            )
        return self

    @model_validator(mode="after")
    def _trains_something(self) -> Phase:
        if not self.heads:
            raise ValueError(
                f"expected a head with a loss weight above zero. Received: learns {self.learns}, "
                f"loss_weights {self.loss_weights}; this phase would train nothing"
            )
        return self


class EvaluationRecipe(Table):
    """What a trained model is measured on beside the test pictures: variants of them, by name."""

    variants: dict[str, Annotated[list[Spec], Field(min_length=1)]] = {}

    @model_validator(mode="after")
    def _names(self) -> EvaluationRecipe:
        for name in self.variants:
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) or name == "test":
                raise ValueError(
                    "expected names of up to 40 letters, digits, - and _, other than 'test', for the variants. "
                    f"Received: {name!r}"
                )
        return self


class DistributionRecipe(Table):
    """Where training runs: every visible GPU, or the named devices."""

    devices: Literal["auto"] | Annotated[list[str], Field(min_length=1)] = "auto"


class Reference(Table):
    """Where an experiment comes from, and what was measured there; nothing in a run depends on it."""

    source: Annotated[str, Field(min_length=1)]
    accuracy: float | None = None
    train_accuracy: float | None = None
    reconstruction_mse: float | None = None
    note: str = ""


class Recipe(Table):
    """Everything that one run needs to know."""

    title: str = ""
    reference: Reference | None = None
    plugins: list[str] = []
    data: DataRecipe = DataRecipe()
    model: ModelRecipe = ModelRecipe()
    loss: LossRecipe = LossRecipe()
    phases: Annotated[list[Phase], Field(min_length=1)] = [Phase()]
    evaluation: EvaluationRecipe = EvaluationRecipe()
    distribution: DistributionRecipe = DistributionRecipe()
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "auto"
    jit_compile: Literal["auto"] | bool = "auto"
    seed: Seed = 0

    @model_validator(mode="after")
    def _loss_has_a_scale(self) -> Recipe:
        if self.model.output == "standardized" and self.loss.reconstruction == "binary_crossentropy":
            raise ValueError(
                "loss.reconstruction: expected mean_squared_error, mean_absolute_error or huber where model.output is "
                "'standardized', whose values leave [0, 1]. Received: 'binary_crossentropy'"
            )
        return self

    @property
    def heads(self) -> tuple[Head, ...]:
        """The heads that some phase trains, in the order of `HEADS`; no other is built."""
        return tuple(head for head in HEADS if any(head in phase.heads for phase in self.phases))
