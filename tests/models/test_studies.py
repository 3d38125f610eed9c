"""Models of studies A, B, C and E as recipes: each is reachable by names and options alone."""

import pytest

from kerasae.models import build, check
from kerasae.recipe import HEADS, ModelRecipe

CIFAR, GREY = (32, 32, 3), (28, 28, 1)
DENSE_FEATURES = {"name": "mlp", "units": [1536, 768]}
STUDIES = {
    "A: prototype": ({"encoder": "prototype"}, CIFAR, (4, 4, 48)),
    "A: baseline": ({"encoder": "baseline"}, CIFAR, (8, 8, 48)),
    "B: dense": ({"encoder": DENSE_FEATURES, "classifier": "mlp"}, CIFAR, (768,)),
    "B: conv1d": ({"encoder": DENSE_FEATURES, "classifier": "conv1d"}, CIFAR, (768,)),
    "B: features without batch normalization": (
        {"encoder": {**DENSE_FEATURES, "normalize": False}, "classifier": "mlp"},
        CIFAR,
        (768,),
    ),
    "B: one block of repetition": (
        {
            "encoder": {"name": "vgg", "filters": [64], "convolutions": 1},
            "decoder": {"name": "vgg", "filters": [64], "convolutions": 1, "enlarge": "repeat"},
        },
        CIFAR,
        (16, 16, 64),
    ),
    "B: two blocks of repetition": (
        {"encoder": "vgg", "decoder": {"name": "vgg", "enlarge": "repeat"}},
        CIFAR,
        (8, 8, 64),
    ),
    "B: transposed convolutions": ({"encoder": "vgg"}, CIFAR, (8, 8, 64)),
    "B: from 128 filters": ({"encoder": "vgg", "classifier": {"name": "vgg", "filters": [128]}}, CIFAR, (8, 8, 64)),
    "C: matcher": (
        {
            "encoder": {"name": "strided", "units": [64], "latent_dim": 10},
            "classifier": {"name": "mlp", "dense": []},
            "dropout": 0.5,
        },
        GREY,
        (10,),
    ),
    "C: class output": (
        {"encoder": {"name": "strided", "latent": "softmax", "latent_dim": 10}, "classifier": "latent"},
        GREY,
        (10,),
    ),
    "E: random initialization": ({"encoder": "lenet", "initializer": "random_normal", "l2": 1e-3}, GREY, (4, 4, 16)),
    "E: product": ({"encoder": "lenet", "input": "product"}, GREY, (4, 4, 16)),
}


@pytest.mark.parametrize("study", STUDIES)
def test_a_studys_model_is_a_recipe(study: str) -> None:
    tree, image_shape, latent = STUDIES[study]
    recipe = ModelRecipe.model_validate(tree)
    check(recipe)
    model = build(recipe, image_shape, 10, HEADS)
    assert model.encoder.output_shape[1:] == latent
    assert dict(zip(model.heads, model.output_shape, strict=True)) == {
        "label": (None, 10),
        "reconstruction": (None, *image_shape),
    }
