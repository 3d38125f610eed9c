from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasae.data.splits import Division, divide
from kerasae.data.stratified import shares
from kerasae.recipe import DataRecipe
from kerasae.utils.errors import RequestError

NAMES = ("bird", "cat", "dog")


def division(
    counts: dict[str, list[int]], *, classifies: bool = True, names: tuple[str, ...] = NAMES, **options: object
) -> tuple[Division, np.ndarray]:
    """Divide so many images of each class (the last count: unlabelled) in each given split."""
    labels = [np.repeat([*range(len(names)), -1][: len(of_split)], of_split) for of_split in counts.values()]
    given = np.repeat(list(counts), [len(part) for part in labels])
    joined = np.concatenate(labels).astype(np.int64)
    return divide(joined, given, names, DataRecipe.model_validate(options), classifies=classifies), joined


def by_class(labels: np.ndarray) -> list[int]:
    return np.bincount(labels[labels >= 0], minlength=3).tolist()


def test_the_studies_cut_of_cifar10_is_exact() -> None:
    names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    keep = {"bird": 0.5, "deer": 0.5, "truck": 0.5}
    found, labels = division(
        {"train": [5000] * 10, "test": [1000] * 10}, names=names, keep=keep, validation="half-of-test"
    )
    assert (len(found.train), len(found.validation), len(found.test)) == (42_500, 5_000, 5_000)
    assert np.bincount(labels[found.train]).tolist() == [2500 if name in keep else 5000 for name in names]
    assert set(np.bincount(labels[found.validation])) == set(np.bincount(labels[found.test])) == {500}


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(8, 60), min_size=3, max_size=3),
    unlabelled=st.integers(0, 20),
    test=st.floats(0.05, 0.4),
    validation=st.floats(0.05, 0.4),
    labelled=st.floats(0.01, 1),
    keep=st.floats(0.6, 1),
    seed=st.integers(0, 3),
)
def test_nothing_is_lost_shared_or_uneven(
    counts: list[int], unlabelled: int, test: float, validation: float, labelled: float, keep: float, seed: int
) -> None:
    options = {
        "test": test, "validation": validation, "labelled_fraction": labelled, "keep": {"cat": keep}, "seed": seed
    }  # fmt: skip
    found, labels = division({"train": [*counts, unlabelled]}, **options)
    used = np.concatenate([found.train, found.validation, found.test])
    assert len(set(used)) == len(used)
    assert (np.diff(found.train) > 0).all()
    cut = counts[1] - by_class(labels[found.test])[1]
    cut -= int(keep * cut + 0.5)
    assert len(used) == sum(counts) + unlabelled - cut
    for taken, fraction, of in ((found.test, test, counts), (found.validation, validation, None)):
        of = of or [
            a + b for a, b in zip(by_class(labels[found.train]), by_class(labels[found.validation]), strict=True)
        ]
        for count, total in zip(by_class(labels[taken]), of, strict=True):
            assert count >= 1
            assert abs(count - fraction * total) <= 1
    # Hiding only hides, and leaves every class one label.
    shown = found.train_labels >= 0
    np.testing.assert_array_equal(found.train_labels[shown], labels[found.train][shown])
    for count, total in zip(by_class(found.train_labels), by_class(labels[found.train]), strict=True):
        assert count >= 1
        assert abs(count - labelled * total) <= 1
    again, _ = division({"train": [*counts, unlabelled]}, **options)
    for name in ("train", "validation", "test", "train_labels"):
        np.testing.assert_array_equal(getattr(found, name), getattr(again, name))


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20), st.floats(0.001, 0.999))
def test_shares_are_fair_and_exact_in_total(counts: list[int], fraction: float) -> None:
    found = shares(np.array(counts), fraction)
    assert found.sum() == int(np.floor(np.sum(np.array(counts) * fraction) + 0.5))
    assert (abs(found - np.array(counts) * fraction) < 1 + 1e-6).all()
    assert (found <= counts).all()


def test_the_seed_changes_the_choice_and_cutting_one_class_only_its_own() -> None:
    counts = {"train": [50, 50, 50]}  # of which every share is a whole number
    one, labels = division(counts)
    other, _ = division(counts, seed=1)
    assert (one.test != other.test).any()
    assert by_class(labels[one.test]) == by_class(labels[other.test])
    cut, _ = division(counts, keep={"cat": 0.5})
    np.testing.assert_array_equal(cut.test, one.test)
    for name in ("train", "validation"):
        whole, part = getattr(one, name), getattr(cut, name)
        np.testing.assert_array_equal(whole[labels[whole] == 0], part[labels[part] == 0])
    less, _ = division(counts, keep={"cat": 0.25}, validation=0.01)
    more, _ = division(counts, keep={"cat": 0.5}, validation=0.01)
    assert set(np.r_[less.train, less.validation]) < set(np.r_[more.train, more.validation])


def test_what_is_kept_says_nothing_about_whose_label_is_shown() -> None:
    counts = {"train": [50, 50, 50], "validation": [1, 1, 1], "test": [1, 1, 1]}
    cut, labels = division(counts, keep={"cat": 0.5})
    hidden, _ = division(counts, labelled_fraction=0.5)
    kept, shown = cut.train[labels[cut.train] == 1], hidden.train[hidden.train_labels == 1]
    assert len(kept) == len(shown) == 25
    # Drawn apart they share half of them: 12.5 on average, standard deviation 1.8.
    assert 5 < len(set(kept) & set(shown)) < 20


def test_so_many_labels_of_every_class_are_shown() -> None:
    counts = {"train": [50, 30, 12, 9], "validation": [1, 1, 1], "test": [1, 1, 1]}  # nine without a label
    few, labels = division(counts, labelled_per_class=5)
    assert by_class(few.train_labels) == [5, 5, 5]
    shown = few.train_labels >= 0
    np.testing.assert_array_equal(few.train_labels[shown], labels[few.train][shown])
    more, _ = division(counts, labelled_per_class=12)
    assert set(few.train[shown]) < set(more.train[more.train_labels >= 0])
    with pytest.raises(
        RequestError,
        match=r"data\.labelled_per_class: .* Received: 13, and class 'dog' has 12 labelled .*; take fewer",
    ):
        division(counts, labelled_per_class=13)
    with pytest.raises(ValueError, match=r"labelled_fraction or labelled_per_class, not both\. Received: 0\.5 and 5"):
        division(counts, labelled_per_class=5, labelled_fraction=0.5)


def test_given_splits_stay_whole_and_the_cut_leaves_them_alone() -> None:
    counts = {"train": [10, 10, 10], "validation": [4, 4, 4], "test": [6, 6, 6]}
    found, labels = division(counts, keep={"dog": 0.5})
    assert by_class(labels[found.train]) == [10, 10, 5]
    np.testing.assert_array_equal(found.validation, range(30, 42))
    np.testing.assert_array_equal(found.test, range(42, 60))


def test_a_given_validation_split_returns_to_training_if_another_is_asked_for() -> None:
    counts = {"train": [10, 10, 10], "validation": [4, 4, 4], "test": [6, 6, 6]}
    found, labels = division(counts, validation=0.5)
    assert by_class(labels[found.validation]) == by_class(labels[found.train]) == [7, 7, 7]
    found, labels = division(counts, validation="half-of-test")
    assert by_class(labels[found.train]) == [14, 14, 14]
    assert by_class(labels[found.validation]) == by_class(labels[found.test]) == [3, 3, 3]


def test_automatic_validation_is_a_tenth() -> None:
    found, labels = division({"train": [50, 30, 20], "test": [5, 5, 5]})
    assert by_class(labels[found.validation]) == [5, 3, 2]


def test_unlabelled_images_train_the_classifiers_encoder_and_are_spread_otherwise() -> None:
    counts = {"train": [10, 10, 10, 100]}
    found, labels = division(counts)
    assert (labels[found.train] == -1).sum() == 100
    found, labels = division(counts, classifies=False)
    assert (labels[found.test] == -1).sum() == 20
    found, _ = division({"train": [50]}, classifies=False, names=())
    assert (len(found.train), len(found.validation), len(found.test)) == (36, 4, 10)


def test_rare_classes_need_no_place_in_every_split_without_a_classifier() -> None:
    found, labels = division({"train": [1, 1, 40]}, classifies=False)
    assert len(found.train) + len(found.validation) + len(found.test) == len(labels) == 42


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        ({"train": [9, 9, 9]}, {"keep": {"bard": 0.5}}, r"bird, cat, dog. Received: 'bard'. Did you mean 'bird'"),
        ({"train": [9, 9, 9], "test": [1, 1, 1]}, {"keep": {"cat": 0.01}}, r"keep: .* 0.01 of the 9 of class 'cat'"),
        ({"train": [9, 9, 9]}, {"validation": "half-of-test"}, r"test split .* 'digits', which has none"),
        ({"train": [9, 0, 9]}, {}, r"training images of every class. Received: none of class 'cat'"),
        ({"train": [9, 2, 9]}, {}, r"at least 3 images .* test and validation. Received: 2 of class 'cat'"),
        ({"train": [1, 2, 9]}, {}, r"Received: 2 classes with fewer; 1 of class 'bird', 2 of class 'cat'; add"),
        ({"train": [9, 1, 9], "test": [1, 1, 1]}, {}, r"at least 2 .* for validation. Received: 1 of class 'cat'"),
        ({"train": [9, 9, 9]}, {"validation": 0.99}, r"data.validation: .* both sides .* class 'bird'"),
        ({"train": [9, 9, 9]}, {"test": 0.99}, r"data.test: .* both sides .* 9 to be taken of the 9 of class 'bird'"),
        ({"train": [9, 9, 9], "test": [2, 1, 2]}, {"validation": "half-of-test"}, r"half-of-test\): .* 'cat'"),
        ({"train": [0, 0, 0, 9]}, {}, r"none of class 'bird'"),
        ({"train": [9, 9, 9], "test": [0, 0, 0, 5]}, {}, r"labels in the test split.* 5 images, none labelled"),
        ({"train": [9, 9, 9], "validation": [0, 0, 0, 5]}, {}, r"labels in the validation split"),
    ],
)  # fmt: skip
def test_what_cannot_be_divided_is_refused(
    counts: dict[str, list[int]], options: dict[str, object], message: str
) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        division(counts, **options)
    assert "\n" not in str(caught.value)


def test_a_classifier_needs_two_classes_and_labels() -> None:
    with pytest.raises(RequestError, match=r"two classes or more.* Received: only 'cat'"):
        division({"train": [9]}, names=("cat",))
    with pytest.raises(RequestError, match="Received: nothing labelled"):
        division({"train": [9]}, names=())


def test_too_few_images_for_a_split_are_refused_without_a_classifier_too() -> None:
    with pytest.raises(RequestError, match=r"data.test: .* 0 to be taken of 2"):
        division({"train": [2]}, names=(), classifies=False)


@settings(deadline=None)
@given(counts=st.lists(st.integers(5, 23), min_size=3, max_size=3), unlabelled=st.integers(0, 9), k=st.integers(2, 5))
def test_folds_part_the_training_images(counts: list[int], unlabelled: int, k: int) -> None:
    made = [division({"train": [*counts, unlabelled], "test": [3, 3, 3]}, fold=[i, k]) for i in range(k)]
    labels = made[0][1]
    for found, _ in made:
        np.testing.assert_array_equal(found.test, made[0][0].test)
        assert set(found.train) | set(found.validation) == set(range(sum(counts) + unlabelled))
        assert not set(found.train) & set(found.validation)
    dealt = np.concatenate([found.validation for found, _ in made])
    assert sorted(dealt) == np.flatnonzero(labels[: sum(counts) + unlabelled] >= 0).tolist()
    sizes = np.array([by_class(labels[found.validation]) for found, _ in made])
    assert (np.ptp(sizes, axis=0) <= 1).all()
    assert np.ptp(sizes.sum(axis=1)) <= 1


def test_folds_take_in_a_given_validation_split_and_leave_the_test_set_as_it_was() -> None:
    counts = {"train": [9, 9, 9], "validation": [6, 6, 6], "test": [8, 8, 8]}
    assert len(division(counts, fold=[0, 3])[0].validation) == 15
    whole, folded = (division(counts, validation="half-of-test", **more)[0] for more in ({}, {"fold": [0, 3]}))
    np.testing.assert_array_equal(whole.test, folded.test)


def test_a_class_smaller_than_the_folds_is_refused() -> None:
    message = r"data\.fold: expected 5 training images or more of every class.* Received: 4 of class 'cat'"
    with pytest.raises(RequestError, match=message):
        division({"train": [9, 4, 9], "test": [1, 1, 1]}, fold=[0, 5])
    with pytest.raises(RequestError, match=r"each of 5 folds\. Received: 4"):
        division({"train": [4], "test": [2]}, names=(), classifies=False, fold=[0, 5])
    with pytest.raises(ValueError, match=r"count 2 or more and index below count\. Received: \[3, 3\]"):
        DataRecipe(fold=[3, 3])


def test_something_has_to_be_left_to_train_on() -> None:
    given = {"train": [0, 0, 0], "validation": [3, 3, 3], "test": [3, 3, 3]}
    with pytest.raises(RequestError, match=r"data\.source: expected training images\. Received: .* with 9 for vali"):
        division(given, classifies=False)


def test_labels_that_are_not_there_cannot_be_hidden() -> None:
    found, _ = division({"train": [0, 0, 0, 30]}, classifies=False, labelled_per_class=5)
    assert set(found.train_labels) == {-1}
