"""Shapley values and interactions of games whose answer is known, and their axioms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hf_ablate.ablation.interactions import interaction_coefficients
from hf_ablate.ablation.shapley import MOST_PLAYERS, all_sets, exact_design, sampled_design, shapley_design


PLAYERS = 5
GAMES = arrays(float, 2**PLAYERS, elements=st.floats(-10, 10))


def quadratic_game(members: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What sets are worth where each player and each pair brings its own: (own, of pairs, worth of sets)."""
    generator = np.random.default_rng(seed)
    players = members.shape[1]
    own, of_pairs = generator.normal(size=players), np.triu(generator.normal(size=(players, players)), 1)
    return own, of_pairs, members @ own + np.einsum("si,ij,sj->s", members, of_pairs, members)


def rough_game(members: np.ndarray, seed: int = 0) -> np.ndarray:
    """A game with interactions of all orders, which falls off with the size of a set, as losses do."""
    own = np.random.default_rng(seed).uniform(0.2, 1, members.shape[1])
    return np.sqrt(members @ own) + 0.2 * np.sin(3 * (members @ own**2))


@pytest.mark.parametrize("design", [exact_design(4), sampled_design(14, 0)], ids=["exact", "sampled"])
def test_in_an_additive_game_everyone_gets_what_he_brings(design):
    own = np.arange(1.0, design.members.shape[1] + 1)
    assert design.coefficients @ (7 + design.members @ own) == pytest.approx(own)


def test_in_a_quadratic_game_pairs_share_what_they_bring():
    design = exact_design(6)
    own, of_pairs, worth = quadratic_game(design.members)
    assert design.coefficients @ worth == pytest.approx(own + (of_pairs + of_pairs.T).sum(axis=1) / 2)
    pairs, coefficients = interaction_coefficients(design.members)
    assert coefficients @ worth == pytest.approx([of_pairs[pair] for pair in pairs])


def test_there_is_no_interaction_in_an_additive_game():
    members = all_sets(4)
    _, coefficients = interaction_coefficients(members)
    assert coefficients @ (3 + members @ np.arange(4.0)) == pytest.approx(np.zeros(6), abs=1e-12)


@given(GAMES)
def test_what_all_bring_is_shared_out(worth):
    values = exact_design(PLAYERS).coefficients @ worth
    assert values.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-9)


@given(GAMES)
def test_players_who_bring_the_same_get_the_same_and_interact_alike(worth):
    members = all_sets(PLAYERS)
    swapped = members[:, [1, 0, *range(2, PLAYERS)]] @ 2 ** np.arange(PLAYERS)
    alike = worth + worth[swapped]
    values = exact_design(PLAYERS).coefficients @ alike
    assert values[0] == pytest.approx(values[1], abs=1e-9)
    pairs, coefficients = interaction_coefficients(members)
    found = dict(zip(pairs, coefficients @ alike, strict=True))
    assert found[0, 3] == pytest.approx(found[1, 3], abs=1e-9)


@given(GAMES)
def test_a_player_who_brings_nothing_gets_nothing_and_interacts_with_nobody(worth):
    members = all_sets(PLAYERS)
    without_last = worth[np.arange(2**PLAYERS) % 2 ** (PLAYERS - 1)]
    assert (exact_design(PLAYERS).coefficients @ without_last)[-1] == pytest.approx(0, abs=1e-9)
    pairs, coefficients = interaction_coefficients(members)
    found = dict(zip(pairs, coefficients @ without_last, strict=True))
    assert [found[player, PLAYERS - 1] for player in range(PLAYERS - 1)] == pytest.approx([0] * 4, abs=1e-9)


def test_a_sample_shares_out_exactly_what_all_bring():
    design = sampled_design(13, 3)
    worth = rough_game(design.members)
    (everyone,) = np.flatnonzero(design.members.all(axis=1))
    assert not design.members[0].any()
    assert (design.coefficients @ worth).sum() == pytest.approx(worth[everyone] - worth[0])


def test_samples_are_as_near_the_exact_values_as_they_say():
    exact = exact_design(10)
    truth = exact.coefficients @ rough_game(exact.members)
    errors, stated = [], []
    for seed in range(30):
        design = sampled_design(10, seed)
        worth = rough_game(design.members)
        errors.append(design.coefficients @ worth - truth)
        stated.append(design.sampling_error(worth))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.sqrt(np.mean(np.square(stated))), rel=0.1)
    assert np.abs(np.mean(errors, axis=0)).max() < 4 * np.max(stated) / np.sqrt(30)


def test_every_player_is_first_and_last_equally_often():
    design = sampled_design(14, 0)
    (everyone,) = np.flatnonzero(design.members.all(axis=1))
    after, before = design.joined[..., 0], design.joined[..., 1]
    orders = len(design.joined) * 2
    assert ((before == 0).sum(axis=(0, 1)) == orders / 14).all()
    assert ((after == everyone).sum(axis=(0, 1)) == orders / 14).all()


def test_few_players_are_valued_exactly_and_many_from_one_sample():
    assert shapley_design(12, 0).joined is None and len(shapley_design(12, 0).members) == 2**12
    first, second = shapley_design(13, 5), shapley_design(13, 5)
    assert np.array_equal(first.coefficients, second.coefficients) and np.array_equal(first.members, second.members)
    assert not shapley_design(12, 0).sampling_error(np.ones(2**12)).any()


@pytest.mark.parametrize("players", [13, 17, 30, MOST_PLAYERS])
def test_samples_are_no_larger_than_the_exact_case(players):
    assert len(shapley_design(players, 0).members) <= 2**12 + players
