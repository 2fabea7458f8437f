"""The mixtures after each change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_ablate.ablation.changes import changes_of, swaps_of
from hf_ablate.ablation.parts import Part, groups_as_parts, groups_of_all_fields, units_as_parts
from hf_ablate.errors import InputError
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.units import CorpusUnits


BASE = Mixture.of({"a": 0.5, "b": 0.3, "c": 0.2})
UNITS = units_as_parts(("a", "b", "c", "d"))
CORPUS = CorpusUnits(
    ["a", "b", "c", "d"],
    groups={
        "kind=x": ["a", "b"],
        "kind=y": ["c", "d"],
        "size=1": ["a"],
        "size=2": ["b", "c", "d"],
        "all=1": [*"abcd"],
    },
)


def after(base: Mixture, parts: list[Part]) -> dict[tuple[str, str], dict[str, float]]:
    return {(change.kind, change.part): change.mixture.weights for change in changes_of(base, parts)}


def swapped(base: Mixture, parts: list[Part]) -> dict[tuple[str, str | None], dict[str, float]]:
    return {(change.part, change.other): change.mixture.weights for change in swaps_of(base, parts)}


def test_units_are_dropped_added_and_upweighted():
    found = after(BASE, UNITS)
    assert set(found) == {*(("drop", unit) for unit in "abc"), ("add", "d"), *(("upweight", unit) for unit in "abc")}
    assert found["drop", "a"] == pytest.approx({"b": 0.6, "c": 0.4})
    assert found["add", "d"] == pytest.approx({"a": 0.375, "b": 0.225, "c": 0.15, "d": 0.25})
    assert found["upweight", "b"] == pytest.approx({"a": 0.5 / 1.03, "b": 0.33 / 1.03, "c": 0.2 / 1.03})


def test_a_units_weight_moves_to_another_unit_in_the_mixture_or_not():
    found = swapped(BASE, UNITS)
    assert len(found) == 3 * 3
    assert found["a", "b"] == pytest.approx({"b": 0.8, "c": 0.2})
    assert found["c", "d"] == pytest.approx({"a": 0.5, "b": 0.3, "d": 0.2})


def test_groups_are_changed_as_one():
    x, y = groups_as_parts(CORPUS, "kind")
    found = after(BASE, [x, y])
    assert found["drop", "kind=x"] == {"c": 1}
    assert found["add", "kind=y"] == pytest.approx({"a": 0.375, "b": 0.225, "c": 0.15, "d": 0.25})
    assert found["upweight", "kind=x"] == pytest.approx({"a": 0.55 / 1.08, "b": 0.33 / 1.08, "c": 0.2 / 1.08})
    assert swapped(BASE, [x, y])["kind=y", "kind=x"] == pytest.approx({"a": 0.625, "b": 0.375})
    assert swapped(Mixture.of({"c": 1}), [x, y])["kind=y", "kind=x"] == {"a": 0.5, "b": 0.5}


def test_a_mixture_of_one_unit_has_nothing_to_drop_or_upweight():
    assert {kind for kind, _ in after(Mixture.uniform(["a"]), UNITS)} == {"add"}
    assert swapped(Mixture.uniform(["a"]), UNITS)["a", "d"] == {"d": 1}


def test_groups_that_are_a_unit_or_the_corpus_are_no_groups():
    assert [part.name for part in groups_of_all_fields(CORPUS)] == ["kind=x", "kind=y", "size=2"]


def test_a_unit_without_a_value_is_a_part_of_its_own():
    corpus = CorpusUnits(["a", "b", "c"], groups={"kind=x": ["a", "b"]})
    assert groups_as_parts(corpus, "kind") == [Part("kind=x", ("a", "b")), Part("c", ("c",))]


@pytest.mark.parametrize(
    ("groups", "field", "message"),
    [
        ({"kind=x": ["a", "b", "c", "d"]}, "kind", "all units have the same 'kind'"),
        (
            {"source=x": ["a", "b"], "source=y": ["b", "c", "d"]},
            "source",
            "unit 'b' is in several groups of the field",
        ),
        ({"kind=x": ["a"], "kind=y": ["b"]}, "kinds", "unknown field 'kinds'; did you mean 'kind'"),
        ({}, "kind", "asks for groups of units, but the corpus records none"),
    ],
)
def test_fields_that_give_no_parts(groups, field, message):
    with pytest.raises(InputError, match=message):
        groups_as_parts(CorpusUnits(["a", "b", "c", "d"], groups), field)


@given(st.dictionaries(st.sampled_from("abcd"), st.floats(0.01, 1), min_size=1))
def test_changes_keep_the_proportions_of_all_other_units(weights):
    base = Mixture.of(weights)
    for change in [*changes_of(base, UNITS), *swaps_of(base, UNITS)]:
        changed = change.mixture.weights
        assert sum(changed.values()) == pytest.approx(1)
        others = [unit for unit in base.units if unit not in (change.part, change.other)]
        ratios = [changed[unit] / base.weights[unit] for unit in others]
        assert ratios == pytest.approx(ratios[:1] * len(ratios))
        if change.kind == "upweight":
            assert changed[change.part] / base.weights[change.part] == pytest.approx(1.1 * ratios[0])
        if change.kind == "add":
            assert changed[change.part] == pytest.approx(1 / len(changed))
        if change.kind in ("drop", "swap"):
            assert change.part not in changed
        if change.kind == "swap":
            assert ratios == pytest.approx([1] * len(ratios))
