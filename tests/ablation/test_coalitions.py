"""What sets of units are worth: their predicted losses, with what their errors have in common."""

import numpy as np
import pytest
from analytic_predictor import curved_study, linear_study

from hf_ablate.ablation.coalitions import coalitions_of
from hf_ablate.ablation.interactions import interaction_coefficients
from hf_ablate.ablation.parts import Part, units_as_parts
from hf_ablate.ablation.shapley import exact_design, sampled_design
from hf_ablate.mixtures.mixture import Mixture


ON_FIRST = np.array([1.0, 0.0])


def test_a_set_is_worth_the_loss_of_the_mixture_restricted_to_it_and_nobody_the_average_unit():
    study = linear_study([[2.0], [1.0], [4.0]])
    base = Mixture.of({"a": 0.5, "b": 0.25, "c": 0.25})
    found = coalitions_of(study, base, units_as_parts(("a", "b", "c")), exact_design(3).members, np.ones(1))
    # nobody, a, b, ab, c, ac, bc, abc
    assert -found.values == pytest.approx([7 / 3, 2, 1, 5 / 3, 4, 8 / 3, 2.5, 2.25])


def test_groups_play_with_the_weights_of_their_units():
    study = linear_study([[2.0], [1.0], [4.0]])
    players = [Part("kind=x", ("a", "b")), Part("c", ("c",))]
    found = coalitions_of(study, Mixture.uniform(["a", "b", "c"]), players, exact_design(2).members, np.ones(1))
    assert -found.values == pytest.approx([(1.5 + 4) / 2, 1.5, 4, 7 / 3])


@pytest.mark.parametrize("design", [exact_design(5), sampled_design(5, 0)], ids=["exact", "sampled"])
def test_intervals_are_those_of_drawn_losses(design):
    study = curved_study(5)
    base = Mixture.of(dict(zip(study.evidence.units, (0.3, 0.25, 0.2, 0.15, 0.1), strict=True)))
    players = units_as_parts(study.evidence.units)
    found = coalitions_of(study, base, players, design.members, ON_FIRST)
    values, sds = found.combined(design.coefficients)

    generator = np.random.default_rng(1)
    losses = generator.multivariate_normal(found.joint.mean, found.joint.covariance, 20_000, method="eigh")
    alone = design.members[1:].sum(axis=1) == 1
    worth = -np.column_stack([losses[:, alone].mean(axis=1), losses])
    drawn = worth @ design.coefficients.T
    assert drawn.mean(axis=0) == pytest.approx(values, abs=5 * sds.max() / np.sqrt(20_000))
    assert drawn.std(axis=0) == pytest.approx(sds, rel=0.03)


def test_interactions_have_intervals_too():
    study = curved_study(4)
    base = Mixture.uniform(list(study.evidence.units))
    found = coalitions_of(study, base, units_as_parts(study.evidence.units), exact_design(4).members, ON_FIRST)
    _, coefficients = interaction_coefficients(found.members)
    values, sds = found.combined(coefficients)
    assert values == pytest.approx(coefficients @ found.values)
    assert (sds > 0).all()
