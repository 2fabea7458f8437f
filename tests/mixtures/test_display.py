import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from hf_ablate.mixtures.display import display_name, display_names
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.units import CorpusUnits


FIELDS = {"bio": range(2010, 2019), "cs": range(2015, 2019), "law": range(2015, 2019), "art": range(2018, 2019)}
UNITS = [f"{field}_{year}" for field, years in FIELDS.items() for year in years]
GROUPS = {
    **{f"field={field}": [f"{field}_{year}" for year in years] for field, years in FIELDS.items()},
    **{f"year={year}": [unit for unit in UNITS if unit.endswith(str(year))] for year in range(2010, 2019)},
    "source=s2orc": UNITS,
}
CORPUS = CorpusUnits([*UNITS, "arts", "culture"], GROUPS | {"source=wiki": ["arts", "culture"]})


def test_whole_groups_are_named_whatever_they_are_grouped_by_and_the_largest_first():
    assert display_name(Mixture.uniform(GROUPS["year=2018"]), CORPUS) == "year=2018 (4)"
    assert display_name(Mixture.uniform(UNITS), CORPUS) == "source=s2orc (18)"
    both = Mixture.uniform(["culture", *GROUPS["field=law"], *GROUPS["field=bio"]])
    assert display_name(both, CORPUS) == "field=bio (9) + field=law (4) + culture"
    assert display_name(Mixture.uniform(CORPUS.names), CORPUS) == "all 20 units in equal shares"


def test_groups_with_shares_of_their_own_have_them_in_the_name():
    macro = Mixture.of(dict.fromkeys(GROUPS["field=bio"], 1 / 9) | dict.fromkeys(GROUPS["field=law"], 1 / 4))
    assert display_name(macro, CORPUS) == "0.5 field=bio (9) + 0.5 field=law (4)"
    uneven = Mixture.of({"cs_2015": 2, "cs_2016": 1, "arts": 1})
    assert display_name(uneven, CORPUS) == "0.25 arts + 0.5 cs_2015 + 0.25 cs_2016"


def test_a_part_alone_is_never_shortened_to_nothing():
    assert display_name(Mixture.uniform(["culture"]), CORPUS, width=3) == "culture"
    assert display_name(Mixture.uniform(GROUPS["field=law"]), CORPUS, width=3) == "field=law (4)"


def test_units_of_one_year_are_not_called_a_part_of_it():
    assert display_name(Mixture.uniform(["bio_2018", "cs_2018"]), CORPUS) == "bio_2018 + cs_2018"


def test_in_a_corpus_of_few_units_mixtures_are_named_by_units():
    few = CorpusUnits(GROUPS["field=cs"], {"field=cs": GROUPS["field=cs"], "year=2015": ["cs_2015"]})
    assert display_name(Mixture.uniform(GROUPS["field=cs"]), few) == "cs_2015 + cs_2016 + cs_2017 + cs_2018"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(CORPUS.names), st.sampled_from([1, 2]), min_size=1), min_size=1),
    st.integers(20, 90),
)
def test_different_mixtures_have_different_names(weights, width):
    mixtures = {mixture.id: mixture for mixture in map(Mixture.of, weights)}
    names = display_names(mixtures.values(), CORPUS, width)
    assert set(names) == set(mixtures) and len(set(names.values())) == len(mixtures)


def test_names_that_parts_of_groups_have_in_common_end_with_the_id():
    parts = [Mixture.uniform(["arts", *units]) for units in itertools.combinations(GROUPS["field=bio"], 8)]
    names = display_names([*parts, Mixture.uniform(GROUPS["field=bio"])], CORPUS)
    assert [names[part.id] for part in parts] == [f"bio (8 of 9) + arts ({part.id})" for part in parts]
