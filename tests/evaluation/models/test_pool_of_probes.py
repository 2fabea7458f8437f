"""Proxies of a pool by the coefficients of its components, without any model on disk."""

import pytest

from hf_ablate.errors import InputError
from hf_ablate.evaluation.models.scored_model import Pool, ScoredModel
from hf_ablate.manifest import digest
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.proxies import ENSEMBLE, MERGE


def pool_of(probes: dict[str, dict[str, float]]) -> Pool:
    components = {
        name: ScoredModel(f"component:{name}", "component", f"weights of {name}", Mixture.of(probe))
        for name, probe in probes.items()
    }
    return Pool(components)


SINGLE = pool_of({"a": {"a": 1}, "b": {"b": 1}})
MIXED = pool_of({"a": {"a": 3, "b": 1}, "b": {"a": 1, "b": 3}})


@pytest.mark.parametrize("proxy", [MERGE, ENSEMBLE], ids=lambda proxy: proxy.kind)
def test_a_proxy_of_single_units_is_identified_by_weights_as_before(proxy):
    mixture = Mixture.of({"a": 1, "b": 3})
    found = SINGLE.proxy(proxy, mixture)
    assert found.coefficients == mixture and found.id == f"{proxy.kind}:{mixture.id}"
    assert found.digest == digest([proxy.kind, [["weights of a", 0.25], ["weights of b", 0.75]]])


def test_a_proxy_of_a_mixture_is_identified_by_the_coefficients_of_its_components():
    mixture = Mixture.of({"a": 0.3, "b": 0.7})
    found = MIXED.proxy(MERGE, mixture)
    assert found.coefficients.weights == {"a": 0.1, "b": 0.9}
    assert (found.id, found.mixture) == (f"merged:{mixture.id}", mixture)
    assert found.digest == digest(["merged", [["weights of a", 0.1], ["weights of b", 0.9]]])


def test_the_merge_that_is_a_component_is_that_of_its_probe():
    assert MIXED.is_component(MIXED.proxy(MERGE, Mixture.of({"a": 3, "b": 1})))
    assert not MIXED.is_component(MIXED.proxy(MERGE, Mixture.uniform(["a", "b"])))
    assert SINGLE.is_component(SINGLE.proxy(MERGE, Mixture.uniform(["a"])))


def test_outside_the_hull_there_is_a_proxy_only_if_asked_for():
    with pytest.raises(InputError, match="1 of 1 mixtures are outside the hull of the 2 probes"):
        MIXED.proxy(MERGE, Mixture.uniform(["a"]))
    nearest = MIXED.proxy(MERGE, Mixture.uniform(["a"]), extrapolate=True)
    assert nearest.coefficients.weights == {"a": 1.0} and nearest.mixture == Mixture.uniform(["a"])
