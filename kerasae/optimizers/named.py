"""Optimizers by name, with weight decay on kernels only."""

from __future__ import annotations

from typing import Annotated

import keras
from pydantic import Field

from kerasae.optimizers.adabound import AdaBound
from kerasae.optimizers.sgd import SGD
from kerasae.recipe.registry import Registry

OPTIMIZERS: Registry[keras.optimizers.Optimizer] = Registry("optimizer")

Rate = Annotated[float, Field(gt=0)]
Decay = Annotated[float, Field(ge=0)]
Beta = Annotated[float, Field(ge=0, lt=1)]
Norm = Annotated[float, Field(gt=0)] | None


@OPTIMIZERS.register("adam")
def adam(
    *,
    learning_rate: Rate = 1e-3,
    beta_1: Beta = 0.9,
    beta_2: Beta = 0.999,
    epsilon: Annotated[float, Field(gt=0)] = 1e-7,
    weight_decay: Decay = 0.0,
    clip_norm: Norm = None,
) -> keras.optimizers.Optimizer:
    """Adam (Kingma and Ba, arXiv 1412.6980); weight decay is decoupled (arXiv 1711.05101)."""
    optimizer = keras.optimizers.Adam(
        learning_rate, beta_1, beta_2, epsilon, weight_decay=weight_decay or None, global_clipnorm=clip_norm
    )
    return _spare_vectors(optimizer)


@OPTIMIZERS.register("sgd")
def sgd(
    *,
    learning_rate: Rate = 1e-2,
    momentum: Beta = 0.9,
    nesterov: bool = True,
    beta_rate: Rate = 1.0,
    weight_decay: Decay = 0.0,
    clip_norm: Norm = None,
) -> keras.optimizers.Optimizer:
    """Stochastic gradient descent with (Nesterov) momentum; weight decay is decoupled from the momentum."""
    optimizer = SGD(
        learning_rate,
        momentum,
        nesterov=nesterov and momentum > 0,
        beta_rate=beta_rate,
        weight_decay=weight_decay or None,
        global_clipnorm=clip_norm,
    )
    return _spare_vectors(optimizer)


@OPTIMIZERS.register("adabound")
def adabound(
    *,
    learning_rate: Rate = 1e-3,
    final_rate: Rate = 0.1,
    beta_1: Beta = 0.9,
    beta_2: Beta = 0.999,
    gamma: Annotated[float, Field(gt=0, lt=1)] = 1e-3,
    weight_decay: Decay = 0.0,
    clip_norm: Norm = None,
) -> keras.optimizers.Optimizer:
    """AdaBound (arXiv 1902.09843): starts as Adam at `learning_rate` and ends as SGD at `final_rate`."""
    optimizer = AdaBound(
        learning_rate,
        *(final_rate, beta_1, beta_2, gamma),
        weight_decay=weight_decay or None,
        global_clipnorm=clip_norm,
    )
    return _spare_vectors(optimizer)


@OPTIMIZERS.register("rmsprop")
def rmsprop(
    *,
    learning_rate: Rate = 1e-3,
    rho: Beta = 0.9,
    momentum: Beta = 0.0,
    weight_decay: Decay = 0.0,
    clip_norm: Norm = None,
) -> keras.optimizers.Optimizer:
    """RMSprop (Hinton, Coursera lecture 6e, 2012)."""
    optimizer = keras.optimizers.RMSprop(
        learning_rate, rho, momentum, weight_decay=weight_decay or None, global_clipnorm=clip_norm
    )
    return _spare_vectors(optimizer)


def _spare_vectors(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Exclude biases, normalization and learned loss weights from weight decay, which would only bias them."""
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "log_variance"])
    return optimizer
