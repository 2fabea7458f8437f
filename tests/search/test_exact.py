"""The best mixture by averaged probabilities is the lowest of all, within the gap that is certified."""

import itertools

import numpy as np
import pytest
import tiny_pool
from known_predictor import capped

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.search.constraints import Bound, Constraints, Prior
from hf_ablate.search.exact import ComponentProbabilities, certified_gap, component_probabilities, lowest_exactly
from hf_ablate.search.polytope import Polytope


DOMAINS = ("in_domain/alpha", "in_domain/beta", "in_domain/gamma", "out_of_domain/other")
ROUNDING = 1e-9
TARGET = np.array([0.5, 0.0, 0.25, 0.25])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A tiny pool with scores of all subsets by averaged probabilities."""
    folder = tiny_pool.make_study(tmp_path_factory.mktemp("pool"))
    assert main(["evaluate", "--run_dir", str(folder), "--proxy", "ensemble"]) == 0
    return folder


@pytest.fixture(scope="module")
def probabilities(study):
    return component_probabilities(study, tiny_pool.UNITS, DOMAINS, TARGET)


def made_up(units: int = 4, tokens: int = 3000, seed: int = 0) -> ComponentProbabilities:
    """Components that are each better on some tokens."""
    generator = np.random.default_rng(seed)
    relative = generator.uniform(0, 1, (units, tokens)) ** generator.uniform(0.5, 4, (units, 1))
    relative = (relative / relative.max(axis=0)).astype(np.float32)
    return ComponentProbabilities(relative, generator.uniform(0, 2 / tokens, tokens), constant=1.0)


def grid(units: int, steps: int) -> np.ndarray:
    """All mixtures with weights that are multiples of 1 / steps."""
    points = [point for point in itertools.product(range(steps + 1), repeat=units) if sum(point) == steps]
    return np.array(points) / steps


def test_the_loss_of_a_mixture_is_that_of_its_score_rows(study, probabilities):
    rows = [row for row in read_current_rows(study / "scores") if row.kind == "ensemble"]
    assert rows
    for mixture in {row.model: Mixture.of(row.mixture) for row in rows}.values():
        bits = {f"{row.source}/{row.domain}": row.bits_per_byte for row in rows if row.mixture == mixture.weights}
        weights = np.array([mixture.weights.get(unit, 0.0) for unit in tiny_pool.UNITS])
        expected = sum(weight * bits[domain] for domain, weight in zip(DOMAINS, TARGET, strict=True))
        assert probabilities.loss(weights)[0] == pytest.approx(expected, rel=1e-6)


def test_no_mixture_of_a_fine_grid_is_lower(probabilities):
    found = lowest_exactly(probabilities, Constraints(tiny_pool.UNITS))
    mixtures = grid(3, 60)
    losses = np.array([probabilities.loss(weights)[0] for weights in mixtures])
    assert found.value <= losses.min() + found.gap + ROUNDING
    assert losses.min() - found.value < 1e-3
    assert np.abs(mixtures[losses.argmin()] - found.weights).max() < 2 / 60
    assert 0 <= found.gap < 1e-6


@pytest.mark.parametrize(
    "constraints",
    [
        Constraints(tuple("abcd")),
        capped(Constraints(tuple("abcd")), a=0.15, b=0.2),
        Constraints(tuple("abcd"), (Bound("group", np.array([True, True, False, False]), 0.1, 0.3),)),
        Constraints(tuple("abcd"), prior=Prior("uniform", np.full(4, 0.25), max_distance=0.1)),
        Constraints(tuple("abcd"), prior=Prior("uniform", np.full(4, 0.25), max_kl=0.05)),
        Constraints(tuple("abcd"), max_units=2),
    ],
    ids=["free", "caps", "group", "distance", "kl", "max_units"],
)
def test_the_gap_is_certified_under_every_kind_of_constraint(constraints):
    probabilities = made_up()
    found = lowest_exactly(probabilities, constraints)
    assert constraints.are_met(found.weights[None])[0]
    mixtures = grid(4, 40)
    mixtures = mixtures[constraints.are_met(mixtures)]
    assert len(mixtures) > 10
    assert found.value <= min(probabilities.loss(weights)[0] for weights in mixtures) + found.gap + ROUNDING
    assert 0 <= found.gap < 1e-4


def test_of_any_mixture_the_gap_is_at_least_what_it_lacks():
    probabilities, polytope = made_up(), Polytope(Constraints(tuple("abcd")))
    lowest = lowest_exactly(probabilities, polytope.constraints).value
    for weights in np.random.default_rng(1).dirichlet(np.ones(4), 50):
        value, slopes = probabilities.loss(weights)
        assert certified_gap(probabilities, polytope, slopes) >= value - lowest - ROUNDING >= -2 * ROUNDING


def test_slopes_are_derivatives():
    probabilities, weights, step = made_up(), np.array([0.1, 0.2, 0.3, 0.4]), 1e-6
    _, slopes = probabilities.loss(weights)
    for unit, change in enumerate(step * np.eye(4)):
        rise = probabilities.loss(weights + change)[0] - probabilities.loss(weights - change)[0]
        assert slopes[unit] == pytest.approx(rise / (2 * step), rel=1e-5)


def test_a_domain_without_text_is_named(study):
    with pytest.raises(InputError, match="no evaluation text of web, which the target names"):
        component_probabilities(study, tiny_pool.UNITS, (*DOMAINS[:3], "web"), TARGET)
