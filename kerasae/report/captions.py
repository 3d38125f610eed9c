"""The headings of figures, and how to read each."""

from __future__ import annotations

TITLES = {
    "reconstruction_loss": "Reconstruction loss",
    "label_loss": "Label loss",
    "label_accuracy": "Label accuracy",
    "kl_divergence": "Divergence from the prior",
    "pseudo_labelled": "Sure answers",
    "loss_weights": "Loss weights",
    "learning_rate": "Learning rate",
    "confusion": "Confusion matrix",
    "per_class": "Precision, recall and F1",
    "calibration": "Calibration",
    "mistakes": "Most confident mistakes",
    "reconstructions": "Typical reconstructions",
    "worst_reconstructions": "Worst reconstructions",
    "pixels": "Pixel values",
    "class_counts": "Images by class",
}

_ERRORS = (
    " Top: the image. Middle: what the model made of it. Bottom: the absolute difference of pixels in [0, 1], from 0 "
    "(dark) to 0.5 and more (yellow); this scale is the same in every report."
)

CAPTIONS = {
    "reconstruction_loss": (
        "How far reconstructions are from their images; lower is better. Solid is training, dashed validation. "
        "A dashed line that turns up while the solid one falls tells of overfitting."
    ),
    "label_loss": (
        "The recipe's loss of the class probabilities; lower is better. Solid is training, dashed validation. Training "
        "may carry class weights, dropout and augmentation, validation never does: compare shapes rather than heights."
    ),
    "label_accuracy": (
        "The share of labelled images whose class was named right; higher is better. Solid is training, dashed "
        "validation."
    ),
    "kl_divergence": (
        "How far the latents' distributions are from the standard normal prior, in nats an image. Near zero the "
        "latent tells nothing about the image. Solid is training, dashed validation."
    ),
    "pseudo_labelled": (
        "Solid: the share of the training images without label whose answer was sure enough to stand for one. "
        "Dashed: the share of validation images answered that surely. Near zero, unlabelled images teach nothing "
        "about classes; surer than it is right, the model teaches itself mistakes."
    ),
    "loss_weights": "What each term of the loss was multiplied by, epoch by epoch.",
    "learning_rate": "The step size of the optimizer, as the schedule set it epoch by epoch.",
    "confusion": (
        "A row is a true class, a column what the model said. The diagonal is right; every other coloured cell is a "
        "kind of mistake. Colour is the share of the row, on a scale that stretches small shares; white means never."
    ),
    "per_class": (
        "Precision: of what was called this class, how much is. Recall: of what is this class, how much was found. F1 "
        "is their harmonic mean, the lowest on top. Grey bars tell on how many test images that rests."
    ),
    "calibration": (
        "Bars show how often the model is right at each level of confidence. On the dashed line it is as sure as it is "
        "right, below it too sure. Pale bars rest on fewer than ten images."
    ),
    "mistakes": (
        "The wrong answers that the model was surest of: in black the true class, in orange what it said and how sure "
        "it was. Wrong labels are often found among them."
    ),
    "reconstructions": "Images from the middle of each class by error, neither the best nor the worst." + _ERRORS,
    "worst_reconstructions": "The test images rebuilt worst: often unusual, broken or mislabelled." + _ERRORS,
    "pixels": (
        "How often each brightness occurs, from black (0) to white (1), over all channels. Dashed is the mean. "
        "A variant whose histogram is unlike that of the training images is unlike what the model was trained on."
    ),
    "class_counts": "Labelled images of each class, by split.",
}

PHASES = " Vertical lines part the phases of training."
