"""Windows of neighbouring units, on the names of the paper's 128 units too."""

from collections import Counter

import pytest
from paper_units import PAPER

from hf_ablate.errors import InputError
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.from_arguments import enumerate_mixtures, needs_corpus
from hf_ablate.mixtures.units import CorpusUnits
from hf_ablate.mixtures.windows import windows


S2ORC = PAPER.only(PAPER.named("source=s2orc"))


def field_of(unit: str) -> str:
    return unit.partition("_")[0]


def found(corpus, **settings):
    return list(enumerate_mixtures(EnumerateArguments(methods=["windows"], **settings), corpus))


def test_the_paper_has_126_averages_of_neighbouring_years():
    assert len(S2ORC.names) == 128
    years = {"windows_within": "field", "windows_by": "years"}
    clipped = found(PAPER, units=["source=s2orc"], window_edges="clip", **years)
    assert len(clipped) == 126  # one around every unit, but one for both units of NA and of PoliticalScience
    whole = [mixture for mixture in clipped if len(mixture.units) == 3]
    assert len(whole) == 90  # the 36 others are shorter, at the ends of a field
    assert (
        set(found(PAPER, units=["source=s2orc"], **years)) == set(whole) == set(found(S2ORC, windows_within="field"))
    )
    assert all(len(set(map(field_of, mixture.units))) == 1 for mixture in clipped)
    assert {unit for mixture in clipped for unit in mixture.units} == set(S2ORC.names)
    of_five = found(S2ORC, windows_within="field", window_edges="clip", window_sizes=[5])
    assert Counter(len(mixture.units) for mixture in of_five)[5] == 63
    assert len(of_five) == 121


def test_windows_that_cross_fields_need_an_order_that_was_given():
    with pytest.raises(InputError, match="'years' do not say whether .* comes first; keep them apart"):
        found(S2ORC)
    crossing = found(S2ORC, units=S2ORC.names)
    assert len(crossing) == 126
    assert sum(len(set(map(field_of, mixture.units))) > 1 for mixture in crossing) == 36


def test_neighbours_are_those_of_the_order_of_years_whatever_the_order_of_names():
    corpus = S2ORC.only(sorted(S2ORC.names, reverse=True))
    expected = found(S2ORC, windows_within="field")
    assert set(found(corpus, windows_within="field")) == set(expected)
    assert set(found(corpus, windows_within="field", windows_by="years", units=corpus.names)) == set(expected)


def test_numbers_are_ordered_as_numbers():
    years = ("10", "9", "from-11", "until-8")
    corpus = CorpusUnits(list(years), {f"year={year}": [year] for year in years})
    assert [mixture.units for mixture in found(corpus, window_sizes=[2])] == [
        ["9", "until-8"], ["10", "9"], ["10", "from-11"],
    ]  # fmt: skip


def test_clipped_windows_are_around_every_unit():
    row = [list("abcd")]
    assert ["".join(mixture.units) for mixture in windows(row, 3, clip=True)] == ["ab", "abc", "bcd", "cd"]
    assert ["".join(mixture.units) for mixture in windows(row, 2, clip=True)] == ["ab", "bc", "cd", "d"]
    assert ["".join(mixture.units) for mixture in windows(row, 1, clip=True)] == list("abcd")
    assert ["".join(mixture.units) for mixture in windows([list("ab"), list("c")], 2)] == ["ab"]


FIELDS = CorpusUnits(["a", "b", "c"], {"topic=x": ["a", "b"], "topic=y": ["c"], "kind=z": ["a", "b"]})
TWO = CorpusUnits(["a", "b"], {"year=1": ["a"], "year=2": ["b"], "size=7": ["a"], "size=8": ["b"]})


@pytest.mark.parametrize(
    ("corpus", "settings", "message"),
    [
        (FIELDS, {}, r"needs an order of the units, and no field \(topic, kind\) has only values that have one"),
        (FIELDS, {"windows_by": "topic"}, "`windows_by` is 'topic', and 'x' is neither a number nor a range"),
        (FIELDS, {"windows_by": "tpic"}, "unknown field 'tpic'; did you mean 'topic'"),
        (FIELDS, {"windows_within": "kind"}, "divided by the field 'kind', and unit 'c' has no value of 'kind'"),
        (CorpusUnits(["a", "b"]), {}, "the corpus records no field with only values"),
        (TWO, {}, "all values of year and size have one; name the field that is meant in `windows_by`"),
        (TWO, {"units": ["a", "b"]}, "a window of 3 units does not fit the 2 units"),
        (TWO, {"units": ["a", "b"], "windows_within": "size"}, "does not fit any of the 2 groups, of at most 1"),
    ],
)
def test_windows_over_units_without_an_order_are_refused(corpus, settings, message):
    with pytest.raises(InputError, match=message):
        found(corpus, **settings)


def test_windows_in_the_order_of_units_can_be_planned_before_there_is_a_corpus():
    for settings, expected in (
        ({"units": ["a", "b"]}, False),
        ({}, True),
        ({"units": ["a"], "windows_by": "y"}, True),
    ):
        assert needs_corpus(EnumerateArguments(methods=["windows"], **settings)) == expected
