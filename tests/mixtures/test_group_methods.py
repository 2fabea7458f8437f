"""Mixtures of whole groups: sets of groups, one part of each side, swaps, with weights known by hand."""

import pytest

from hf_ablate.errors import InputError
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.from_arguments import enumerate_mixtures, needs_corpus
from hf_ablate.mixtures.units import CorpusUnits


# Two sources: papers in three fields of 3, 2 and 1 units, and an encyclopedia in two categories.
FIELD_OF = {"bio_1": "bio", "bio_2": "bio", "bio_3": "bio", "cs_1": "cs", "cs_2": "cs", "art": "art"}
PAPERS, WIKI = list(FIELD_OF), ["wiki_history", "wiki_maths"]
GROUPS = {"source=papers": PAPERS, "source=wiki": WIKI}
for name, of_unit in FIELD_OF.items():
    GROUPS.setdefault(f"field={of_unit}", []).append(name)
TOKENS = dict(zip([*PAPERS, *WIKI], (100, 200, 300, 100, 100, 200, 400, 600), strict=True))
CORPUS = CorpusUnits([*PAPERS, *WIKI], GROUPS, TOKENS)
SIDES = {"methods": ["across"], "across": ["source=papers", "source=wiki"]}
SWAP = {"methods": ["swap"], "group_by": ["field"]}
SUBSETS = {"methods": ["group_subsets"], "group_by": ["field"], "sizes": [2]}


def weights(**settings) -> list[dict[str, float]]:
    return [mixture.weights for mixture in enumerate_mixtures(EnumerateArguments(**settings), CORPUS)]


def share(mixture: dict[str, float], name: str) -> float:
    return sum(weight for unit, weight in mixture.items() if unit in CORPUS.named(name))


def test_sets_of_groups_are_weighed_by_units_equally_or_by_tokens():
    for settings, of_bio, within in (
        ({}, 3 / 5, (1, 1)),  # the micro-merge
        ({"group_weights": "equal"}, 1 / 2, (1, 1)),  # the macro-merge
        ({"group_weights": "tokens"}, 6 / 8, (1, 1)),
        ({"weights_of": "available_tokens"}, 6 / 8, (1, 2)),
        ({"weights_of": "available_tokens", "group_weights": "equal"}, 1 / 2, (1, 2)),
    ):
        bio_and_cs, bio_and_art, cs_and_art = weights(**SUBSETS, **settings)
        assert share(bio_and_cs, "field=bio") == pytest.approx(of_bio)
        assert share(bio_and_cs, "field=cs") == pytest.approx(1 - of_bio)
        assert bio_and_cs["bio_1"] / bio_and_cs["bio_2"] == pytest.approx(within[0] / within[1])
        assert set(bio_and_art) == {"bio_1", "bio_2", "bio_3", "art"} and set(cs_and_art) == {"cs_1", "cs_2", "art"}


def test_sets_of_several_sizes_of_some_groups_or_drawn():
    sizes = [len(mixture) for mixture in weights(**SUBSETS | {"sizes": [1, 3]})]
    assert sizes == [3, 2, 1, 6]
    assert weights(**SUBSETS | {"group_by": ["field=?s", "field=a*"]}) == [
        pytest.approx(dict.fromkeys(PAPERS[3:], 1 / 3))
    ]
    drawn = weights(**SUBSETS, samples=2)
    assert len(drawn) == 2 and all(mixture in weights(**SUBSETS) for mixture in drawn)
    assert weights(**SUBSETS, samples=3) == weights(**SUBSETS)


def test_pairs_of_a_unit_of_each_source():
    every = weights(**SIDES)
    assert len(every) == 12
    assert every[0] == {"bio_1": 0.5, "wiki_history": 0.5}
    drawn = weights(**SIDES, samples=5)
    assert len(drawn) == 5 and all(mixture in every for mixture in drawn)
    assert weights(**SIDES, samples=5, random_seed=1) != drawn


def test_a_field_of_n_less_one_units_with_a_category_shares_by_units():
    mixtures = weights(**SIDES, across_by=["field", "unit"])
    assert len(mixtures) == 6
    for mixture in mixtures:
        assert set(mixture.values()) == {1 / len(mixture)}
        assert share(mixture, "source=wiki") == 1 / len(mixture)
    by_tokens = weights(**SIDES, across_by=["field", "source"], weights_of="available_tokens")
    assert [share(mixture, "source=wiki") for mixture in by_tokens] == pytest.approx([10 / 16, 10 / 12, 10 / 12])


def test_either_side_may_be_upsampled():
    variants = [{}, {"source=papers": 2}, {"source=wiki": 2}]
    mixtures = weights(**SIDES, across_by=["field", "unit"], side_weights=variants)
    assert len(mixtures) == 6 * 3
    of_wiki = [share(mixture, "source=wiki") for mixture in mixtures[:3]]  # 3 units of bio and one category
    assert of_wiki == pytest.approx([1 / 4, 1 / 7, 2 / 5])


def test_the_part_that_is_fixed_stays_while_fields_are_swapped():
    one = weights(**SWAP, base_units=["wiki_maths"])
    assert [share(mixture, "source=wiki") for mixture in one] == pytest.approx([1 / 4, 1 / 3, 1 / 2])
    whole = weights(**SWAP, base_units=["source=wiki"])
    assert [share(mixture, "source=wiki") for mixture in whole] == pytest.approx([2 / 5, 2 / 4, 2 / 3])
    twice = weights(**SWAP, base_units=["source=wiki"], side_weights=[{"wiki_maths": 2}])
    assert [mixture["wiki_maths"] for mixture in twice] == pytest.approx([2 / 6, 2 / 5, 2 / 4])
    assert [set(mixture) - {*WIKI} for mixture in whole] == [
        set(CORPUS.named(f"field={name}")) for name in ("bio", "cs", "art")
    ]


def test_sets_of_units_are_weighed_by_tokens_where_asked():
    chosen = {"units": ["bio_1", "bio_3"], "weights_of": "available_tokens"}
    for settings in (
        {"methods": ["pairs"]},
        {"methods": ["random"], "sizes": [2]},
        {"methods": ["groups"], "group_by": ["field"]},
    ):
        assert weights(**chosen, **settings) == [{"bio_1": 0.25, "bio_3": 0.75}]
    assert weights(**chosen, methods=["windows"], window_sizes=[2]) == [{"bio_1": 0.25, "bio_3": 0.75}]
    assert weights(**chosen, methods=["given"], mixtures=[{"field=bio": 1}]) == [{"bio_1": 0.5, "bio_3": 0.5}]


def test_every_mixture_says_which_methods_give_it():
    arguments = EnumerateArguments(methods=["groups", "subsets"], group_by=["field"], units=["bio_1", "art"])
    methods = {mixture.name: given_by for mixture, given_by in enumerate_mixtures(arguments, CORPUS).items()}
    assert methods == {"bio_1": ["groups", "subsets"], "art": ["groups", "subsets"], "art + bio_1": ["subsets"]}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (SIDES | {"across": ["source=papers", "bio_*"]}, "'source=papers' and 'bio_\\*' both have 'bio_1'"),
        (SIDES | {"across": ["source=papers", "source=wikis"]}, "unknown group 'source=wikis'; did you mean"),
        (SIDES | {"across_by": ["field", "field"]}, "unknown field 'field'. Known: source"),
        (SIDES | {"across": ["wiki_*", "*"], "exclude_units": PAPERS}, "must not overlap"),
        (SIDES | {"side_weights": [{"field=bio": -1}]}, "the multiplier of 'field=bio' is -1"),
        (SWAP | {"base_units": ["bio_2"]}, "'the fixed part' and 'field=bio' both have 'bio_2'"),
        (SWAP | {"base_units": ["wiki_maths"], "side_weights": [{"wiki_history": 2}]}, "unknown unit 'wiki_history'"),
        (SUBSETS | {"sizes": [4]}, "`sizes` has 4, and method 'group_subsets' has 3 groups"),
        (SUBSETS | {"group_by": ["feild"]}, "unknown field 'feild'; did you mean 'field'"),
        (SUBSETS | {"group_by": ["field=chem*"]}, r"unknown group 'field=chem\*'"),
    ],
)
def test_mistakes_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        weights(**settings)


def test_groups_that_overlap_are_no_sets_of_groups():
    corpus = CorpusUnits(["a", "b"], {"source=x": ["a", "b"], "source=y": ["b"]})
    with pytest.raises(
        InputError, match="the groups of `group_subsets` must not overlap, and 'source=x' and 'source=y'"
    ):
        enumerate_mixtures(EnumerateArguments(**SUBSETS | {"group_by": ["source"]}), corpus)


def test_far_too_many_mixtures_are_refused_unless_they_are_drawn():
    units = [f"{side}{number}" for side in "abc" for number in range(101)]
    corpus = CorpusUnits(units, {f"name={unit}": [unit] for unit in units})
    sets = SUBSETS | {"group_by": ["name"], "sizes": [3]}
    for settings in ({"methods": ["across"], "across": ["a*", "b*", "c*"]}, sets):
        with pytest.raises(InputError, match="more than 1,000,000; limit them by max_units, grid_steps or samples"):
            enumerate_mixtures(EnumerateArguments(**settings), corpus)
        assert len(enumerate_mixtures(EnumerateArguments(**settings, samples=3), corpus)) == 3


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SUBSETS, True),
        (SWAP | {"base_units": ["a"]}, True),
        (SIDES, True),
        ({"methods": ["across"], "across": ["a", "b"]}, False),
        ({"methods": ["across"], "across": ["a", "b"], "across_by": ["field", "unit"]}, True),
        ({"methods": ["across"], "across": ["a", "b"], "side_weights": [{"field=bio": 2}]}, True),
        ({"methods": ["random"], "sizes": [2]}, False),
        ({"methods": ["random"], "sizes": [2], "weights_of": "available_tokens"}, True),
    ],
)
def test_what_can_be_planned_before_the_corpus_exists(settings, expected):
    assert needs_corpus(EnumerateArguments(**settings)) == expected
