from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from kerasae.data.array_images import ArrayImages
from kerasae.data.decoding import decode
from kerasae.data.file_images import FileImages
from kerasae.data.images import ImageSet
from kerasae.data.resizing import resize
from kerasae.data.scan import scan
from kerasae.utils.errors import RequestError

SHAPE = (8, 8, 3)


@pytest.fixture
def files(make_folder: Callable[[dict[str, int]], Path]) -> FileImages:
    root = make_folder({"cat": 6})
    paths = [str(path) for path in sorted((root / "cat").iterdir())]
    return FileImages(paths, np.arange(6), SHAPE, "fill", scan(root, paths).facts)


@pytest.fixture
def arrays() -> ArrayImages:
    images = np.random.default_rng(0).integers(0, 256, (6, *SHAPE), np.uint8)
    return ArrayImages(images, np.arange(6), [f"train/{index}" for index in range(6)])


@pytest.mark.parametrize("kind", ["files", "arrays"])
def test_the_contract_of_images(kind: str, request: pytest.FixtureRequest) -> None:
    sample_images: ImageSet = request.getfixturevalue(kind)
    everything = sample_images.load(range(6))
    assert everything.dtype == np.uint8
    assert everything.shape == (len(sample_images), *sample_images.image_shape) == (6, *SHAPE)
    for indices in ([4, 0, 3], [2, 3, 4], [], [5, 5]):
        some = sample_images.select(np.array(indices))
        assert type(some) is type(sample_images)
        assert len(some) == len(indices)
        assert some.image_shape == SHAPE
        np.testing.assert_array_equal(some.labels, indices)
        np.testing.assert_array_equal(some.load(range(len(some))), everything[indices])
        np.testing.assert_array_equal(sample_images.load(indices), everything[indices])
        assert [some.name(index) for index in range(len(some))] == [sample_images.name(index) for index in indices]
        hashes = sample_images.hashes
        assert some.hashes.files == tuple(hashes.files[index] for index in indices)
        assert some.hashes.pixels == tuple(hashes.pixels[index] for index in indices)
        assert some.hashes.ids.tolist() == [hashes.ids[index] for index in indices]
    joined = sample_images.select([1, 2]).join(sample_images.select([5]))
    np.testing.assert_array_equal(joined.load([2, 0]), everything[[5, 1]])
    assert joined.name(2) == sample_images.name(5)
    hidden = sample_images.with_labels(np.full(6, -1))
    assert (hidden.labels == -1).all()
    assert hidden.labels.dtype == np.int64
    np.testing.assert_array_equal(sample_images.labels, range(6))


def test_neighbours_in_memory_are_not_copied(arrays: ArrayImages) -> None:
    assert np.shares_memory(arrays.select([2, 3, 4]).images, arrays.images)
    assert not np.shares_memory(arrays.select([2, 4]).images, arrays.images)


def test_files_are_decoded_and_resized_alike_every_way(files: FileImages) -> None:
    expected = [resize(decode(path), SHAPE, "fill").numpy() for path in files.paths]
    np.testing.assert_array_equal(files.load(range(6)), expected)
    np.testing.assert_array_equal(files.in_memory().images, expected)
    np.testing.assert_array_equal([files.decode_file(path) for path in files.paths], expected)
    mapped = tf.data.Dataset.from_tensor_slices(files.paths).map(files.decode_in_graph)
    assert mapped.element_spec.shape == SHAPE
    np.testing.assert_array_equal(list(mapped.as_numpy_iterator()), expected)


def test_in_memory_keeps_names_and_labels(files: FileImages) -> None:
    loaded = files.in_memory()
    assert [loaded.name(index) for index in range(6)] == files.paths
    np.testing.assert_array_equal(loaded.labels, files.labels)


def test_a_file_that_changed_is_named_in_one_line(files: FileImages) -> None:
    Path(files.paths[3]).write_bytes(b"")
    for attempt in (files.in_memory, lambda: files.load([0, 3]), lambda: files.decode_file(files.paths[3])):
        with pytest.raises(RequestError, match=r"expected .*/3.png as it was when the folder was scanned"):
            attempt()


def test_arrays_of_another_shape_are_converted(arrays: ArrayImages) -> None:
    grey = arrays.resized((4, 4, 1), "fill")
    assert grey.image_shape == (4, 4, 1)
    np.testing.assert_array_equal(grey.images, resize(arrays.images, (4, 4, 1), "fill"))
    assert grey.name(2) == "train/2"
    assert arrays.resized(SHAPE, "fill") is arrays


def test_hashes_of_pixels_agree_between_equal_images_only() -> None:
    images = np.zeros((3, *SHAPE), np.uint8)
    images[2, 0, 0, 0] = 1
    hashes = ArrayImages(images, np.zeros(3), ["a", "b", "c"]).hashes
    for first, second, third in (hashes.pixels, hashes.ids):
        assert first == second != third


@pytest.mark.parametrize(("per_class", "unlabelled"), [(4, 40_000), (100, 40_000), (2_000, 0), (1, 0)])
def test_a_sample_takes_labelled_images_first_and_every_class(per_class: int, unlabelled: int) -> None:
    random = np.random.default_rng(0)
    labels = random.permutation(np.r_[np.repeat(np.arange(10), per_class), np.full(9, 10), np.full(unlabelled, -1)])
    images = ArrayImages(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, range(len(labels)))
    sample = images.some(1_000)
    assert len(sample) == min(1_000, len(labels))
    counts = np.bincount(sample.labels[sample.labels >= 0], minlength=11)
    assert counts[10] == 9  # a rare class is there as a whole
    if 10 * per_class + 9 <= 1_000:
        assert (counts[:10] == per_class).all()
    else:
        assert counts.sum() == 1_000
        assert np.ptp(counts[:10]) <= 1
    places = [int(sample.name(index)) for index in range(len(sample))]
    assert places == sorted(places)
    assert places[-1] > 0.99 * len(labels) - 2  # from end to end
