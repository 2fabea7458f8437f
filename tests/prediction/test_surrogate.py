import json
from dataclasses import replace

import numpy as np
import pytest
from pool_scores import read_pool
from scipy.stats import spearmanr

from hf_ablate.mixtures.space_filling import space_filling
from hf_ablate.prediction import process
from hf_ablate.prediction import surrogate as module
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.surrogate import fit_surrogate
from hf_ablate.prediction.surrogates import fit_surrogates, kernels_of


EVIDENCE = read_pool()
SEVERAL = np.flatnonzero((EVIDENCE.proxies["merged"].weights > 0).sum(axis=1) > 1)
COMPONENTS = np.random.default_rng(7).normal(2, 0.3, size=(4, 3))


def draw(seed: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """A share of the mixtures of several units, and the others."""
    order = np.random.default_rng(seed).permutation(SEVERAL)
    count = round(share * len(order))
    return order[:count], order[count:]


def rhos(predicted: np.ndarray, measured: np.ndarray) -> tuple[float, float]:
    """Spearman's rho averaged over domains, and of the mean of domains."""
    domains = [spearmanr(predicted[:, domain], measured[:, domain])[0] for domain in range(measured.shape[1])]
    return float(np.mean(domains)), float(spearmanr(predicted.mean(axis=1), measured.mean(axis=1))[0])


def dirichlet(count: int, seed: int, units: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(units), size=count)


def quadratic(weights: np.ndarray) -> np.ndarray:
    """The mean of the components less a quadratic form that is zero for each of them."""
    gains = np.random.default_rng(1).uniform(0.1, 0.4, size=(3, 4, 4)) * (1 - np.eye(4))
    return weights @ COMPONENTS - np.einsum("mu,duv,mv->md", weights, gains, weights)


def observed(weights: np.ndarray, losses: np.ndarray) -> Observations:
    return Observations(tuple(f"m-{row}" for row in range(len(weights))), weights, losses)


@pytest.mark.parametrize(
    "kind, share, of_domains, of_mean",
    [("merged", 0.1, 0.994, 0.94), ("merged", 0.3, 0.9985, 0.99), ("ensemble", 0.3, 0.99, 0.985)],
)
def test_the_other_mixtures_of_a_pool_are_put_in_their_order(kind, share, of_domains, of_mean):
    scored = EVIDENCE.proxies[kind]
    found = []
    for seed in range(10):
        known, others = draw(seed, share)
        surrogate = fit_surrogate(kind, scored.only(known), EVIDENCE.components)
        found.append(rhos(surrogate.losses(scored.weights[others]), scored.losses[others]))
    assert (np.mean(found, axis=0) > (of_domains, of_mean)).all()


@pytest.mark.parametrize("share, of_domains, of_mean", [(0.1, 0.995, 0.97), (0.3, 0.999, 0.995)])
def test_merges_that_fill_the_space_predict_the_others(share, of_domains, of_mean):
    scored = EVIDENCE.proxies["merged"]
    mixtures = [EVIDENCE.mixture_of(scored.weights[row]) for row in SEVERAL]
    chosen = {mixture.id for mixture in space_filling(mixtures, round(share * len(mixtures)))}
    known = [row for row in SEVERAL if scored.ids[row] in chosen]
    others = [row for row in SEVERAL if scored.ids[row] not in chosen]
    surrogate = fit_surrogate("merged", scored.only(known), EVIDENCE.components)
    found = rhos(surrogate.losses(scored.weights[others]), scored.losses[others])
    assert (np.array(found) > (of_domains, of_mean)).all()


def test_ninety_percent_intervals_hold_ninety_percent_of_other_merges():
    scored, inside = EVIDENCE.proxies["merged"], []
    for seed in range(10):
        known, others = draw(seed, 0.2)
        surrogate = fit_surrogate("merged", scored.only(known), EVIDENCE.components)
        error = surrogate.losses(scored.weights[others]) - scored.losses[others]
        inside.append(np.abs(error) < 1.645 * surrogate.sd(scored.weights[others]))
    assert 0.85 < np.mean(inside) < 0.98


def test_what_merging_gains_is_recovered_where_it_is_a_quadratic_form():
    known, others = dirichlet(25, seed=2), dirichlet(50, seed=3)
    surrogate = fit_surrogate("merged", observed(known, quadratic(known)), COMPONENTS)
    assert np.abs(surrogate.losses(others) - quadratic(others)).max() < 0.002
    assert np.abs(others @ COMPONENTS - quadratic(others)).max() > 0.1


@pytest.mark.parametrize("kind", ["merged", "ensemble"])
def test_scored_mixtures_and_components_have_exactly_their_scores(kind):
    scored = EVIDENCE.proxies[kind].only(range(5, 40))
    surrogate = fit_surrogate(kind, scored, EVIDENCE.components)
    units = np.eye(len(EVIDENCE.units))
    np.testing.assert_array_equal(surrogate.losses(scored.weights), scored.losses)
    np.testing.assert_array_equal(surrogate.losses(units), EVIDENCE.components)
    assert not surrogate.sd(np.vstack([scored.weights, units])).any()
    other = EVIDENCE.proxies[kind].weights[50:]
    assert (surrogate.sd(other) > 0).all()


def test_the_order_of_mixtures_changes_nothing():
    known, others = draw(0, 0.3)
    scored = EVIDENCE.proxies["merged"]
    forth = fit_surrogate("merged", scored.only(known), EVIDENCE.components)
    back = fit_surrogate("merged", scored.only(known[::-1]), EVIDENCE.components)
    np.testing.assert_array_equal(forth.losses(scored.weights[others]), back.losses(scored.weights[others]))


@pytest.mark.parametrize("kind", ["merged", "ensemble"])
def test_the_order_of_units_changes_nothing_but_rounding(kind):
    known, others = draw(0, 0.3)
    scored, order = EVIDENCE.proxies[kind], [3, 1, 4, 0, 2]
    turned = Observations(scored.ids, scored.weights[:, order], scored.losses)
    one = fit_surrogate(kind, scored.only(known), EVIDENCE.components)
    other = fit_surrogate(kind, turned.only(known), EVIDENCE.components[order])
    np.testing.assert_allclose(one.losses(scored.weights[others]), other.losses(turned.weights[others]), atol=1e-4)


def test_a_mixture_scored_on_some_domains_keeps_those_scores():
    scored = EVIDENCE.proxies["merged"].only(range(5, 40))
    losses = scored.losses.copy()
    losses[3, 2] = np.nan
    surrogate = fit_surrogate("merged", replace(scored, losses=losses), EVIDENCE.components)
    found, sd = surrogate.losses(scored.weights)[3], surrogate.sd(scored.weights)[3]
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(np.delete(found, 2), np.delete(losses[3], 2))
    np.testing.assert_array_equal(sd > 0, np.arange(len(sd)) == 2)


def test_where_components_were_trained_on_mixtures_the_merges_alone_are_learned_from():
    known, others = dirichlet(40, seed=2), dirichlet(50, seed=3)
    surrogate = fit_surrogate("merged", observed(known, quadratic(known)), np.full_like(COMPONENTS, np.nan))
    assert np.abs(surrogate.losses(others) - quadratic(others)).max() < 0.01
    np.testing.assert_array_equal(surrogate.losses(known), quadratic(known))


def test_perplexities_are_predicted_as_the_bits_that_they_are_powers_of():
    known, others = draw(0, 0.3)
    bits, perplexities = EVIDENCE, read_pool("ppl_byte")
    last = bits.proxies["merged"].weights[others]
    found = [
        fit_surrogates(replace(evidence, proxies={"merged": evidence.proxies["merged"].only(known)}))["merged"]
        for evidence in (bits, perplexities)
    ]
    np.testing.assert_allclose(found[1].losses(last), 2 ** found[0].losses(last), rtol=1e-4)
    np.testing.assert_allclose(found[1].sd(last), found[1].losses(last) * np.log(2) * found[0].sd(last), rtol=1e-2)


@pytest.mark.parametrize("kind", ["merged", "ensemble"])
def test_one_domain_is_predicted_as_the_first_of_equal_ones(kind):
    known, others = draw(0, 0.3)
    scored, last = EVIDENCE.proxies[kind].only(known), EVIDENCE.proxies[kind].weights[others]
    one = fit_surrogate(kind, replace(scored, losses=scored.losses[:, :1]), EVIDENCE.components[:, :1])
    twin = fit_surrogate(kind, replace(scored, losses=scored.losses[:, [0, 0]]), EVIDENCE.components[:, [0, 0]])
    assert one.losses(last).shape == one.sd(last).shape == (len(last), 1)
    np.testing.assert_allclose(one.losses(last), twin.losses(last)[:, :1], atol=1e-3)
    np.testing.assert_allclose(one.sd(last), twin.sd(last)[:, :1], rtol=0.1)


def test_mixtures_with_a_unit_that_nothing_is_known_of_have_no_losses():
    components = COMPONENTS.copy()
    components[2] = np.nan
    known = np.insert(dirichlet(12, seed=0, units=3), 2, 0.0, axis=1)
    surrogate = fit_surrogate("merged", observed(known, known @ COMPONENTS), components)
    found = surrogate.losses(np.array([[0.2, 0.3, 0.0, 0.5], [0.2, 0.3, 0.1, 0.4]]))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_more_mixtures_than_are_learned_from_are_known_all_the_same(monkeypatch):
    monkeypatch.setattr(process, "_MOST_TUNED", 40)
    monkeypatch.setattr(module, "_MOST_FITTED", 100)
    known, others = dirichlet(200, seed=4), dirichlet(20, seed=5)
    surrogate = fit_surrogate("merged", observed(known, quadratic(known)), COMPONENTS)
    assert len(surrogate.process.X_train_) == 100
    np.testing.assert_array_equal(surrogate.losses(known), quadratic(known))
    assert np.abs(surrogate.losses(others) - quadratic(others)).max() < 0.001


def test_a_proxy_scored_for_components_alone_has_no_surrogate():
    assert list(fit_surrogates(EVIDENCE)) == ["merged", "ensemble"]
    merged = EVIDENCE.proxies["merged"].only(range(5))
    bare: Evidence = replace(EVIDENCE, proxies={"merged": merged})
    assert fit_surrogates(bare) == {}


@pytest.mark.parametrize("kind", ["merged", "ensemble"])
def test_kernels_that_are_known_are_not_searched_for_again_and_change_no_digit(monkeypatch, kind):
    monkeypatch.setattr(process, "_MOST_TUNED", 20)
    fresh = fit_surrogates(EVIDENCE)
    kernels = json.loads(json.dumps(kernels_of(fresh.values())))
    assert len(kernels) == 2
    worse = {kind: replace(scored, losses=scored.losses * 1.01) for kind, scored in EVIDENCE.proxies.items()}
    changed = fit_surrogates(replace(EVIDENCE, proxies=worse, kernels=kernels))
    assert not set(kernels_of(changed.values())) & set(kernels)  # of other losses nothing is known

    monkeypatch.setattr(process, "_tuned", None)
    again = fit_surrogates(replace(EVIDENCE, kernels=kernels))
    others = dirichlet(20, seed=5, units=len(EVIDENCE.units))
    assert again[kind].losses(others).tobytes() == fresh[kind].losses(others).tobytes()
    assert kernels_of(again.values()) == kernels
