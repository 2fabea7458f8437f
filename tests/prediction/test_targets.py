import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_ablate.errors import InputError
from hf_ablate.prediction.means import means_of_groups
from hf_ablate.prediction.targets import domain_weights


DOMAINS = ["in_domain/pandas", "in_domain/scipy", "out_of_domain/cpython", "out_of_domain/scipy", "web"]


@pytest.mark.parametrize(
    ("target", "name", "weights"),
    [
        (None, "mean", [0.2] * 5),
        ("mean", "mean", [0.2] * 5),
        ("in_domain", "in_domain", [0.5, 0.5, 0, 0, 0]),
        ("web", "web", [0, 0, 0, 0, 1]),
        ("pandas", "in_domain/pandas", [1, 0, 0, 0, 0]),
        ("out_of_domain/scipy", "out_of_domain/scipy", [0, 0, 0, 1, 0]),
        ('{"pandas": 2, "out_of_domain": 1, "web": 1}', "0.5 in_domain/pandas + 0.25 out_of_domain + 0.25 web",
         [0.5, 0, 0.125, 0.125, 0.25]),
        ({"in_domain": 1, "pandas": 1}, "0.5 in_domain + 0.5 in_domain/pandas", [0.75, 0.25, 0, 0, 0]),
        ({"pandas": 3, "web": 0}, "in_domain/pandas", [1, 0, 0, 0, 0]),
    ],
)  # fmt: skip
def test_a_target_is_weights_of_domains(target, name, weights):
    found = domain_weights(target, DOMAINS)
    assert found.name == name
    assert found.weights == pytest.approx(weights)


def test_groups_of_units_are_targets_unless_a_domain_or_source_is_the_same():
    units, domains = ["bio_1", "bio_2", "cs"], ["val/bio_1", "val/bio_2", "val/cs", "bio_2", "web"]
    groups = {
        "field=bio": ["bio_1", "bio_2"], "field=cs": ["cs"], "source=papers": units, "year=2": ["bio_2", "cs"],
    }  # fmt: skip
    means = means_of_groups(groups, units, [0, 1, 2, None, None], domains)
    assert list(means) == ["field=bio", "year=2"], "cs is a domain, and papers are val"
    target = domain_weights({"field=bio": 1, "web": 1}, domains, means)
    assert target.name == "0.5 field=bio + 0.5 web"
    assert target.weights == pytest.approx([0.25, 0.25, 0, 0, 0.5])
    with pytest.raises(InputError, match="unknown target 'field=bip'; did you mean 'field=bio'"):
        domain_weights("field=bip", domains, means)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("pandaz", "unknown target 'pandaz'"),
        ("scipy", "is a domain of several sources; write in_domain/scipy or out_of_domain/scipy"),
        ('{"in_domian": 1}', "unknown target 'in_domian'; did you mean 'in_domain'"),
        ('{"web": }', "is not a mapping in JSON; expected for example"),
        ({"web": -1}, "the weight of target 'web' is -1; it must be finite and not negative"),
        ({"web": "much"}, "the weight of target 'web' is 'much'; expected a number"),
        ({"web": 0}, "all weights of the target .* are zero"),
        ({}, "all weights of the target .* are zero"),
    ],
)
def test_mistakes_are_named(target, message):
    with pytest.raises(InputError, match=message):
        domain_weights(target, DOMAINS)


@given(st.dictionaries(st.sampled_from([*DOMAINS, "in_domain", "mean"]), st.floats(0.01, 100), min_size=1))
def test_weights_are_shares(target):
    weights = domain_weights(target, DOMAINS).weights
    assert weights.sum() == pytest.approx(1)
    assert np.all(weights >= 0)
    sevenfold = {name: 7 * share for name, share in target.items()}
    assert weights == pytest.approx(domain_weights(sevenfold, DOMAINS).weights)
