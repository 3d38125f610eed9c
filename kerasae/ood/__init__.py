"""Out-of-distribution (OOD) data: how well a trained model detects images that are unlike its training data."""

from kerasae.ood.measurement import OodMeasurement
from kerasae.ood.report import write_ood_reports, write_unknown_class_reports
from kerasae.ood.sources import OodImages, open_all, open_ood_images, open_unknown_classes

__all__ = [
    "OodImages",
    "OodMeasurement",
    "open_all",
    "open_ood_images",
    "open_unknown_classes",
    "write_ood_reports",
    "write_unknown_class_reports",
]
