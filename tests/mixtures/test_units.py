"""Mixtures over groups and patterns, with weights known by hand; names that stand for no unit."""

import pytest

from hf_ablate.corpus.description import CorpusDescription, TrainingText
from hf_ablate.errors import InputError
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.from_arguments import enumerate_mixtures, needs_corpus
from hf_ablate.mixtures.units import CorpusUnits


FIELDS = {
    "bio_2001": ("bio", "2001"), "bio_2002": ("bio", "2002"), "cs_2001": ("cs", "2001"), "cs_2002": ("cs", "2002"),
    "wiki": ("wiki", "none"),
}  # fmt: skip
ROOTS = {"wiki": ("dump",), "bio_2001": ("old", "new")}


def corpus_of(units: dict[str, TrainingText]) -> CorpusUnits:
    return CorpusUnits.of(CorpusDescription(units, seed=None, block_size=16, vocab_size=300))


CORPUS = corpus_of(
    {
        unit: TrainingText(
            blocks=1, available_tokens=100 * (number + 1), fields={"field": field, "year": year},
            roots=ROOTS.get(unit, ("new",)),
        )
        for number, (unit, (field, year)) in enumerate(FIELDS.items())
    }
)  # fmt: skip


def weights(**settings) -> list[dict[str, float]]:
    return [mixture.weights for mixture in enumerate_mixtures(EnumerateArguments(**settings), CORPUS)]


def test_a_mixture_per_value_of_a_field():
    assert weights(methods=["groups"], group_by=["field"]) == [
        {"bio_2001": 0.5, "bio_2002": 0.5}, {"cs_2001": 0.5, "cs_2002": 0.5}, {"wiki": 1},
    ]  # fmt: skip
    assert weights(methods=["groups"], group_by=["year", "field"])[:2] == [
        {"bio_2001": 0.5, "cs_2001": 0.5}, {"bio_2002": 0.5, "cs_2002": 0.5},
    ]  # fmt: skip


def test_the_roots_are_groups_too_and_a_unit_may_be_of_several():
    assert weights(methods=["groups"], group_by=["source"]) == [
        {"bio_2001": 1}, {"bio_2001": 0.25, "bio_2002": 0.25, "cs_2001": 0.25, "cs_2002": 0.25}, {"wiki": 1},
    ]  # fmt: skip
    corpus = corpus_of({"a": TrainingText(blocks=1, fields={"source": "journal"}, roots=("root",))})
    assert corpus.groups == {"source=journal": ["a"]}


def test_proportions_of_groups_and_patterns_are_shared_out_equally():
    (found,) = weights(methods=["given"], mixtures=[{"field=bio": 2, "cs_*": 1, "wiki": 1}])
    assert found == {"bio_2001": 0.25, "bio_2002": 0.25, "cs_2001": 0.125, "cs_2002": 0.125, "wiki": 0.25}


def test_shares_sum_to_1_as_far_as_their_digits_tell_and_other_weights_are_proportions():
    (thirds,) = weights(methods=["given"], mixtures=[{"cs_2001": 0.33, "cs_2002": 0.33, "wiki": 0.33}])
    assert thirds == pytest.approx({"cs_2001": 1 / 3, "cs_2002": 1 / 3, "wiki": 1 / 3})
    assert weights(methods=["given"], mixtures=[{"cs_2001": 1, "wiki": 0.25}]) == [{"cs_2001": 0.8, "wiki": 0.2}]


def test_a_unit_that_is_named_twice_gets_the_sum():
    (found,) = weights(methods=["given"], mixtures=[{"field=bio": 2, "bio_2001": 1, "year=200*": 0}])
    assert found == {"bio_2001": pytest.approx(2 / 3), "bio_2002": pytest.approx(1 / 3)}


def test_a_pattern_may_stand_for_values_of_a_field():
    (found,) = weights(methods=["given"], mixtures=[{"year=200?": 1}])
    assert found == {"bio_2001": 0.25, "bio_2002": 0.25, "cs_2001": 0.25, "cs_2002": 0.25}


def test_multipliers_of_the_uniform_mixture():
    found = weights(methods=["multipliers"], multipliers=[{"field=bio": 2}, {"field=bio": 2, "*_2001": 3, "wiki": 0}])
    assert found[0] == {unit: pytest.approx((2 if "bio" in unit else 1) / 7) for unit in FIELDS}
    assert found[1] == {"bio_2001": 0.5, "bio_2002": pytest.approx(1 / 6), "cs_2001": 0.25,
                        "cs_2002": pytest.approx(1 / 12)}  # fmt: skip


def test_multipliers_of_the_natural_proportions():
    natural, doubled = weights(methods=["multipliers"], multipliers=[{}, {"wiki": 2}], weights_of="available_tokens")
    assert natural == {unit: pytest.approx((number + 1) / 15) for number, unit in enumerate(FIELDS)}
    assert doubled["wiki"] == pytest.approx(0.5)


def test_units_are_chosen_and_left_out_by_name_pattern_and_group():
    assert weights(methods=["subsets"], min_units=2, units=["field=cs", "wiki"], exclude_units=["*_2002"]) == [
        {"cs_2001": 0.5, "wiki": 0.5}
    ]
    assert weights(methods=["add_one"], base_units=["year=2001"], exclude_units=["cs_*", "wiki"]) == [
        {"bio_2001": 0.5, "bio_2002": 0.5}
    ]


def test_a_group_holds_only_the_units_that_are_mixed():
    (found,) = weights(methods=["given"], mixtures=[{"field=bio": 1, "field=cs": 1}], exclude_units=["bio_2002"])
    assert found == {"bio_2001": 0.5, "cs_2001": 0.25, "cs_2002": 0.25}


def test_windows_follow_the_order_in_which_units_are_named():
    found = weights(methods=["windows"], window_sizes=[2], units=["wiki", "*_2002"])
    assert [list(mixture) for mixture in found] == [["bio_2002", "wiki"], ["bio_2002", "cs_2002"]]


GIVEN = {"methods": ["given"]}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (GIVEN | {"mixtures": [{"feild=bio": 1}]}, "unknown field 'feild'; did you mean 'field'"),
        (GIVEN | {"mixtures": [{"field=boi": 1}]}, "unknown group 'field=boi'; did you mean 'field=bio'"),
        (GIVEN | {"mixtures": [{"bio_200": 1}]}, "unknown unit 'bio_200'; did you mean 'bio_200"),
        (GIVEN | {"mixtures": [{"math_*": 1}]}, r"unknown unit 'math_\*'"),
        (GIVEN | {"mixtures": [{"field=bio": "2"}]}, "the weight of 'field=bio' is '2'; expected a number"),
        (GIVEN | {"mixtures": [{"field=bio": 0.5, "wiki": 0.4}]}, r"look like shares, and sum to 0\.9; expected"),
        (GIVEN | {"mixtures": [{"wiki": 1}], "exclude_units": ["wiki"]}, "unknown unit 'wiki'"),
        (GIVEN | {"mixtures": [{"field=bio": 1}], "exclude_units": ["bio_*"]}, "unknown group 'field=bio'"),
        ({"methods": ["groups"], "group_by": ["yaer"]}, "unknown field 'yaer'; did you mean 'year'"),
        ({"exclude_units": ["wik"]}, "unknown unit 'wik'; did you mean 'wiki'"),
        ({"exclude_units": ["*"]}, "exclude_units leaves none"),
        ({"methods": ["multipliers"], "multipliers": [{"field=bio": -1}]}, "the multiplier of 'field=bio' is -1"),
        ({"methods": ["multipliers"], "multipliers": [{"*": 0}]}, "zero"),
    ],
)
def test_mistakes_are_named_with_the_nearest(settings, message):
    with pytest.raises(InputError, match=message):
        weights(**settings)


def test_a_corpus_without_groups_or_numbers_of_tokens_says_so():
    corpus = corpus_of({"a": TrainingText(blocks=1), "b": TrainingText(blocks=1)})
    for settings, message in (
        ({"methods": ["groups"], "group_by": ["field"]}, "the corpus records none"),
        ({"units": ["field=bio"]}, "'field=bio' asks for groups of units, but the corpus records none"),
        (
            {"methods": ["multipliers"], "multipliers": [{}], "weights_of": "available_tokens"},
            "available tokens of unit 'a'",
        ),
    ):
        with pytest.raises(InputError, match=message):
            enumerate_mixtures(EnumerateArguments(**settings), corpus)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"units": ["cs_*"], "exclude_units": ["wiki"]}, False),
        ({"exclude_units": ["field=bio"]}, True),
        ({"base_units": ["field=bio"]}, True),
        (GIVEN | {"mixtures": [{"a": 1}, {"field=bio": 1}]}, True),
        ({"methods": ["groups"], "group_by": ["field"]}, True),
        ({"methods": ["multipliers"], "multipliers": [{"field=bio": 2}]}, True),
        ({"methods": ["multipliers"], "multipliers": [{}], "weights_of": "available_tokens"}, True),
    ],
)
def test_what_can_be_planned_before_the_corpus_exists(settings, expected):
    assert needs_corpus(EnumerateArguments(**settings)) == expected
