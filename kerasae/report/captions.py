"""The titles and captions of a run's figures: what each shows, and how to read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FigureText:
    """The fixed texts of a figure."""

    title: str
    caption: str


_TRAINING_AND_VALIDATION = " Solid: training. Dashed: validation."

_IMAGE_ROWS = (
    " Top: image. Middle: reconstruction. Bottom: absolute pixel error on [0, 1], from 0 (dark) to 0.5 and more "
    "(yellow). Every report uses this colour scale."
)

TEXTS = {
    "reconstruction_loss": FigureText(
        "Reconstruction loss",
        "The reconstruction loss by epoch; lower is better. A validation loss that rises while the training loss falls "
        "indicates overfitting." + _TRAINING_AND_VALIDATION,
    ),
    "label_loss": FigureText(
        "Label loss",
        "The recipe's loss on the class probabilities by epoch; lower is better. The training loss may include class "
        "weights, dropout and augmentation; the validation loss never does. Compare trends, not levels."
        + _TRAINING_AND_VALIDATION,
    ),
    "label_accuracy": FigureText(
        "Label accuracy",
        "The share of labelled images that are classified correctly, by epoch; higher is better."
        + _TRAINING_AND_VALIDATION,
    ),
    "kl_divergence": FigureText(
        "Divergence from the prior",
        "The KL divergence of the latent posteriors from the standard normal prior, in nats per image. Near zero, the "
        "latent carries no information about the image." + _TRAINING_AND_VALIDATION,
    ),
    "pseudo_labelled": FigureText(
        "Confident predictions",
        "Solid: the share of unlabelled training images whose prediction is confident enough to serve as a "
        "pseudo-label. Dashed: the share of validation images predicted as confidently. Near zero, unlabelled images "
        "do not train the classifier. Where confidence exceeds accuracy, the model trains on its own mistakes.",
    ),
    "loss_weights": FigureText("Loss weights", "The weight of each term of the loss, by epoch."),
    "learning_rate": FigureText("Learning rate", "The learning rate that the schedule sets, by epoch."),
    "confusion": FigureText(
        "Confusion matrix",
        "Rows are true classes, columns are predicted classes. Cells on the diagonal are correct predictions, all "
        "others are errors. Colour is the share of the true class, on a square-root scale that makes small shares "
        "visible; empty cells are white.",
    ),
    "per_class": FigureText(
        "Precision, recall and F1",
        "Precision: the share of predictions of a class that are correct. Recall: the share of the images of a class "
        "that are predicted as that class. F1: their harmonic mean; the class with the lowest F1 comes first. Grey "
        "bars: the number of test images.",
    ),
    "calibration": FigureText(
        "Calibration",
        "Bars: the accuracy of the predictions in each confidence bin. On the dashed line, confidence equals accuracy; "
        "below it, the model is overconfident. Pale bars hold fewer than ten images.",
    ),
    "mistakes": FigureText(
        "Most confident mistakes",
        "The misclassified test images with the highest confidence. Black: true class. Orange: predicted class and its "
        "probability. Wrong labels are often found here.",
    ),
    "reconstructions": FigureText(
        "Typical reconstructions",
        "Images at evenly spaced quantiles of the reconstruction error of each class, without the extremes."
        + _IMAGE_ROWS,
    ),
    "worst_reconstructions": FigureText(
        "Worst reconstructions",
        "The test images with the largest reconstruction error: often unusual, damaged or mislabelled." + _IMAGE_ROWS,
    ),
    "pixels": FigureText(
        "Pixel values",
        "The histogram of pixel values, from black (0) to white (1), over all channels. Dashed: the mean. A variant "
        "whose histogram differs from that of the training images differs from what the model was trained on.",
    ),
    "class_counts": FigureText("Images by class", "The number of labelled images of each class, by split."),
}

PHASE_NOTE = " Vertical lines separate the training phases."
