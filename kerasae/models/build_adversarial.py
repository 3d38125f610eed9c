"""Builds the adversarial model of a recipe: generator and discriminator by name."""

from __future__ import annotations

import kerasae.models.discriminators
import kerasae.models.generators  # noqa: F401 (registers the parts)
from kerasae.models.adversarial import AdversarialModel
from kerasae.models.blocks import Settings
from kerasae.models.build import dtype_policy
from kerasae.models.registries import DISCRIMINATORS, GENERATORS
from kerasae.recipe import Adversarial, ModelRecipe, Spec
from kerasae.utils.errors import RequestError


def check_adversarial(adversarial: Adversarial) -> None:
    """Check the names and options of the parts before any data is read."""
    GENERATORS.check(adversarial.generator, "model.adversarial.generator")
    DISCRIMINATORS.check(_discriminator(adversarial), "model.adversarial.discriminator")


def build_adversarial(
    recipe: ModelRecipe, image_shape: tuple[int, int, int], num_classes: int, precision: str = "float32"
) -> AdversarialModel:
    """Build the adversarial model of a recipe.

    Args:
        image_shape: (height, width, channels) of the images.
        num_classes: number of classes of the images; "gan" ignores them.
        precision: Keras dtype policy of the layers inside.

    Raises:
        RequestError: the sides of the images do not fit the generator, or "acgan" has fewer than two classes.
    """
    adversarial = recipe.adversarial
    assert adversarial is not None
    if adversarial.name == "acgan" and num_classes < 2:
        raise RequestError(
            "model.adversarial",
            expected="images of at least two classes for 'acgan'",
            received=num_classes,
            fix="set it to 'gan', which takes images without classes",
        )
    classes = num_classes if adversarial.name == "acgan" else 0
    settings = Settings(activation=recipe.activation, initializer=recipe.initializer)
    with dtype_policy(precision):
        key = "model.adversarial"
        generator = GENERATORS.build(
            adversarial.generator, f"{key}.generator", image_shape, adversarial.noise_dim, classes, settings
        )
        discriminator = DISCRIMINATORS.build(
            _discriminator(adversarial), f"{key}.discriminator", image_shape, classes, settings
        )
        return AdversarialModel(generator, discriminator, adversarial.smoothing, adversarial.label_fakes)


def _discriminator(adversarial: Adversarial) -> Spec:
    """Return the recipe's discriminator, or the default of its generator."""
    if adversarial.discriminator is not None:
        return adversarial.discriminator
    generator = adversarial.generator.name
    default = GENERATORS.traits(generator).discriminator
    return Spec(name=default or (generator if generator in DISCRIMINATORS.names else "dense"))
