"""The latent of a variational autoencoder: a Gaussian for each image, and its divergence from the prior."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from kerasae.layers.replica_seeds import ReplicaSeeds

# Standard deviations from 5e-5 to 150: no exponential overflows, even in float16.
LOG_VARIANCE_RANGE = (-20.0, 10.0)


@keras.saving.register_keras_serializable("kerasae")
class GaussianLatent(keras.layers.Layer):
    """A diagonal Gaussian over latents: training draws a sample, inference returns the mean.

    Kingma and Welling, 2013, arXiv 1312.6114, with the reparameterization of its section 2.4. Features of shape (batch,
    features) become latents (batch, latent_dim) by dense layers, maps (batch, height, width, features) become (batch,
    height, width, latent_dim) by 1x1 convolutions. `latent, mean, log_variance = layer(features)`: the latent in the
    layer's compute dtype, the other two in float32 whatever the precision, for `PriorDivergence`. The log variance
    starts at 0, that of the prior, and is clipped to [-20, 10]; its gradient is not clipped.

    A frozen layer (`trainable = False`) returns the mean in training too, so that parts trained on top see the latents
    of inference. The seed of the samples is a variable, which resuming restores; the replicas of a distribution
    strategy draw different samples.

    Args:
        latent_dim: size of the latent; None for the number of features.
        kernel_initializer: initializer of the kernel of the mean.
        kernel_regularizer: regularizer of both kernels.
        seed: seed of the samples; by default from Keras' global seed.

    Raises:
        ValueError: `latent_dim` below 1, or features of another rank.
    """

    def __init__(
        self,
        latent_dim: int | None = None,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if latent_dim is not None and (not isinstance(latent_dim, int) or latent_dim < 1):
            raise ValueError(f"latent_dim: expected a whole number above zero or None. Received: {latent_dim!r}")
        self.latent_dim = latent_dim
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.seed = seed
        self.seeds = ReplicaSeeds(seed)

    def build(self, input_shape: Any) -> None:
        """Build the float32 layers of mean and log variance."""
        if len(input_shape) not in (2, 4):
            raise ValueError(
                "GaussianLatent: expected features of shape (batch, features) or (batch, height, width, features). "
                f"Received: {tuple(input_shape)}"
            )
        units = self.latent_dim or input_shape[-1]

        def affine(name: str, initializer: Any) -> keras.layers.Layer:
            options = {
                "name": name,
                "dtype": "float32",
                "kernel_initializer": initializer,
                "kernel_regularizer": self.kernel_regularizer,
            }
            layer = (
                keras.layers.Dense(units, **options)
                if len(input_shape) == 2
                else keras.layers.Conv2D(units, 1, **options)
            )
            layer.build(input_shape)
            return layer

        self.mean = affine("mean", self.kernel_initializer)
        self.log_variance = affine("log_variance", "zeros")

    def call(self, features: Any, training: bool = False) -> tuple[Any, Any, Any]:
        """Return latent, mean and log variance."""
        mean = self.mean(features)
        log_variance = self.log_variance(features)
        # Only the value is clipped: a clipped gradient would never bring it back.
        clipped = ops.clip(log_variance, *LOG_VARIANCE_RANGE)
        log_variance = log_variance + ops.stop_gradient(clipped - log_variance)
        latent = mean
        if training and self.trainable:
            noise = keras.random.normal(ops.shape(mean), dtype="float32", seed=self.seeds)
            latent = mean + ops.exp(0.5 * log_variance) * noise
        return ops.cast(latent, self.compute_dtype), mean, log_variance

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {
            **super().get_config(),
            "latent_dim": self.latent_dim,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable("kerasae")
class PriorDivergence(keras.layers.Layer):
    """The Kullback-Leibler divergence of diagonal Gaussians from the standard normal, in nats per image.

    Takes means and log variances of equal shape (batch, ...) and returns float32 (batch,): the sum over the latent of
    (mean^2 + variance - 1 - log variance) / 2 (arXiv 1312.6114, appendix B).
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, mean: Any, log_variance: Any) -> Any:
        """Return the divergence of each image."""
        values = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance)
        return ops.sum(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)
