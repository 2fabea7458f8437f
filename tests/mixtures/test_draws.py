"""Draws from lists that are too long to write down."""

import itertools
import math
from collections import Counter

import pytest

from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.draws import numbers, one_of_each, random_subsets, set_of_number, sets_of
from hf_ablate.mixtures.from_arguments import enumerate_mixtures
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.units import CorpusUnits


MANY = [f"unit{number:03}" for number in range(128)]


@pytest.mark.parametrize(("items", "size"), [("abcdef", 3), ("abcdef", 0), ("abcdef", 6), ("abcde", 1)])
def test_the_set_of_a_number_is_that_of_itertools(items, size):
    every = [list(chosen) for chosen in itertools.combinations(items, size)]
    assert [set_of_number(items, size, number) for number in range(math.comb(len(items), size))] == every
    assert list(sets_of(items, size)) == every
    assert sorted(sets_of(items, size, samples=len(every) + 1)) == every


def test_numbers_are_different_below_the_count_and_those_of_fewer_samples_come_first():
    for count in (20, 10**40):
        drawn = list(numbers(count, 19, random_seed=1))
        assert len(set(drawn)) == 19 and max(drawn) < count
        assert list(numbers(count, 7, random_seed=1)) == drawn[:7]
        assert list(numbers(count, 19, random_seed=2)) != drawn
    assert list(numbers(5, 5)) == list(numbers(5, 6)) == list(range(5))


def test_every_set_is_drawn_equally_often():
    counts = Counter(tuple(chosen) for seed in range(3000) for chosen in sets_of("abcd", 2, 2, seed))
    assert len(counts) == 6  # expected 1,000 each, with a standard deviation of 26
    assert all(abs(count - 1000) < 130 for count in counts.values())


def test_one_of_each_side_is_the_product():
    sides = ["ab", "xyz", "1"]
    assert list(one_of_each(sides)) == [list(chosen) for chosen in itertools.product(*sides)]
    drawn = [tuple(chosen) for chosen in one_of_each([range(10**6)] * 3, 50)]
    assert len(set(drawn)) == 50


def test_triples_of_128_units_are_drawn_without_listing_341376_of_them(monkeypatch):
    monkeypatch.setattr("hf_ablate.mixtures.draws.itertools", None)  # which would list them
    arguments = EnumerateArguments(methods=["random"], sizes=[3, 64], samples=40)
    found = list(enumerate_mixtures(arguments, CorpusUnits(MANY)))
    assert Counter(len(mixture.units) for mixture in found) == {3: 40, 64: 40}
    assert all(mixture.is_uniform for mixture in found)


def test_more_samples_keep_the_mixtures_of_fewer_and_another_seed_draws_others():
    few, more, other = (list(random_subsets(MANY, 3, samples, seed)) for samples, seed in ((10, 0), (30, 0), (10, 1)))
    assert more[:10] == few and not set(few) & set(other)


def test_where_there_are_fewer_than_samples_all_are_taken_and_it_is_said(caplog):
    caplog.set_level("INFO")
    found = enumerate_mixtures(EnumerateArguments(methods=["random"], sizes=[2], samples=7), CorpusUnits(list("abcd")))
    assert found.keys() == set(map(Mixture.uniform, map(list, itertools.combinations("abcd", 2))))
    assert "random of 2 units: there are 6, fewer than `samples`, which is 7; all are taken" in caplog.text
