"""Images that no camera took: samples of a trained model, and a judge of them."""

from kerasae.generation.adversarial import by_generator
from kerasae.generation.adversarial_report import write_generator_report
from kerasae.generation.judge import Judge, judge_of
from kerasae.generation.method import Method
from kerasae.generation.methods import methods_of
from kerasae.generation.report import Request, write_generated

__all__ = [
    "Judge",
    "Method",
    "Request",
    "by_generator",
    "judge_of",
    "methods_of",
    "write_generated",
    "write_generator_report",
]
