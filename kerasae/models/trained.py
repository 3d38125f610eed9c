"""A trained model together with the rejection that was fitted for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasae.layers import Rejection
    from kerasae.models.joint import JointAutoencoder


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A trained model and its rejection, which decides whether a prediction is accepted.

    Attributes:
        model: the joint model.
        rejection: fitted for `model`, or None if every prediction is accepted.
    """

    model: JointAutoencoder
    rejection: Rejection | None = None
