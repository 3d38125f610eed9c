"""Every public layer, its arguments changed from their defaults, does what `run_layer_test` checks."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from conformance import Case, arguments_of, run_layer_test

from kerasae import layers

RANDOM = np.random.default_rng(0)
VECTORS = RANDOM.normal(size=(6, 4)).astype(np.float32)
MAPS = RANDOM.normal(size=(6, 4, 4, 3)).astype(np.float32)
IMAGES = RANDOM.uniform(size=(6, 5, 4, 2)).astype(np.float32) ** 3  # skewed, for `Polarity`
PROBABILITIES = RANDOM.dirichlet(np.ones(4), 6).astype(np.float32)
FEATURES = {
    "error": RANDOM.uniform(0.01, 0.1, 6).astype(np.float32),
    "contrast": RANDOM.uniform(0.1, 0.5, 6).astype(np.float32),
    "latent": VECTORS,
    "logits": RANDOM.normal(size=(6, 3)).astype(np.float32),
}
SCORES = ("anomaly_score", "accepted", "reconstruction_score", "latent_score", "label_score")
KERNEL = {"kernel_initializer": "he_normal", "kernel_regularizer": "l2"}


def there_and_back(layer: keras.layers.Layer, inputs: Any) -> Any:
    """Call a tied layer in both directions."""
    return layer(layer(inputs), transpose=True)


CASES = [
    Case(
        layers.BatchNormalization,
        (MAPS,),
        MAPS.shape,
        {
            "axis": 2,
            "momentum": 0.7,
            "epsilon": 0.01,
            "beta_initializer": "ones",
            "gamma_initializer": keras.initializers.Constant(0.5),
            "moving_mean_initializer": "ones",
            "moving_variance_initializer": keras.initializers.Constant(2.0),
            "beta_regularizer": "l2",
            "gamma_regularizer": "l1",
            "beta_constraint": "non_neg",
            "gamma_constraint": "unit_norm",
            "synchronized": True,
        },
        learns=("gamma", "beta"),
    ),
    Case(layers.BatchNormalization, (MAPS,), MAPS.shape, {"center": False}, learns=("gamma",)),
    Case(layers.BatchNormalization, (VECTORS,), VECTORS.shape, {"scale": False}, learns=("beta",)),
    Case(
        layers.BatchNormalization,
        (MAPS,),
        MAPS.shape,
        {"renorm": True, "renorm_clipping": {"rmax": 3.0}, "renorm_momentum": 0.5},
        learns=("gamma", "beta"),
    ),
    Case(layers.DepthToSpace, (RANDOM.normal(size=(2, 2, 3, 9)).astype(np.float32),), (2, 6, 9, 1), {"size": 3}),
    Case(
        layers.GaussianLatent,
        (VECTORS,),
        ((6, 5), (6, 5), (6, 5)),
        {"latent_dim": 5, "seed": 9, **KERNEL},
        half_dtype=("bfloat16", "float32", "float32"),
        learns=("kernel", "bias", "kernel", "bias"),
    ),
    Case(
        layers.GaussianLatent,
        (MAPS,),
        ((6, 4, 4, 2),) * 3,
        {"latent_dim": 2, "seed": 9, **KERNEL},
        half_dtype=("bfloat16", "float32", "float32"),
        learns=("kernel", "bias", "kernel", "bias"),
    ),
    Case(layers.LogProbabilities, (PROBABILITIES,), PROBABILITIES.shape),
    Case(layers.NegativeProduct, (IMAGES,), IMAGES.shape),
    Case(
        layers.PixelScale,
        (IMAGES,),
        IMAGES.shape,
        {"mean": [0.2, 0.9], "deviation": [0.5, 0.1]},
        half_dtype="float32",
    ),
    Case(layers.Polarity, (IMAGES,), IMAGES.shape, {"value_range": (0.0, 2.0)}),
    Case(layers.PriorDivergence, (VECTORS, VECTORS[::-1]), (6,), half_dtype="float32"),
    Case(
        layers.Rejection,
        (FEATURES,),
        dict.fromkeys(SCORES, (6,)),
        {
            "parts": ["reconstruction", "latent", "label"],
            "latent_dim": 4,
            "num_centres": 2,
            "num_classes": 3,
            "by_class": True,
        },
        dtypes={name: "bool" if name == "accepted" else "float32" for name in SCORES},
        half_dtype={name: "bool" if name == "accepted" else "float32" for name in SCORES},
        differentiable=False,
    ),
    Case(
        layers.TiedConv2D,
        (MAPS,),
        MAPS.shape,
        {"filters": 5, "input_filters": 3, "kernel_size": 5, "strides": 2, **KERNEL},
        learns=("kernel", "bias", "transpose_bias"),
        call=there_and_back,
    ),
    Case(
        layers.TiedDense,
        (VECTORS,),
        VECTORS.shape,
        {"units": 5, "input_units": 4, **KERNEL},
        learns=("kernel", "bias", "transpose_bias"),
        call=there_and_back,
    ),
    Case(
        layers.Transposed,
        (VECTORS,),
        (6, 7),
        {"layer": lambda: layers.TiedDense(4, 7, name="shared")},
        learns=("kernel", "bias", "transpose_bias"),
        unused=("bias",),
    ),
    Case(
        layers.UncertaintyWeights,
        tuple(
            {head: RANDOM.uniform(size=6).astype(np.float32) for head in ("reconstruction", "label")} for _ in range(2)
        ),
        (6,),
        {"heads": ["reconstruction", "label"]},
        half_dtype="float32",
        learns=("reconstruction_log_variance", "label_log_variance"),
    ),
    Case(
        layers.Whitening,
        (MAPS,),
        (6, 4, 4, 54),
        {"kernel_size": 3, "epsilon": 0.01},
        half_dtype="float32",
        learns=("bias",),
    ),
]
PUBLIC = [
    getattr(layers, name)
    for name in layers.__all__
    if inspect.isclass(getattr(layers, name)) and issubclass(getattr(layers, name), keras.layers.Layer)
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.__name__)
def test_layer(case: Case, tmp_path: Path) -> None:
    run_layer_test(case, tmp_path)


def test_every_layer_of_the_package_is_public_and_takes_part() -> None:
    defined = {
        kind
        for name, kind in keras.saving.get_custom_objects().items()
        if name.startswith("kerasae>") and kind.__module__.startswith("kerasae.layers")
    }
    assert defined == set(PUBLIC) == {case.kind for case in CASES}


@pytest.mark.parametrize("kind", PUBLIC)
def test_every_argument_is_changed_from_its_default_in_some_case(kind: type[keras.layers.Layer]) -> None:
    for name, parameter in arguments_of(kind).items():
        given: list[Any] = [case.arguments[name] for case in CASES if case.kind is kind and name in case.arguments]
        assert any(value != parameter.default for value in given), name
