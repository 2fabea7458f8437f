"""The Mixture: normalisation, identity, what it refuses."""

import math
import random

import pytest

from hf_ablate.errors import InputError
from hf_ablate.mixtures.mixture import Mixture


def test_scale_order_and_zero_weights_do_not_matter():
    one = Mixture.of({"b": 2, "a": 1, "c": 0})
    other = Mixture.of({"a": 1 / 3, "b": 2 / 3})
    assert one == other
    assert one.id == other.id
    assert one.units == ["a", "b"]


def test_different_weights_have_different_ids():
    assert Mixture.of({"a": 1, "b": 1}).id != Mixture.of({"a": 1, "b": 2}).id
    assert Mixture.of({"a": 1, "b": 1}).id != Mixture.of({"a": 1, "c": 1}).id


def test_written_and_read_back_is_the_same_to_the_last_bit():
    generator = random.Random(0)
    for _ in range(200):
        mixture = Mixture.of({f"u{index}": generator.random() for index in range(7)})
        assert Mixture.of(mixture.weights) == mixture
        assert math.isclose(math.fsum(mixture.weights.values()), 1, rel_tol=1e-15)


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf, "1", True, None])
def test_bad_weight_is_named(weight):
    with pytest.raises(InputError, match="unit 'b'"):
        Mixture.of({"a": 1, "b": weight})


@pytest.mark.parametrize("weights", [{}, {"a": 0, "b": 0.0}])
def test_all_zero_is_refused(weights):
    with pytest.raises(InputError, match="zero"):
        Mixture.of(weights)


def test_unit_twice_is_refused():
    with pytest.raises(InputError, match="twice"):
        Mixture.uniform(["a", "b", "a"])


def test_unknown_unit_is_named_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'sympy'"):
        Mixture.uniform(["sympi"]).check_units(["pandas", "sympy"])


def test_id_is_safe_as_a_folder():
    assert Mixture.uniform(["a/b", "../c"]).id.replace("-", "").isalnum()


@pytest.mark.parametrize("small", [0.3, 0.04, 3.92e-4, 1.23456e-6])
def test_a_name_never_rounds_a_share_to_all_or_nothing_and_its_weights_sum_to_one(small):
    name = Mixture.of({"code": 1 - small, "man": small}).name
    code, man = (float(term.split()[0]) for term in name.split(" + "))
    assert 0 < man < 1 and 0 < code < 1
    assert code + man == pytest.approx(1, abs=1e-9) and man == pytest.approx(small, rel=5e-3)
