"""Windows of neighbouring units, on the names of the paper's 128 units too."""

from collections import Counter

import pytest

from hf_ablate.errors import InputError
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.from_arguments import enumerate_mixtures, needs_corpus
from hf_ablate.mixtures.units import CorpusUnits
from hf_ablate.mixtures.windows import windows


# The units of S2ORC in the paper: field → the first years of its ranges, each of which ends before the next, the last
# in 2022 (named in the configurations of github.com/clarana/ez-data-ablations).
S2ORC = {
    "AgriculturalAndFoodSciences": (1970, 2016, 2019, 2021, 2022),
    "Art": (1970,),
    "Biology": (1970, 1994, 2000, 2004, 2007, 2009, *range(2011, 2023)),
    "Business": (1970, 2018, 2020, 2021),
    "Chemistry": (1970, 2015, 2019, 2021),
    "ComputerScience": (1970, 2009, 2012, 2014, *range(2016, 2023)),
    "Economics": (1970, 2017, 2020, 2021),
    "Education": (1970, 2019, 2021),
    "Engineering": (1970, 2017, 2020, 2021, 2022),
    "EnvironmentalScience": (1970, 2014, 2017, 2019, 2020, 2021, 2022),
    "Geology": (1970,),
    "History": (1970,),
    "Linguistics": (1970,),
    "MaterialsScience": (1970, 2016, 2019, 2021, 2022),
    "Mathematics": (1970, 2003, 2007, 2010, 2012, 2014, 2016, *range(2018, 2023)),
    "Medicine": (1970, 2007, 2010, *range(2012, 2023)),
    "NA": (1970, 2020),
    "Philosophy": (1970,),
    "Physics": (1970, 1998, 2001, 2003, 2005, 2007, *range(2009, 2023)),
    "PoliticalScience": (1970, 2020),
    "Psychology": (1970, 2014, 2017, 2019, 2021, 2022),
    "Sociology": (1970,),
}


def s2orc_units(names=None) -> CorpusUnits:
    """As `partition_by: [field, years]` names and groups them; in any order."""
    groups: dict[str, list[str]] = {}
    units = []
    for field, firsts in S2ORC.items():
        for first, after in zip(firsts, (*firsts[1:], 2023), strict=True):
            years = f"{first}-{after - 1}"
            units.append(f"{field}_{years}")
            for group in (f"field={field}", f"years={years}"):
                groups.setdefault(group, []).append(units[-1])
    return CorpusUnits(units, groups).only(names or units)


def field_of(unit: str) -> str:
    return unit.partition("_")[0]


def found(corpus, **settings):
    return list(enumerate_mixtures(EnumerateArguments(methods=["windows"], **settings), corpus))


def test_the_paper_has_126_averages_of_neighbouring_years():
    corpus = s2orc_units()
    assert len(corpus.names) == 128
    clipped = found(corpus, windows_within="field", window_edges="clip")
    assert len(clipped) == 126  # one around every unit, but one for both units of NA and of PoliticalScience
    whole = [mixture for mixture in clipped if len(mixture.units) == 3]
    assert len(whole) == 90  # the 36 others are shorter, at the ends of a field
    assert set(found(corpus, windows_within="field")) == set(whole)
    assert all(len(set(map(field_of, mixture.units))) == 1 for mixture in clipped)
    assert {unit for mixture in clipped for unit in mixture.units} == set(corpus.names)
    of_five = found(corpus, windows_within="field", window_edges="clip", window_sizes=[5])
    assert Counter(len(mixture.units) for mixture in of_five)[5] == 63
    assert len(of_five) == 121


def test_windows_that_cross_fields_need_an_order_that_was_given():
    corpus = s2orc_units()
    with pytest.raises(InputError, match="'years' do not say whether .* comes first; keep them apart"):
        found(corpus)
    crossing = found(corpus, units=corpus.names)
    assert len(crossing) == 126
    assert sum(len(set(map(field_of, mixture.units))) > 1 for mixture in crossing) == 36


def test_neighbours_are_those_of_the_order_of_years_whatever_the_order_of_names():
    corpus = s2orc_units(sorted(s2orc_units().names, reverse=True))
    expected = found(s2orc_units(), windows_within="field")
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
