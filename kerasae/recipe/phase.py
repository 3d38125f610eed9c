"""`[[phases]]`: the stages of training."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from kerasae.recipe.base import HEADS, PARTS, Fraction, Head, Part, Positive, Spec, Table, Term, switch
from kerasae.utils.errors import RequestError


class EarlyStopping(Table):
    """Stop a phase when the monitored value has not improved for `patience` epochs."""

    patience: Positive = 10
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class BatchSizes(Table):
    """Batch sizes that change after the epochs `at`, counted from 1 within the phase; the optimizer keeps its state.

    Smith et al., "Don't decay the learning rate, increase the batch size", arXiv 1711.00489.
    """

    sizes: Annotated[list[Positive], Field(min_length=2)]
    at: list[Positive]

    @model_validator(mode="after")
    def _rises(self) -> BatchSizes:
        if sorted(set(self.at)) != self.at or len(self.at) != len(self.sizes) - 1:
            raise RequestError(
                expected="rising epochs `at`, one fewer than `sizes`", received=f"at {self.at}, sizes {self.sizes}"
            )
        return self


class DiscriminatorRecipe(Table):
    """How the discriminator of an adversarial model is trained.

    Attributes:
        steps: discriminator steps for each generator step; the next number holds after each of the epochs `at`.
        at: epochs, counted from 1 within the phase.
        optimizer: None takes the phase's.
    """

    steps: Annotated[list[Positive], Field(min_length=1)] = [1]
    at: list[Positive] = []
    optimizer: Spec | None = None

    @model_validator(mode="after")
    def _rises(self) -> DiscriminatorRecipe:
        if sorted(set(self.at)) != self.at or len(self.at) != len(self.steps) - 1:
            raise RequestError(
                expected="rising epochs `at`, one fewer than `steps`", received=f"at {self.at}, steps {self.steps}"
            )
        return self


class PseudoLabels(Table):
    """Confident predictions for clean unlabelled images, used as labels.

    With `corrupt`, the training step gets a corrupted image and the prediction does not: FixMatch, Sohn et al., arXiv
    2001.07685.

    Attributes:
        threshold: the least probability of a prediction that is used.
        weight: of its loss, relative to a label's.
    """

    threshold: Fraction = 0.95
    weight: Annotated[float, Field(gt=0)] = 1.0


class Phase(Table):
    """One stage of training: which parts learn, for how long, and how.

    `min_steps` raises `epochs` where they would make fewer steps on the given images; the recipe in a run has the
    resulting epochs. A recipe or `--set` that sets `epochs` over another recipe resets its `min_steps`, unless it sets
    that too.
    """

    takes_back: ClassVar[Mapping[str, str]] = {"epochs": "min_steps"}

    name: Annotated[str, Field(min_length=1, max_length=100)] = "joint"
    learns: Annotated[list[Part], Field(min_length=1)] = list(PARTS)
    epochs: Annotated[int, Field(gt=0, le=1_000_000)] = 10
    min_steps: Annotated[int, Field(ge=0, le=100_000)] = 0
    batch_size: Positive | BatchSizes = 64
    optimizer: Spec = Spec(name="adam")
    schedule: Spec = Spec(name="constant")
    loss_weights: dict[Term, Annotated[float, Field(ge=0)] | Spec] = {}
    balance: Literal["uncertainty", "gradient_norm"] | None = None
    error_focus: Annotated[float, Field(ge=0)] = 0.0
    pseudo_labels: PseudoLabels | None = None
    augment: list[Spec] = []
    mix: Spec | None = None
    corrupt: list[Spec] = []
    early_stopping: EarlyStopping | None = None
    monitor: str | None = None
    restore_best: bool = True
    start_from: dict[Part, str] = {}
    discriminator: DiscriminatorRecipe | None = None

    _switch = field_validator("early_stopping", "pseudo_labels", mode="before")(switch)

    @property
    def heads(self) -> tuple[Head, ...]:
        """The heads whose loss is trained on: those whose own part learns, or all if the encoder learns alone."""
        part_of: dict[Head, Part] = {"reconstruction": "decoder", "label": "classifier"}
        named = [head for head in HEADS if part_of[head] in self.learns]
        return tuple(head for head in named or HEADS if self.loss_weights.get(head, 1.0) != 0)

    @model_validator(mode="after")
    def _balances_two(self) -> Phase:
        for key in ("balance", "error_focus", "pseudo_labels"):
            if (value := getattr(self, key)) and set(self.heads) != set(HEADS):
                shown = value.model_dump() if isinstance(value, Table) else value
                off = 0.0 if key == "error_focus" else "none"
                raise RequestError(
                    expected=f"both heads to be trained beside {key} = {shown!r}",
                    received=self.heads,
                    fix=f"set {key}={off} to train without",
                )
        fixed = sorted(set(self.loss_weights) & set(HEADS))
        if self.balance and "encoder" not in self.learns:
            raise RequestError(
                expected="the encoder to learn, since balance weighs the gradients that reach it",
                received=f"learns {self.learns}",
            )
        if self.balance and fixed:
            raise RequestError(
                expected=f"no loss_weights for heads that balance = {self.balance!r} weighs",
                received=", ".join(fixed),
                fix="set loss_weights to {} or leave out balance",
            )
        return self

    @property
    def batch_size_stages(self) -> tuple[tuple[range, int], ...]:
        """The epochs, counted from 0 within the phase, that share a batch size, and that size."""
        if isinstance(self.batch_size, int):
            return ((range(self.epochs), self.batch_size),)
        ends = [0, *self.batch_size.at, self.epochs]
        return tuple((range(*pair), size) for pair, size in zip(pairwise(ends), self.batch_size.sizes, strict=True))

    @property
    def discriminator_stretches(self) -> tuple[tuple[range, int], ...]:
        """The epochs, counted from 0 within the phase, that share a number of discriminator steps, and that number."""
        discriminator = self.discriminator or DiscriminatorRecipe()
        ends = [0, *discriminator.at, self.epochs]
        return tuple((range(*pair), steps) for pair, steps in zip(pairwise(ends), discriminator.steps, strict=True))

    @model_validator(mode="after")
    def _steps_within_the_phase(self) -> Phase:
        if self.discriminator is not None and any(epoch >= self.epochs for epoch in self.discriminator.at):
            raise RequestError(
                expected=f"discriminator.at to hold epochs below the phase's last, {self.epochs}",
                received=self.discriminator.at,
            )
        return self

    @model_validator(mode="after")
    def _sizes_within_the_phase(self) -> Phase:
        if isinstance(self.batch_size, BatchSizes) and self.batch_size.at[-1] >= self.epochs:
            raise RequestError(
                expected=f"batch_size.at to hold epochs below the phase's last, {self.epochs}",
                received=self.batch_size.at,
            )
        return self

    @model_validator(mode="after")
    def _trains_something(self) -> Phase:
        if not self.heads:
            raise RequestError(
                expected="a head with a loss weight above zero",
                received=f"learns {self.learns}, loss_weights {self.loss_weights}",
                fix="this phase would train nothing",
            )
        return self
