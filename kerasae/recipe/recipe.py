"""`Recipe`, the complete configuration of a run, and its small tables."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kerasae.recipe.base import HEADS, Head, Seed, Spec, Table, only
from kerasae.recipe.data import DataRecipe
from kerasae.recipe.model import LossRecipe, ModelRecipe
from kerasae.recipe.phase import Phase
from kerasae.recipe.search import SearchRecipe
from kerasae.utils.errors import RequestError


class EvaluationRecipe(Table):
    """Variants of the test images, by name, on which the model is evaluated too."""

    variants: dict[str, Annotated[list[Spec], Field(min_length=1)]] = {}

    @model_validator(mode="after")
    def _names(self) -> EvaluationRecipe:
        for name in self.variants:
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) or name in ("test", "train"):
                raise RequestError(
                    expected=(
                        "names of up to 40 letters, digits, - and _, other than 'test' and 'train', for the variants"
                    ),
                    received=repr(name),
                )
        return self


class RejectionRecipe(Table):
    """How often an in-distribution image may be rejected: "auto" is 0.05, or no rejection if validation images are few.

    `by_class` gives each predicted class its own threshold, if it has enough validation images for the rate.
    """

    false_positive_rate: Literal["auto"] | Annotated[float, Field(gt=0, lt=1)] = "auto"
    by_class: bool = False


class DistributionRecipe(Table):
    """Where training runs: every visible GPU, or the named devices."""

    devices: Literal["auto"] | Annotated[list[str], Field(min_length=1)] = "auto"


class Reference(Table):
    """The source of an experiment and its published results; no run depends on it."""

    source: Annotated[str, Field(min_length=1)]
    accuracy: float | None = None
    accuracy_std: float | None = None
    accuracy_max: float | None = None
    train_accuracy: float | None = None
    reconstruction_mse: float | None = None
    note: str = ""


class Recipe(Table):
    """The complete configuration of a run."""

    title: str = ""
    reference: Reference | None = None
    plugins: list[str] = []
    data: DataRecipe = DataRecipe()
    model: ModelRecipe = ModelRecipe()
    loss: LossRecipe = LossRecipe()
    phases: Annotated[list[Phase], Field(min_length=1)] = [Phase()]
    evaluation: EvaluationRecipe = EvaluationRecipe()
    rejection: RejectionRecipe = RejectionRecipe()
    distribution: DistributionRecipe = DistributionRecipe()
    search: SearchRecipe | None = None
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "auto"
    jit_compile: Literal["auto"] | bool = "auto"
    seed: Seed = 0

    @property
    def bare(self) -> Recipe:
        """The recipe without the fields that no run depends on."""
        return self.model_copy(update={"title": "", "reference": None})

    @property
    def phase_names(self) -> tuple[str, ...]:
        """The name of each phase, numbered where several phases have the same name."""
        names = [phase.name for phase in self.phases]
        return tuple(
            name if names.count(name) == 1 else f"{name} {names[: index + 1].count(name)}"
            for index, name in enumerate(names)
        )

    @model_validator(mode="after")
    def _loss_has_a_scale(self) -> Recipe:
        if self.model.output == "standardized" and self.loss.reconstruction == "binary_crossentropy":
            raise RequestError(
                "loss.reconstruction",
                expected=(
                    "mean_squared_error, mean_absolute_error or huber where model.output is 'standardized', whose "
                    "values leave [0, 1]"
                ),
                received="'binary_crossentropy'",
            )
        return self

    @model_validator(mode="after")
    def _trains_one_kind_of_model(self) -> Recipe:
        """Refuse settings of the other kind of model; only the root sees both kinds."""
        for index, phase in enumerate(self.phases):
            if self.model.adversarial is None and phase.discriminator is not None:
                raise RequestError(
                    f"phases.{index}.discriminator",
                    expected="none without model.adversarial",
                    received=phase.discriminator.model_dump(exclude_defaults=True),
                )
        if self.model.adversarial is not None:
            fields = {"name", "epochs", "batch_size", "optimizer", "schedule", "augment", "discriminator"}
            for index, phase in enumerate(self.phases):
                _only_beside_adversarial(phase, fields, f"phases.{index}")
                if not isinstance(phase.batch_size, int):
                    raise RequestError(
                        f"phases.{index}.batch_size",
                        expected="one number beside model.adversarial",
                        received=phase.batch_size.model_dump(),
                    )
            _only_beside_adversarial(self.loss, set(), "loss")
            _only_beside_adversarial(self.evaluation, set(), "evaluation")
            _only_beside_adversarial(self.rejection, set(), "rejection")
            if self.precision == "mixed_float16" or self.data.labelled_share != "natural":
                raise RequestError(
                    expected=(
                        "another precision than mixed_float16 and data.labelled_share 'natural' beside "
                        "model.adversarial"
                    ),
                    received=f"{self.precision!r} and {self.data.labelled_share!r}",
                )
        return self

    @property
    def classifies(self) -> bool:
        """Whether training needs labels."""
        if self.model.adversarial is not None:
            return self.model.adversarial.name == "acgan"
        return "label" in self.heads

    @property
    def heads(self) -> tuple[Head, ...]:
        """The heads that some phase trains, in the order of `HEADS`; only these are built. None if adversarial."""
        if self.model.adversarial is not None:
            return ()
        return tuple(head for head in HEADS if any(head in phase.heads for phase in self.phases))


def _only_beside_adversarial(table: Table, keys: set[str], where: str) -> None:
    try:
        only(table, keys, "model.adversarial")
    except RequestError as error:
        raise error.at(where) from None
