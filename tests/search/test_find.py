"""The search finds what is known in closed form, whatever the constraints, and never does worse than what is known."""

import numpy as np
import pytest
from known_predictor import KnownPredictor, capped, power_law

from hf_ablate.search.constraints import Constraints, Prior, kl_divergence
from hf_ablate.search.find import find_best
from hf_ablate.search.objective import Objective


GAINS = np.array([[1.0, 0.8, 0.6, 0.4, 0.2]])
UNITS = tuple("abcde")
NOTHING = np.zeros((0, 5))
# loss 2 - sum g_u sqrt(w_u) is lowest where w_u is in proportion to g_u^2
SQUARES = GAINS[0] ** 2
SQUARE_ROOT = Objective(power_law(0.5, GAINS), np.ones(1))


def test_the_lowest_mixture_is_found_and_all_starts_agree_where_the_loss_is_convex():
    found = find_best(SQUARE_ROOT, Constraints(UNITS), NOTHING, starts=12, random_seed=0)
    assert found.weights == pytest.approx(SQUARES / SQUARES.sum(), abs=1e-4)
    assert found.value == pytest.approx(2 - np.sqrt(SQUARES.sum()), abs=1e-8)
    assert (found.starts, found.agreed, found.others) == (12, 12, ())


def test_what_a_cap_takes_from_a_unit_goes_to_the_others_in_proportion():
    found = find_best(SQUARE_ROOT, capped(Constraints(UNITS), a=0.3), NOTHING, 8, 0)
    rest = 0.7 * SQUARES[1:] / SQUARES[1:].sum()
    assert found.weights == pytest.approx([0.3, *rest], abs=1e-4)


@pytest.mark.parametrize("most", [1, 3])
def test_of_few_units_the_most_valuable_are_left(most):
    found = find_best(SQUARE_ROOT, Constraints(UNITS, max_units=most), NOTHING, 4, 0)
    squares = np.where(np.arange(5) < most, SQUARES, 0)
    assert found.weights == pytest.approx(squares / squares.sum(), abs=1e-4)


def test_of_too_many_sets_of_units_the_one_left_by_elimination_is_the_best_here():
    gains = np.linspace(1, 0.3, 10)[None]
    constraints = capped(Constraints(tuple("abcdefghij"), max_units=4), a=0.1)
    found = find_best(Objective(power_law(0.5, gains), np.ones(1)), constraints, np.zeros((0, 10)), 4, 0)
    squares = gains[0, 1:4] ** 2
    assert found.weights == pytest.approx([0.1, *(0.9 * squares / squares.sum()), *[0] * 6], abs=1e-4)


def test_the_deepest_of_several_minima_is_found_and_the_others_are_named():
    corners = np.eye(5)
    wells = KnownPredictor(
        lambda weights: np.min(
            [((weights - corners[unit]) ** 2).sum(axis=1) - depth for unit, depth in ((0, 0), (3, 0.1))], axis=0
        )[:, None]
    )
    found = find_best(Objective(wells, np.ones(1)), Constraints(UNITS), NOTHING, 16, 0)
    assert found.weights == pytest.approx(corners[3], abs=1e-6)
    assert 0 < found.agreed < found.starts
    assert found.others[0][0] == pytest.approx(corners[0], abs=1e-6)
    assert found.others[0][1] == pytest.approx(0, abs=1e-6)


def test_where_the_loss_is_flat_between_steps_it_is_never_above_a_known_mixture():
    steps = KnownPredictor(
        lambda weights: np.floor(8 * np.abs(weights - SQUARES / SQUARES.sum())).sum(axis=1)[:, None]
    )
    known = np.random.default_rng(0).dirichlet(np.ones(5), 40)
    found = find_best(Objective(steps, np.ones(1)), Constraints(UNITS), known, 4, 0)
    assert found.value <= steps.losses(known).min()
    assert found.value == 0


def test_a_cautious_choice_gives_up_expected_loss_for_certainty():
    # slopes -1 and 0 with errors of 0.5: of the sum -w + z 0.5 sqrt(w^2 + (1 - w)^2) the minimum is inside for z > 2
    linear = KnownPredictor(lambda weights: -weights[:, :1], slope_sd=0.5, noise=0.0)
    expected, cautious = (
        find_best(Objective(linear, np.ones(1), bound), Constraints(("a", "b")), np.zeros((0, 2)), 6, 0)
        for bound in (None, 0.999)
    )
    assert expected.weights == pytest.approx([1, 0], abs=1e-6)
    grid = np.linspace(0, 1, 100_001)
    values = -grid + 3.090232 * 0.5 * np.sqrt(grid**2 + (1 - grid) ** 2)
    assert cautious.weights[0] == pytest.approx(grid[values.argmin()], abs=1e-4)
    assert cautious.value == pytest.approx(values.min(), abs=1e-6)


def test_near_a_prior_it_goes_as_far_as_it_may():
    prior = np.full(5, 0.2)
    for limit in ({"max_distance": 0.1}, {"max_kl": 0.05}):
        constraints = Constraints(UNITS, prior=Prior("uniform", prior, **limit))
        found = find_best(SQUARE_ROOT, constraints, NOTHING, 6, 0)
        assert constraints.are_met(found.weights[None])[0]
        assert constraints.active(found.weights) == [f"{(name := next(iter(limit)))}: {limit[name]:.4g} from uniform"]
    # on the ball, the slope is in proportion to that of the divergence: gain / sqrt(w) = a + b log(w)
    slope = GAINS[0] / 2 / np.sqrt(found.weights)
    fitted = np.polynomial.Polynomial.fit(np.log(found.weights), slope, 1)
    assert slope == pytest.approx(fitted(np.log(found.weights)), abs=1e-3)
    assert kl_divergence(found.weights, prior) == pytest.approx(0.05)


def test_the_same_seed_gives_the_same_mixture_to_the_last_bit():
    found = [find_best(SQUARE_ROOT, Constraints(UNITS), NOTHING, 4, seed).weights for seed in (1, 1, 2)]
    assert found[0].tolist() == found[1].tolist()
    assert found[0] == pytest.approx(found[2], abs=1e-4)
