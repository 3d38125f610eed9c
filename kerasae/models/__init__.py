"""Models: parts by name, and the joint and the adversarial model over them."""

from kerasae.models.adversarial import AdversarialModel
from kerasae.models.build import build, check, deviation, with_heads
from kerasae.models.build_adversarial import build_adversarial, check_adversarial
from kerasae.models.joint import JointAutoencoder
from kerasae.models.loading import load_generator, load_trained
from kerasae.models.ood.feature_extractor import model_with_features
from kerasae.models.ood.fitting import fit_rejection
from kerasae.models.ood.with_ood_score import model_with_ood_score
from kerasae.models.pseudo_labels import PseudoLabels
from kerasae.models.registries import CLASSIFIERS, DECODERS, DISCRIMINATORS, ENCODERS, GENERATORS
from kerasae.models.trained import TrainedModel

__all__ = [
    "CLASSIFIERS",
    "DECODERS",
    "DISCRIMINATORS",
    "ENCODERS",
    "GENERATORS",
    "AdversarialModel",
    "JointAutoencoder",
    "PseudoLabels",
    "TrainedModel",
    "build",
    "build_adversarial",
    "check",
    "check_adversarial",
    "deviation",
    "fit_rejection",
    "load_generator",
    "load_trained",
    "model_with_features",
    "model_with_ood_score",
    "with_heads",
]
