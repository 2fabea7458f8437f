"""Runs at another scale: the laws fitted there, with differences shrunk as between the scales."""

from dataclasses import replace

import numpy as np
import pytest
from regmix_runs import larger, own_units, rank_correlations, swarm

from hf_ablate.prediction import other_scale
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.laws.averaged import fit_averaged_laws
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.other_scale import fit_other_scale


def study(runs: Observations, scale: str) -> Evidence:
    """Runs at 1m, and none at the scale that is asked about."""
    units, domains = runs.weights.shape[1], runs.losses.shape[1]
    return Evidence(
        tuple(f"unit-{unit}" for unit in range(units)),
        tuple(f"domain-{domain}" for domain in range(domains)),
        own_units(),
        runs.only([]),
        np.full((units, domains), np.nan),
        other_scales={"1m": runs},
        scale=scale,
    )


@pytest.fixture(scope="module", autouse=True)
def fitted_once():
    """Laws are the same for all scales that they are asked about, and take seconds to fit."""
    known = {}

    def fit_once(runs: Observations):
        key = runs.weights.tobytes() + runs.losses.tobytes()
        if key not in known:
            known[key] = fit_averaged_laws(runs)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(other_scale, "fit_averaged_laws", fit_once)
        yield


@pytest.fixture(scope="module")
def by_scale():
    """What 24 runs at 1m say of each scale."""
    return {scale: fit_other_scale(study(swarm().only(range(24)), scale)) for scale in ("1m", "60m", "1b", "large")}


def test_a_larger_scale_has_smaller_differences_where_they_are_large(by_scale):
    spread = swarm().only(range(24)).losses.std(axis=0)
    expected = spread**-0.37 / np.exp(np.log(spread**-0.37).mean())
    assert np.allclose(by_scale["60m"].shrinkage, expected)
    assert np.allclose(by_scale["1b"].shrinkage, expected ** (0.5 / 0.37))  # no further
    weights = larger().weights
    assert np.allclose(
        by_scale["60m"].losses(weights).std(axis=0), expected * by_scale["1m"].losses(weights).std(axis=0)
    )


@pytest.mark.parametrize("scale", ["1m", "large"])
def test_the_same_scale_and_one_of_unknown_size_get_what_the_laws_say(by_scale, scale):
    weights = larger().weights
    assert np.allclose(by_scale[scale].losses(weights), by_scale[scale].laws.losses(weights))
    assert np.allclose(by_scale[scale].error, by_scale[scale].laws.error)


def test_the_order_on_each_domain_stays_and_that_on_their_mean_is_better(by_scale):
    runs = larger()
    _, domains, mean = rank_correlations(by_scale["60m"].losses(runs.weights), runs.losses)
    _, same, without = rank_correlations(by_scale["1m"].losses(runs.weights), runs.losses)
    assert domains == pytest.approx(same)
    assert mean > max(without, 0.8)


def test_the_nearest_scale_with_runs_enough_is_taken():
    runs = swarm().only(range(20))
    evidence = replace(study(runs, "1b"), other_scales={"1k": runs, "1m": runs, "60m": runs.only(range(5))})
    nearest = fit_other_scale(evidence)
    assert np.array_equal(nearest.shrinkage, fit_other_scale(study(runs, "1b")).shrinkage)
    assert fit_other_scale(replace(evidence, other_scales={"60m": runs.only(range(5))})) is None
