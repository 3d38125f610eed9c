"""Generated images of a trained model: samplers, an independent judge, metrics of samples, and reports."""

from kerasae.generation.adversarial_report import write_generator_report
from kerasae.generation.judge import Judge, check_judge
from kerasae.generation.judge_training import load_or_train_judge
from kerasae.generation.report import SamplingOptions, write_generated
from kerasae.generation.result import GenerationResult
from kerasae.generation.samplers import Sampler, autoencoder_samplers, generator_sampler
from kerasae.generation.training_latents import TrainingLatents

__all__ = [
    "GenerationResult",
    "Judge",
    "Sampler",
    "SamplingOptions",
    "TrainingLatents",
    "autoencoder_samplers",
    "check_judge",
    "generator_sampler",
    "load_or_train_judge",
    "write_generated",
    "write_generator_report",
]
