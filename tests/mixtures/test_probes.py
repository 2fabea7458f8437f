"""The mixtures that components are trained on, from a recipe's option: both forms, and what is refused."""

import pytest

from hf_ablate.errors import InputError
from hf_ablate.mixtures.probes import check_probes, make_probes, needs_corpus
from hf_ablate.mixtures.units import CorpusUnits


UNITS = CorpusUnits(
    ["bio_1", "bio_2", "cs"],
    groups={"field=bio": ["bio_1", "bio_2"], "field=cs": ["cs"]},
    tokens={"bio_1": 100, "bio_2": 300, "cs": 400},
)


def weights(option):
    check_probes(option)
    return {name: probe.weights for name, probe in make_probes(option, UNITS).items()}


@pytest.mark.parametrize("option", [None, {"own": 1, "rest": "uniform"}])
def test_without_mixing_each_unit_has_a_probe_of_its_own(option):
    assert {name: probe.weights for name, probe in make_probes(option, UNITS).items()} == {
        unit: {unit: 1.0} for unit in UNITS.names
    }


@pytest.mark.parametrize(
    ("rest", "shared"),
    [
        ("uniform", {"bio_1": 1 / 3, "bio_2": 1 / 3, "cs": 1 / 3}),
        ("available_tokens", {"bio_1": 1 / 8, "bio_2": 3 / 8, "cs": 1 / 2}),
        ({"cs": 1}, {"cs": 1}),
        ({"bio_*": 1, "field=cs": 1}, {"bio_1": 1 / 4, "bio_2": 1 / 4, "cs": 1 / 2}),
    ],
    ids=str,
)
def test_each_probe_has_its_own_share_and_the_same_rest(rest, shared):
    for unit, probe in weights({"own": 0.6, "rest": rest}).items():
        expected = {other: 0.4 * share for other, share in shared.items()}
        expected[unit] = expected.get(unit, 0) + 0.6
        assert probe == pytest.approx(expected)


def test_mixtures_by_name_take_patterns_and_groups():
    found = weights({"bio_1": {"bio_1": 0.9, "cs": 0.1}, "fields": {"field=bio": 1, "cs": 1}})
    assert found == {"bio_1": {"bio_1": 0.9, "cs": 0.1}, "fields": {"bio_1": 0.25, "bio_2": 0.25, "cs": 0.5}}


def test_units_may_be_called_as_the_keys_of_the_other_form():
    units = CorpusUnits(["own", "rest"])
    option = {"own": {"own": 3, "rest": 1}, "rest": {"rest": 1}}
    check_probes(option)
    assert {name: probe.weights for name, probe in make_probes(option, units).items()} == {
        "own": {"own": 0.75, "rest": 0.25}, "rest": {"rest": 1.0}
    }  # fmt: skip


def test_groups_and_tokens_are_known_of_a_corpus_alone():
    assert not needs_corpus(None) and not needs_corpus({"own": 0.5, "rest": "uniform"})
    assert not needs_corpus({"own": 0.5, "rest": {"bio_*": 1}})
    assert needs_corpus({"own": 0.5, "rest": "available_tokens"})
    assert needs_corpus({"own": 0.5, "rest": {"field=bio": 1}}) and needs_corpus({"x": {"field=bio": 1}})


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({}, "expected {own: 0.5, rest: uniform}, or name"),
        ({"own": 0.5}, "expected {own: 0.5, rest: uniform}, or name"),
        ({"own": 0.5, "rest": "uniform", "other": 1}, "expected {own: 0.5, rest: uniform}, or name"),
        ({"cs": {"cs": 1}, "bio_1": {}}, "expected {own: 0.5, rest: uniform}, or name"),
        ({"own": 0, "rest": "uniform"}, "above 0 and at most 1"),
        ({"own": 1.5, "rest": "uniform"}, "above 0 and at most 1"),
        ({"own": float("nan"), "rest": "uniform"}, "above 0 and at most 1"),
        ({"own": True, "rest": "uniform"}, "above 0 and at most 1"),
        ({"own": "half", "rest": "uniform"}, "above 0 and at most 1"),
        ({"own": 0.5, "rest": "everything"}, "expected uniform, available_tokens, or a mixture"),
        ({"own": 0.5, "rest": {}}, "expected uniform, available_tokens, or a mixture"),
        ({"own": 0.5, "rest": {"css": 1}}, "unknown unit 'css'; did you mean 'cs'"),
        ({"x": {"cs": -1}}, "the weight of unit 'cs' is -1"),
        ({"x": {"cs": 0}}, "all weights of the mixture"),
        ({"../x": {"cs": 1}}, "probe name '../x' cannot be used"),
        ({"x": {"cs": 1}, "X": {"bio_1": 1}}, "probe name 'X' differs from 'x' only in case. Give it another name"),
        ({"seed": {"cs": 1}}, "'seed' cannot be used: it has another meaning"),
        ({"cs": {"bio_1": 1}}, "probe 'cs' is called after a unit that it lacks: it is bio_1"),
        ({"x": {"cs": 1, "bio_1": 1}, "y": {"bio_1": 2, "cs": 2}}, "probes 'x' and 'y' are the same mixture"),
    ],
    ids=str,
)
def test_what_is_no_probe_is_refused(option, message):
    with pytest.raises(InputError, match=message.replace("*", r"\*").replace("{", r"\{")):
        weights(option)
