"""Samplers: each generates images of a model in one way, and describes it.

`class_prototypes`, `gaussian_mixtures` and `prior` sample the latent of an autoencoder, `autoencoder` chooses among
them; `generator` samples an adversarial model.
"""

from kerasae.generation.samplers.autoencoder import autoencoder_samplers
from kerasae.generation.samplers.generator import generator_sampler
from kerasae.generation.samplers.sampler import Sampler, Samples, draw_samples

__all__ = ["Sampler", "Samples", "autoencoder_samplers", "draw_samples", "generator_sampler"]
