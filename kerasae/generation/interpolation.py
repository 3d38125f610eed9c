"""Interpolations between two classes or images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.array_images import ArrayImages
from kerasae.data.image_inputs import read
from kerasae.data.images import to_uint8
from kerasae.data.value_range import setting
from kerasae.generation.samplers.class_prototypes import class_prototypes
from kerasae.generation.training_latents import TrainingLatents, encode
from kerasae.training.generator_samples import sample_images
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.models import AdversarialModel
    from kerasae.recipe import DataRecipe

NUM_STEPS = 9
NUM_ROWS = 4  # interpolations between two classes


@dataclass(frozen=True)
class Endpoint:
    """One end of an interpolation: a class or an image.

    Attributes:
        name: of the class or the file.
        label: of the class; None for an image.
        image: uint8 (H, W, C); None for a class.
    """

    name: str
    label: int | None
    image: np.ndarray | None = None


@dataclass(frozen=True)
class Interpolation:
    """Images between two endpoints.

    Attributes:
        names: of the endpoints.
        images: uint8 (rows, steps, H, W, C).
        is_centered: whether the first of several rows joins the class centroids.
    """

    names: tuple[str, str]
    images: np.ndarray
    is_centered: bool


def parse_endpoint(name: str, class_names: Sequence[str], data: DataRecipe) -> Endpoint:
    """Return the endpoint that a class name or the path of an image stands for.

    Args:
        name: of a class, or the path of an image, which is resized as the images of the run are.
        class_names: of the run.
        data: the resolved recipe of the run's data.

    Raises:
        RequestError: `name` is neither.
    """
    if name in class_names:
        return Endpoint(name, list(class_names).index(name))
    path = Path(name)
    if not path.is_file():
        known = f"classes of {', '.join(class_names)}, or " if class_names else ""
        raise RequestError(
            "--between",
            expected=f"{known}paths of images",
            received=f"{name!r}, which is no file.{nearest(name, class_names)}",
        )
    assert not isinstance(data.image_shape, str)
    height, width, channels = data.image_shape
    image = read(path, (height, width, channels), data.resize, "--between", setting(data.range))
    return Endpoint(path.name, None, image)


def interpolate_latents(
    latents: TrainingLatents, endpoints: tuple[Endpoint, Endpoint], num_classes: int, noise: float, seed: int
) -> Interpolation:
    """Decode straight lines between two latents.

    The end at an image is its latent, the end at a class is the centroid of the class. Between two classes, further
    rows join random samples of the classes.

    Args:
        latents: of the training images.
        endpoints: of the interpolation.
        num_classes: the number of classes of the run.
        noise: scales the deviation of the random samples.
        seed: of all random numbers.

    Raises:
        RequestError: a class has no labelled training image.
    """
    for endpoint in endpoints:
        if endpoint.image is None and not (latents.labels == endpoint.label).any():
            raise RequestError(
                "--between",
                expected="classes with labelled training images, whose centroids are joined",
                received=f"{endpoint.name}, without any",
            )
    means, deviations = _class_statistics(latents, num_classes)
    random = np.random.default_rng([seed, *(2 + (endpoint.label or 0) for endpoint in endpoints)])

    def vector(endpoint: Endpoint, shift: np.ndarray) -> np.ndarray:
        if endpoint.image is None:
            return means[endpoint.label or 0] + noise * shift * deviations[endpoint.label or 0]
        images = ArrayImages(endpoint.image[None], np.array([-1]), [endpoint.name])
        return latents.vectorizer.to_vectors(encode(latents.model, images)[0])[0]

    is_between_classes = all(endpoint.image is None for endpoint in endpoints)
    num_rows = NUM_ROWS if is_between_classes else 1
    shifts = random.standard_normal((num_rows, 2, latents.vectors.shape[1]))
    shifts[0] = 0.0
    weights = np.linspace(0.0, 1.0, NUM_STEPS)[:, None]
    lines = [
        (1 - weights) * vector(endpoints[0], first) + weights * vector(endpoints[1], second) for first, second in shifts
    ]
    images = latents.decode(np.concatenate(lines))
    return Interpolation(
        (endpoints[0].name, endpoints[1].name),
        images.reshape(num_rows, NUM_STEPS, *images.shape[1:]),
        is_centered=is_between_classes,
    )


def _class_statistics(
    latents: TrainingLatents, num_classes: int
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Return mean and standard deviation by label: of prototypes, or of all images if there is no classifier."""
    labels = [label for label in range(num_classes) if (latents.labels == label).any()]
    if latents.log_odds is not None:
        prototypes = class_prototypes(latents, num_classes)
        return (
            {label: prototypes.means[label] for label in labels},
            {label: prototypes.deviations[label] for label in labels},
        )
    vectors = {label: latents.vectors[latents.labels == label] for label in labels}
    return (
        {label: values.mean(axis=0) for label, values in vectors.items()},
        {label: values.std(axis=0) for label, values in vectors.items()},
    )


def interpolate_classes(
    model: AdversarialModel, labels: tuple[int, int], class_names: Sequence[str], noise: float, seed: int
) -> Interpolation:
    """Generate images between the one-hot vectors of two classes, with constant noise in each row.

    Args:
        model: whose generator takes classes.
        labels: of the two classes.
        class_names: of the run.
        noise: scales the noise vectors.
        seed: of all random numbers.
    """
    random = np.random.default_rng([seed, *(2 + label for label in labels)])
    noise_vectors = noise * np.repeat(random.standard_normal((NUM_ROWS, model.noise_dim)), NUM_STEPS, axis=0)
    one_hot = np.eye(len(class_names))
    weights = np.linspace(0.0, 1.0, NUM_STEPS)[:, None]
    line = (1 - weights) * one_hot[labels[0]] + weights * one_hot[labels[1]]
    images = to_uint8(sample_images(model, noise_vectors, np.tile(line, (NUM_ROWS, 1))))
    return Interpolation(
        (class_names[labels[0]], class_names[labels[1]]),
        images.reshape(NUM_ROWS, NUM_STEPS, *images.shape[1:]),
        is_centered=False,
    )
