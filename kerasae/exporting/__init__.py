"""Export: a SavedModel that any TensorFlow program can serve, checked before it is kept."""

from kerasae.exporting.generator import export_generator
from kerasae.exporting.saved_model import export
from kerasae.exporting.verification import ExportError

__all__ = ["ExportError", "export", "export_generator"]
