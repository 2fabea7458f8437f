"""Which blocks a model sees, how often, and in which order."""

import numpy as np
import pytest

from hf_ablate.training.order import apportion, block_order


def counts(order, source, size):
    return np.bincount(order[order[:, 0] == source, 1], minlength=size)


def test_shares_are_exact_and_no_block_comes_twice_before_all_have_come():
    order = block_order({"a": 30, "b": 5, "c": 24}, {"a": 12, "b": 10, "c": 12}, seed=0)
    assert np.bincount(order[:, 0]).tolist() == [30, 5, 24]
    assert sorted(set(counts(order, 0, 12))) == [2, 3]  # two whole epochs and half of a third
    assert counts(order, 1, 10).max() == 1
    assert set(counts(order, 2, 12)) == {2}
    of_a = order[order[:, 0] == 0, 1]
    assert sorted(of_a[:12]) == sorted(of_a[12:24]) == list(range(12))
    assert of_a[:12].tolist() != of_a[12:24].tolist()  # every epoch has an order of its own


def test_order_depends_on_seed_and_mixture_alone():
    shares, sizes = {"a": 8, "b": 8}, {"a": 8, "b": 8}
    order = block_order(shares, sizes, seed=0)
    assert np.array_equal(order, block_order(shares, sizes, seed=0))
    assert not np.array_equal(order, block_order(shares, sizes, seed=1))
    alone = block_order({"a": 8}, {"a": 8}, seed=0)
    assert np.array_equal(order[order[:, 0] == 0, 1], alone[:, 1])  # what else is mixed in changes no unit's own order


def test_stages_follow_each_other_in_the_given_order_with_the_same_blocks():
    shares, sizes = {"b": 6, "a": 10}, {"a": 8, "b": 8}
    staged = block_order(shares, sizes, seed=0, in_stages=True)
    assert staged[:, 0].tolist() == [0] * 6 + [1] * 10
    shuffled = block_order(shares, sizes, seed=0)
    for source in (0, 1):
        assert np.array_equal(staged[staged[:, 0] == source, 1], shuffled[shuffled[:, 0] == source, 1])


def test_units_are_spread_over_the_whole_run():
    order = block_order({"a": 500, "b": 500}, {"a": 500, "b": 500}, seed=3)
    halves = order[:500, 0].mean(), order[500:, 0].mean()
    assert halves == pytest.approx((0.5, 0.5), abs=0.08)


@pytest.mark.parametrize("total", [1, 7, 48, 1000])
@pytest.mark.parametrize(
    "weights", [{"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, {"a": 0.9, "b": 0.1}, {"a": 0.999, "b": 0.001}]
)
def test_apportioned_shares_add_up_and_are_the_nearest_whole_numbers(weights, total):
    shares = apportion(weights, total)
    assert sum(shares.values()) == total
    assert all(abs(shares[name] - total * weight) < 1 for name, weight in weights.items())
