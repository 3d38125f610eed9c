import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerasae.data.epoch_sampler import EpochOrder


def batch(order: EpochOrder, epoch: int, step: int) -> np.ndarray:
    return order.at(epoch, np.arange(step * order.batch_size, (step + 1) * order.batch_size))


@given(count=st.integers(1, 60), batch_size=st.integers(1, 20), seed=st.integers(0, 9), epoch=st.integers(0, 99))
def test_an_epoch_holds_each_image_once_in_full_batches(count: int, batch_size: int, seed: int, epoch: int) -> None:
    order = EpochOrder(np.zeros(count, np.int64), batch_size, None, seed)
    batches = [batch(order, epoch, step) for step in range(order.steps)]
    assert {len(one) for one in batches} == {min(batch_size, count)}
    seen = np.concatenate(batches)
    assert len(set(seen)) == len(seen) > count - batch_size


def test_a_function_of_seed_and_epoch() -> None:
    def take(seed: int, epoch: int) -> list[int]:
        return batch(EpochOrder(np.zeros(50, np.int64), 10, None, seed), epoch, 2).tolist()

    assert take(1, 3) == take(1, 3)
    assert take(1, 3) != take(1, 4)
    assert take(1, 3) != take(2, 3)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.9])
def test_every_batch_holds_the_stated_share_of_labelled_images(share: float) -> None:
    labels = np.where(np.arange(100) % 10, -1, 3)
    order = EpochOrder(labels, 20, share, 0)
    counts = {int((labels[batch(order, 0, step)] >= 0).sum()) for step in range(order.steps)}
    assert counts == {round(20 * share)} == {order.labelled_per_batch}
    seen = np.concatenate([batch(order, 0, step) for step in range(order.steps)])
    unlabelled, labelled = seen[labels[seen] < 0], seen[labels[seen] >= 0]
    if share < 0.5:  # the unlabelled pool is the longer one: seen once, while the labelled one comes round evenly
        assert len(unlabelled) == len(set(unlabelled)) > 90 - 20
        assert np.ptp(np.bincount(labelled, minlength=100)[::10]) <= 1


def test_a_share_without_unlabelled_images_is_the_plain_order() -> None:
    order = EpochOrder(np.zeros(30, np.int64), 10, 0.5, 0)
    assert order.labelled_per_batch is None
    assert order.steps == 3
