"""A recipe: the validated configuration of a run.

Its classes check structure and types. Names of encoders, transforms, optimizers and schedules are `Spec`s, which the
registry that owns them checks when a command starts.
"""

from kerasae.recipe.base import HEADS, PARTS, SEEDS, Head, Part, Spec, Table, Term
from kerasae.recipe.data import DataRecipe
from kerasae.recipe.model import Adversarial, LossRecipe, ModelRecipe, Variational
from kerasae.recipe.phase import BatchSizes, DiscriminatorRecipe, EarlyStopping, Phase
from kerasae.recipe.recipe import DistributionRecipe, EvaluationRecipe, Recipe, Reference, RejectionRecipe
from kerasae.recipe.search import KINDS, Pruning, Range, SearchRecipe

__all__ = [
    "HEADS",
    "KINDS",
    "PARTS",
    "SEEDS",
    "Adversarial",
    "BatchSizes",
    "DataRecipe",
    "DiscriminatorRecipe",
    "DistributionRecipe",
    "EarlyStopping",
    "EvaluationRecipe",
    "Head",
    "LossRecipe",
    "ModelRecipe",
    "Part",
    "Phase",
    "Pruning",
    "Range",
    "Recipe",
    "Reference",
    "RejectionRecipe",
    "SearchRecipe",
    "Spec",
    "Table",
    "Term",
    "Variational",
]
