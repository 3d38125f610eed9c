import numpy as np

from kerasae.report.selection import confident_mistakes, typical, worst


def test_typical_images_lie_in_the_middle_of_each_class():
    labels = np.repeat([0, 1], 9)
    mse = np.concatenate([np.arange(9), 10 + np.arange(9)])[::-1].astype(float)
    labels = labels[::-1]
    chosen = typical(labels, mse, limit=2)
    assert sorted(mse[chosen]) == [4, 14]
    assert len(set(typical(labels, mse, limit=6))) == 6


def test_typical_stays_within_the_limit_and_takes_each_image_once():
    assert len(typical(np.arange(100), np.ones(100), limit=10)) == 10
    assert typical(np.array([-1, -1]), np.array([2.0, 1.0]), limit=10).tolist() == [1, 0]


def test_worst_comes_first():
    assert worst(np.array([0.1, 0.9, 0.5]), limit=2).tolist() == [1, 2]


def test_mistakes_are_labelled_wrong_and_the_surest_first():
    probabilities = np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8], [0.99, 0.01]])
    assert confident_mistakes(np.array([1, 1, 1, -1]), probabilities).tolist() == [1, 0]
