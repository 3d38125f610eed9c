"""Export of trained models as SavedModels for any TensorFlow program, verified before they are kept."""

from kerasae.exporting.generator import export_generator
from kerasae.exporting.saved_model import export
from kerasae.exporting.verification import ExportError

__all__ = ["ExportError", "export", "export_generator"]
