"""Recipe tables: there and back, and what is said of wrong ones."""

from __future__ import annotations

import inspect
import json
from typing import Any

import numpy as np
import pytest
from augment_catalogue import MIXINGS, TRANSFORMS, sample_images
from PIL import Image, ImageFilter

import augment


@augment.register("test_blur")
class Blur(augment.Transform):
    """A user's transform: Pillow only."""

    def __init__(self, radius_range: tuple[float, float] = (0.0, 2.0), *, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.radius_range = radius_range

    def sample(self, draws: augment.Draws) -> Any:
        return {"radius": draws.uniform(*self.radius_range)}

    def apply(self, image: Image.Image, *, radius: float) -> Image.Image:  # type: ignore[override]
        return image.filter(ImageFilter.GaussianBlur(radius))


@pytest.mark.parametrize("name", [*TRANSFORMS, *MIXINGS])
def test_round_trip_through_json(name: str) -> None:
    item = (TRANSFORMS | MIXINGS)[name]  # type: ignore[operator]
    [table] = json.loads(json.dumps(augment.to_spec([item])))
    rebuilt = augment.build(table)
    assert type(rebuilt) is type(item)
    assert rebuilt == item
    assert repr(rebuilt) == repr(item)
    assert type(item).from_config(item.get_config()) == item


@pytest.mark.parametrize("name", sorted({name.split()[0] for name in TRANSFORMS} | set(MIXINGS)))
def test_the_catalogue_changes_every_argument(name: str) -> None:
    cls = augment.registry.lookup(name)
    items = [item for item in [*TRANSFORMS.values(), *MIXINGS.values()] if type(item) is cls]
    for argument, parameter in inspect.signature(cls).parameters.items():
        assert any(getattr(item, argument) != parameter.default for item in items), argument


def test_a_users_transform_by_its_name_in_both_engines_and_inside_others() -> None:
    images = sample_images((6, 20, 20, 3))
    tables = [
        {"name": "contrast", "factor_range": [0.6, 1.4], "probability": 0.5},
        {"name": "one_of", "transforms": [{"name": "test_blur", "radius_range": [1, 1]}, {"name": "equalize"}]},
    ]
    transforms = augment.from_spec(tables)
    native = augment.apply(images, transforms, seed=9)
    np.testing.assert_array_equal(native, augment.apply(images, transforms, seed=9, engine="pil"))
    alone = augment.apply(images[:1], Blur((1.0, 1.0)), seed=0)[0]
    expected = Image.fromarray(images[0]).filter(ImageFilter.GaussianBlur(1.0))
    np.testing.assert_array_equal(alone, np.asarray(expected))


def test_a_transform_that_changes_the_size_is_refused() -> None:
    class Half(augment.Transform):
        def apply(self, image: Image.Image, **params: Any) -> Image.Image:
            return image.resize((2, 2))

    with pytest.raises(ValueError, match=r"`apply` of Half to keep the image's size.*Received: \(\(2, 2\), 'RGB'\)"):
        augment.apply(sample_images((1, 4, 4, 3)), Half(), seed=0)


@pytest.mark.parametrize(
    ("tables", "error", "message"),
    [
        ([{"name": "contrst"}], ValueError, "Did you mean 'contrast'.*Received: 'contrst'"),
        ([{"name": "zzzz"}], ValueError, "Known: auto_augment, .*Received: 'zzzz'"),
        ([{"factor_range": [0, 1]}], ValueError, "Expected `name`"),
        ([{"name": "contrast", "factor": [0, 1]}], ValueError, "'contrast'. Did you mean 'factor_range'"),
        ([{"name": "compose"}], ValueError, "Expected `transforms`, which 'compose' requires"),
        ([{"name": "contrast", "factor_range": [1.4, 0.6]}], ValueError, "`factor_range` of Contrast.*lower one first"),
        ([{"name": "contrast", "factor_range": 1.4}], TypeError, "`factor_range` of Contrast.*Received: 1.4"),
        ([{"name": "contrast", "factor_range": ["a", 1]}], TypeError, "two numbers"),
        ([{"name": "contrast", "factor_range": [1, 2, 3]}], ValueError, "two numbers"),
        ([{"name": "contrast", "probability": 1.5}], ValueError, r"`probability` of Contrast.*\[0, 1\].*Received: 1.5"),
        ([{"name": "contrast", "probability": True}], TypeError, "Received: True"),
        ([{"name": "contrast", "probability": float("nan")}], ValueError, "Received: nan"),
        ([{"name": "posterize", "bits_range": [0, 4]}], ValueError, r"in \[1, 8\]"),
        ([{"name": "posterize", "bits_range": [1.5, 4]}], ValueError, "two whole numbers"),
        ([{"name": "rotate", "resample": "cubic"}], ValueError, "'nearest', 'bilinear'. Received: 'cubic'"),
        ([{"name": "rotate", "fill": 256}], ValueError, "`fill` of Rotate"),
        ([{"name": "rotate", "fill": 2.5}], TypeError, "an integer"),
        ([{"name": "auto_augment", "policy": "mnist"}], ValueError, "'cifar10', 'svhn', 'imagenet'"),
        ([{"name": "rand_augment", "magnitude": 11}], ValueError, r"in \[0, 10\]"),
        ([{"name": "one_of", "transforms": []}], ValueError, "at least one"),
        ([{"name": "one_of", "transforms": [{"name": "invert"}], "weights": [0]}], ValueError, "one above 0"),
        ([{"name": "compose", "transforms": [{"name": "inver"}]}], ValueError, "Did you mean 'invert'"),
        ([{"name": "compose", "transforms": [3]}], TypeError, "Transform or its table. Received: 3"),
        ([{"name": "compose", "transforms": "invert"}], TypeError, "a list of transforms"),
        ([{"name": "mix_up"}], ValueError, "mixings have a place of their own"),
        ({"name": "invert"}, TypeError, "a list of tables"),
        (["invert"], TypeError, "a table with a `name`"),
    ],
)
def test_wrong_tables_are_refused_in_one_sentence(tables: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        augment.from_spec(tables)
    assert "\n" not in str(caught.value)


def test_names_must_be_new_and_in_snake_case() -> None:
    with pytest.raises(ValueError, match=r"snake_case.*Received: 'MyBlur'"):
        augment.register("MyBlur")
    with pytest.raises(ValueError, match=r"'test_blur' is Blur. Received: .*Other"):

        @augment.register("test_blur")
        class Other(Blur):
            pass
