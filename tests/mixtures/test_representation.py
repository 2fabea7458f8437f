"""The coefficients that represent a mixture: known answers, the nearest point, and what is refused."""

import itertools

import numpy as np
import pytest

from hf_ablate.errors import InputError
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.probes import make_probes
from hf_ablate.mixtures.representation import check_represented, condition_number, hull_facts, represent
from hf_ablate.mixtures.units import CorpusUnits


UNITS = ["a", "b", "c"]
SINGLE = {unit: Mixture.uniform([unit]) for unit in UNITS}
HALF = make_probes({"own": 0.5, "rest": "uniform"}, CorpusUnits(UNITS))


def as_array(mixture: Mixture, names: list[str]) -> np.ndarray:
    return np.array([mixture.weights.get(name, 0.0) for name in names])


def test_components_of_single_units_have_the_weights_as_they_are():
    mixture = Mixture.of({"a": 0.1, "b": 0.2, "c": 0.7})
    assert represent(mixture, SINGLE).coefficients == mixture
    beside_others = represent(mixture, SINGLE | {"all": Mixture.uniform(UNITS)})
    assert beside_others.coefficients == mixture and beside_others.distance == 0
    called_otherwise = {f"only {unit}": probe for unit, probe in SINGLE.items()}
    assert represent(mixture, called_otherwise).coefficients.weights == {
        "only a": 0.1, "only b": 0.2, "only c": 0.7
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_a_mixture_inside_the_hull_has_the_coefficients_that_it_was_made_with(seed):
    generator = np.random.default_rng(seed)
    names = [f"u{number}" for number in range(8)]
    probes = make_probes({"own": 0.6, "rest": "uniform"}, CorpusUnits(names))
    coefficients = generator.dirichlet(np.full(8, 0.3))
    matrix = np.array([as_array(probe, names) for probe in probes.values()])
    found = represent(Mixture.of(dict(zip(names, (coefficients @ matrix).tolist(), strict=True))), probes)
    assert found.is_inside and found.distance < 1e-10
    assert as_array(found.coefficients, names) == pytest.approx(coefficients, abs=1e-9)


def test_a_mixture_on_a_face_of_the_hull_has_no_coefficient_off_it():
    on_edge = Mixture.of({"a": 5 / 12, "b": 5 / 12, "c": 1 / 6})  # half of a's probe, half of b's
    found = represent(on_edge, HALF)
    assert found.is_inside and found.coefficients.units == ["a", "b"]
    assert found.coefficients.weights == pytest.approx({"a": 0.5, "b": 0.5}, abs=1e-11)
    assert represent(HALF["b"], HALF).coefficients.weights == {"b": 1.0}


def test_outside_the_hull_the_nearest_mixture_inside_is_taken():
    found = represent(Mixture.uniform(["a"]), HALF)
    assert not found.is_inside
    assert found.coefficients.weights == {"a": 1.0}
    assert found.distance == pytest.approx(1 / 3)  # a's probe is 2/3 a: a third of the data is other data

    mixture = Mixture.of({"a": 0.9, "b": 0.1})
    best = as_array(represent(mixture, HALF).coefficients, UNITS)
    matrix, target = np.array([as_array(probe, UNITS) for probe in HALF.values()]), as_array(mixture, UNITS)
    steps = [step for step in itertools.product(range(101), repeat=2) if sum(step) <= 100]
    others = np.array([[first, second, 100 - first - second] for first, second in steps]) / 100
    distances = np.linalg.norm(others @ matrix - target, axis=1)
    assert best.sum() == pytest.approx(1) and best.min() >= 0
    assert np.linalg.norm(best @ matrix - target) <= distances.min() + 1e-12


def test_probes_of_which_one_is_a_mixture_of_others_still_represent():
    singular = HALF | {"all": Mixture.uniform(UNITS)}
    mixture = Mixture.of({"a": 0.4, "b": 0.35, "c": 0.25})
    found = represent(mixture, singular)
    matrix = np.array([as_array(probe, UNITS) for probe in singular.values()])
    assert found.is_inside
    assert as_array(found.coefficients, list(singular)) @ matrix == pytest.approx(as_array(mixture, UNITS))
    assert condition_number(singular) == np.inf and hull_facts([mixture], singular)["condition"] is None
    line = {"a": Mixture.of({"a": 3, "b": 1}), "b": Mixture.of({"a": 1, "b": 3}), "mid": Mixture.uniform(["a", "b"])}
    assert condition_number(line) == np.inf
    assert represent(Mixture.uniform(["a", "b"]), line).is_inside


def test_what_is_outside_by_less_than_a_thousandth_is_inside():
    assert represent(Mixture.of({"a": 0.5, "b": 0.3334, "c": 0.1666}), HALF).is_inside
    assert not represent(Mixture.of({"a": 0.5, "b": 0.335, "c": 0.165}), HALF).is_inside


def test_fewer_probes_than_units_represent_what_is_between_them():
    two = {"x": Mixture.of({"a": 1, "b": 1}), "y": Mixture.of({"b": 1, "c": 1})}
    found = represent(Mixture.of({"a": 1, "b": 4, "c": 3}), two)
    assert found.is_inside and found.coefficients.weights == pytest.approx({"x": 0.25, "y": 0.75})
    assert represent(Mixture.uniform(["b"]), two).distance == pytest.approx(0.5)


@pytest.mark.parametrize("own", [0.2, 0.5, 0.9])
def test_the_condition_number_is_one_over_the_own_share(own):
    assert condition_number(SINGLE) == pytest.approx(1)
    probes = make_probes({"own": own, "rest": "uniform"}, CorpusUnits(UNITS))
    assert condition_number(probes) == pytest.approx(1 / own)


def test_mixtures_outside_are_refused_with_their_number_and_the_farthest():
    mixtures = [Mixture.uniform(list(chosen)) for size in (1, 2, 3) for chosen in itertools.combinations(UNITS, size)]
    check_represented(mixtures, SINGLE)
    check_represented([Mixture.uniform(UNITS)], HALF)
    with pytest.raises(InputError, match=r"6 of 7 mixtures are outside .* at most by 0.333 of their data \(") as error:
        check_represented(mixtures, HALF)
    assert "`extrapolate`" in str(error.value) and "\n" not in str(error.value)
    assert hull_facts(mixtures, SINGLE) is None
    with pytest.raises(InputError, match="no component was trained on any of it: unknown unit 'd'"):
        represent(Mixture.uniform(["d"]), HALF)
