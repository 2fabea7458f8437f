"""Every way to enumerate mixtures, against counts and members known by hand."""

import math

import pytest

from hf_ablate.errors import InputError
from hf_ablate.mixtures import methods
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.from_arguments import enumerate_mixtures
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.units import CorpusUnits


UNITS = ["a", "b", "c", "d", "e"]
CORPUS = CorpusUnits(UNITS)


def names(mixtures):
    return [mixture.name for mixture in mixtures]


def test_subsets_are_all_and_each_once():
    found = list(methods.subsets(UNITS))
    assert len(found) == 31
    assert len({mixture.id for mixture in found}) == 31
    assert names(methods.subsets(UNITS, 4, 5)) == [
        "a + b + c + d", "a + b + c + e", "a + b + d + e", "a + c + d + e", "b + c + d + e", "a + b + c + d + e",
    ]  # fmt: skip


def test_leave_one_out_and_add_one():
    assert names(methods.leave_one_out(["a", "b", "c"])) == ["b + c", "a + c", "a + b"]
    assert names(methods.add_one(["a", "b", "c"], ["b"])) == ["a + b", "b + c"]


def test_simplex_grid_covers_the_simplex():
    found = list(methods.simplex_grid(["a", "b", "c"], 4))
    assert len(found) == math.comb(4 + 2, 2)
    assert len({mixture.id for mixture in found}) == len(found)
    for mixture in found:
        assert all(math.isclose(weight * 4, round(weight * 4)) for weight in mixture.weights.values())
    assert Mixture.of({"a": 0.5, "b": 0.25, "c": 0.25}) in found


def test_dirichlet_depends_on_its_seed_alone():
    one = list(methods.dirichlet(UNITS, 20, 1.0, random_seed=3))
    assert one == list(methods.dirichlet(UNITS, 20, 1.0, random_seed=3))
    assert one != list(methods.dirichlet(UNITS, 20, 1.0, random_seed=4))


def test_several_methods_join_without_repetition():
    arguments = EnumerateArguments(methods=["pairs", "subsets", "given"], mixtures=[{"a": 3, "b": 1}])
    found = list(enumerate_mixtures(arguments, CORPUS))
    assert len(found) == 32
    assert found[0] == Mixture.uniform(["a", "b"])
    assert found[-1] == Mixture.of({"a": 0.75, "b": 0.25})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"methods": ["add_one"], "base_units": ["f"]}, "unknown unit 'f'"),
        ({"methods": ["given"], "mixtures": [{"a": -1}]}, "unit 'a'"),
        ({"methods": ["given"], "mixtures": [{"x": 1}]}, "unknown unit 'x'"),
        ({"methods": ["simplex_grid"], "grid_steps": 1000}, "more than 1,000,000"),
        ({"methods": ["subsets", "add_one"], "base_units": UNITS}, "method 'add_one' gives no mixture"),
        ({"methods": ["random"], "sizes": [2, 6]}, "`sizes` has 6, and method 'random' has 5 units"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        enumerate_mixtures(EnumerateArguments(**settings), CORPUS)


@pytest.mark.parametrize(
    "settings",
    [
        {"min_units": 0},
        {"max_units": 1, "min_units": 2},
        {"concentration": 0.0},
        {"methods": []},
        {"methods": ["given"]},
        {"methods": ["groups"]},
        {"methods": ["multipliers"]},
        {"methods": ["random"]},
        {"methods": ["random"], "sizes": [0]},
        {"methods": ["group_subsets"], "group_by": ["field"]},
        {"methods": ["across"], "across": ["a"]},
        {"methods": ["across"], "across": ["a", "a"]},
        {"methods": ["across"], "across": ["a", "b"], "across_by": ["field"]},
        {"methods": ["swap"], "group_by": ["field"]},
        {"samples": 0},
    ],
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(InputError):
        EnumerateArguments(**settings)
