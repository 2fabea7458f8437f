"""Constraints from options: what they mean, and what is said where no mixture meets them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_ablate.errors import InputError
from hf_ablate.manifest import write_manifest
from hf_ablate.search.arguments import ProposeArguments
from hf_ablate.search.constraints import Bound, Constraints, Prior, kl_divergence, total_variation
from hf_ablate.search.polytope import Polytope
from hf_ablate.search.read_constraints import read_constraints


UNITS = ("bio_1", "bio_2", "cs", "law")
TOKENS = {"bio_1": 100, "bio_2": 200, "cs": 300, "law": 400}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A run folder with the record of a corpus, whose units have fields and tokens."""
    folder = tmp_path_factory.mktemp("corpus")
    write_manifest(
        folder / "corpus", "partition", {}, {}, seed=None, block_size=10, digest="corpus",
        units={unit: {"tokens": 100, "digest": unit, "available_tokens": TOKENS[unit]} for unit in UNITS},
        groups={unit: {"fields": {"field": unit.partition("_")[0]}} for unit in UNITS},
        tokenizer={"vocab_size": 300, "digest": "bytes"},
    )  # fmt: skip
    return folder


def met(run_dir, weights, **options):
    """Which mixtures meet the constraints of some options."""
    constraints = read_constraints(ProposeArguments(run_dir=run_dir, **options), UNITS)
    return constraints.are_met(np.array(weights)).tolist()


def test_the_bound_of_a_pattern_or_group_is_on_the_sum_of_its_units(corpus):
    mixtures = [[0.3, 0.3, 0.4, 0.0], [0.2, 0.2, 0.4, 0.2], [0.5, 0.0, 0.0, 0.5]]
    assert met(corpus, mixtures, most={"bio_*": 0.5}) == [False, True, True]
    assert met(corpus, mixtures, most={"field=bio": 0.5}) == [False, True, True]
    assert met(corpus, mixtures, least={"field=bio": 0.5}) == [True, False, True]
    assert met(corpus, mixtures, most={"bio_1": 0.3}, least={"law": 0.1}) == [False, True, False]


def test_no_unit_is_repeated_more_often_than_allowed(corpus):
    # 2 epochs of 100 tokens are 0.4 of 500
    mixtures = [[0.4, 0.6, 0.0, 0.0], [0.41, 0.59, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    assert met(corpus, mixtures, max_epochs=2, total_tokens=500) == [True, False, True]
    assert met(corpus, mixtures, max_epochs=2, total_tokens=500, available_tokens={"bio_1": 250}) == [True] * 3


def test_of_imported_runs_available_tokens_have_to_be_given(tmp_path):
    options = {"run_dir": tmp_path, "max_epochs": 1, "total_tokens": 500}
    assert met(available_tokens=TOKENS, weights=[[0.2, 0.2, 0.3, 0.3], [0.3, 0.1, 0.3, 0.3]], **options) == [
        True,
        False,
    ]
    with pytest.raises(InputError, match="tokens of bio_1, bio_2, law are not known; give --available_tokens"):
        met(available_tokens={"cs": 5}, weights=[], **options)


def test_distance_from_a_prior_is_the_share_of_tokens_exchanged(corpus):
    mixtures = [[0.25, 0.25, 0.25, 0.25], [0.45, 0.25, 0.25, 0.05], [0.46, 0.25, 0.25, 0.04]]
    assert met(corpus, mixtures, prior="uniform", max_distance=0.2) == [True, True, False]
    assert met(corpus, [[0.1, 0.2, 0.3, 0.4]], prior="available_tokens", max_distance=1e-6) == [True]
    assert met(corpus, [[0.25, 0.25, 0.5, 0.0]], prior='{"bio_*": 1, "cs": 1}', max_kl=1e-6) == [True]


def test_a_mixture_has_at_most_so_many_units(corpus):
    assert met(corpus, [[0.5, 0.5, 0, 0], [0.4, 0.3, 0.3, 0]], max_units=2) == [True, False]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"least": {"bio_*": 0.7, "cs": 0.5}},
         "no mixture meets these constraints: min of 'bio_.' is 0.7; min of 'cs' is 0.5; the least weights add up to "
         "1.2, more than 1"),
        ({"least": {"law": 0.1}, "most": {"bio_*": 0.2, "cs": 0.2, "law": 0.3}},
         "these constraints: max of 'bio_.' is 0.2; max of 'cs' is 0.2; max of 'law' is 0.3; the largest weights add "
         "up to 0.7, less than 1"),
        ({"least": {"cs": 0.5, "law": 0.1}, "most": {"cs": 0.4}},
         "no mixture meets these constraints: min of 'cs' is 0.5; max of 'cs' is 0.4$"),
        ({"max_units": 2, "most": {"field=bio": 0.3, "cs": 0.3, "law": 0.3}}, "the largest weights add up to 0.9"),
        ({"max_units": 2, "most": {"bio_1": 0.3, "bio_2": 0.3, "cs": 0.3, "law": 0.3}}, "max_units is 2$"),
        ({"max_epochs": 1, "total_tokens": 700, "max_units": 1},
         "max_epochs allows at most 1.42. in all; max_units is 1"),
        ({"max_epochs": 2, "total_tokens": 3000},
         "max_epochs is 2, which allows 2,000 tokens of all units together, less than total_tokens, which is 3,000"),
        ({"prior": "uniform", "max_distance": 0.1, "least": {"cs": 0.5}},
         "min of 'cs' is 0.5; max_distance from uniform is 0.1"),
        ({"prior": "uniform", "max_kl": 0.1, "least": {"cs": 0.9}}, "min of 'cs' is 0.9; max_kl from uniform is 0.1"),
        ({"most": {"bio1": 0.5}}, "unknown unit 'bio1'; did you mean 'bio_1'"),
        ({"most": {"cs": 50}}, "max of 'cs' is 50; expected a share between 0 and 1"),
        ({"least": {"cs": "half"}}, "min of 'cs' is 'half'; expected a number"),
        ({"prior": "m-1", "max_kl": 1}, "prior is 'm-1'; expected `uniform`, `available_tokens`, weights as JSON"),
        ({"available_tokens": {"bio1": 5}}, "unknown unit 'bio1'; did you mean 'bio_1'"),
    ],
)  # fmt: skip
def test_constraints_that_cannot_be_met_are_named(corpus, options, message):
    with pytest.raises(InputError, match=message):
        read_constraints(ProposeArguments(run_dir=corpus, **options), UNITS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_epochs": 2}, "max_epochs without total_tokens"),
        ({"max_kl": 1}, "max_kl needs a prior"),
        ({"prior": "uniform"}, "prior needs max_distance or max_kl"),
        ({"max_units": 0}, "max_units is 0; expected at least 1"),
        ({"max_kl": -1, "prior": "uniform"}, "max_kl is -1; expected a positive number"),
        ({"confidence_bound": 90}, "confidence_bound is 90; expected a probability between 0 and 1"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        ProposeArguments(**options)


@st.composite
def satisfiable(draw, few: bool = False) -> Constraints:
    """Constraints of all kinds that at least one mixture meets, with a limit on the number of units if `few`."""
    units = draw(st.integers(2, 6))
    shares = st.lists(st.floats(0.01, 1), min_size=units, max_size=units)
    inside, prior = (np.array(draw(shares)) for _ in range(2))
    max_units = draw(st.integers(1, units)) if few else None
    inside[: -max_units if few else 0] = 0
    inside, prior = inside / inside.sum(), prior / prior.sum()
    bounds = []
    for number in range(draw(st.integers(0, 3))):
        members = np.array(draw(st.lists(st.booleans(), min_size=units, max_size=units)))
        members[draw(st.integers(0, units - 1))] = True
        total, room = inside[members].sum(), draw(st.floats(0.01, 0.3))
        bounds.append(Bound(f"bound {number}", members, max(total - room, 0.0), min(total + room, 1.0)))
    near = draw(st.sampled_from([None, "max_distance", "max_kl"]))
    if near is not None:
        measure = {"max_distance": total_variation, "max_kl": kl_divergence}[near]
        near = Prior("prior", prior, **{near: float(measure(inside, prior)) + 0.01})
    return Constraints(tuple("abcdef"[:units]), tuple(bounds), max_units, near)


@settings(deadline=None, max_examples=25)
@given(satisfiable(), st.integers(0, 100))
def test_what_is_found_meets_the_constraints_and_no_mixture_is_below_the_certified_bound(constraints, seed):
    generator, polytope = np.random.default_rng(seed), Polytope(constraints)
    slope, wanted = generator.normal(size=len(constraints.units)), generator.dirichlet(np.ones(len(constraints.units)))
    lowest, bound = polytope.lowest(slope)
    nearest = polytope.minimise(
        lambda weights: (((weights - wanted) ** 2).sum(), 2 * (weights - wanted)), polytope.center
    )
    for found in (polytope.center, lowest, nearest, polytope.repaired(generator.dirichlet(np.ones(len(slope))))):
        assert constraints.are_met(found[None], 1e-9)[0]
        assert found @ slope >= bound - 1e-8
    assert bound <= lowest @ slope <= bound + 1e-4
    # at the nearest mixture, no allowed direction leads nearer
    assert 2 * (nearest - wanted) @ nearest <= polytope.lowest(2 * (nearest - wanted))[1] + 1e-5


@settings(deadline=None, max_examples=40)
@given(satisfiable(few=True))
def test_of_few_units_some_mixture_is_found_wherever_there_is_one(constraints):
    assert constraints.are_met(Polytope(constraints).center[None], 1e-9)[0]
