"""Models: parts by name, and the joint model over them."""

from kerasae.models.build import build, check, deviation, with_heads
from kerasae.models.joint import JointAutoencoder
from kerasae.models.parts import CLASSIFIERS, DECODERS, ENCODERS
from kerasae.models.probe import probe
from kerasae.models.rejection import guarded
from kerasae.models.saved import load_trained

__all__ = [
    "CLASSIFIERS",
    "DECODERS",
    "ENCODERS",
    "JointAutoencoder",
    "build",
    "check",
    "deviation",
    "guarded",
    "load_trained",
    "probe",
    "with_heads",
]
