"""Export: a SavedModel that any TensorFlow program can serve, checked before it is kept."""

from kerasae.export.gate import ExportError
from kerasae.export.generator import export_generator
from kerasae.export.saved_model import export

__all__ = ["ExportError", "export", "export_generator"]
