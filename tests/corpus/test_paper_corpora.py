"""The corpora of the paper's study, as its recipes describe them, against what the paper's own files say."""

import random
from pathlib import Path

from corpus_files import byte_tokenizer, partition, words, write_rows

from hf_ablate.commands import find_command
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.corpus.inputs.input_file import InputFile
from hf_ablate.corpus.inputs.list_files import with_path_fields
from hf_ablate.corpus.known_partitions import possible_partitions
from hf_ablate.corpus.rules.values import FieldRule
from hf_ablate.mixtures.units import CorpusUnits


CATEGORIES = (
    "Culture_and_the_arts, General_referece, Health_and_fitness, History_and_events, Human_activites, "
    "Mathematics_and_logic, Natural_and_physical_sciences, Philosophy_and_thinking, Religion_and_belief_systems, "
    "Society_and_social_sciences, Technology_and_applied_sciences"
)
FIELDS_CUT = ("Biology", "ComputerScience", "Chemistry", "NA", "Art")
PROJECT = Path(__file__).parents[2]
FOLDERS = (PROJECT / "tests" / "fixtures" / "paper" / "s2orc_units.txt").read_text().split()
FIELDS = {
    "Physics": 20, "Biology": 18, "Medicine": 14, "Mathematics": 12, "ComputerScience": 11, "EnvironmentalScience": 7,
    "Psychology": 6, "AgriculturalAndFoodSciences": 5, "Engineering": 5, "MaterialsScience": 5, "Business": 4,
    "Chemistry": 4, "Economics": 4, "Education": 3, "NA": 2, "PoliticalScience": 2, "Art": 1, "Geology": 1,
    "History": 1, "Linguistics": 1, "Philosophy": 1, "Sociology": 1,
}  # fmt: skip


def arguments_of(recipe: str):
    return find_command("partition").parse(["--config", str(PROJECT / "recipes" / recipe / "partition.yaml")])


def test_the_units_of_s2orc_are_the_folders_of_the_data_set():
    """Names, and the number of units in each field, by the recipe's own rule for paths."""
    arguments = arguments_of("paper/pool")
    collection = arguments.all_collections[0]
    files = [InputFile("", f"modular-s2orc/{folder}/train/0.json.gz", 1, "") for folder in FOLDERS]
    found = possible_partitions(with_path_fields(files, collection.path_regex), arguments.rules[collection.name])
    assert sorted(collection.units) == found and len(found) == 128
    units = CorpusUnits.of(CorpusDescription.planned(arguments))
    fields = {group.removeprefix("field="): units.groups[group] for group in units.groups_of("field")}
    assert {field: len(members) for field, members in fields.items()} == FIELDS
    for members in fields.values():
        years = [tuple(map(int, name.split("_")[1].split("-"))) for name in members]
        assert years[0][0] == 1970 and years[-1][1] == 2022
        assert all(before[1] + 1 == after[0] for before, after in zip(years, years[1:], strict=False))
    assert arguments.unit_tokens == "all" and arguments.on_small_unit == "fail", "no unit is cut, and none is dropped"


def test_the_categories_of_m2d2_are_spelled_as_on_the_hub():
    """The same 11 in both recipes, and in the names of the second level."""
    pool, alone = (arguments_of(recipe).all_collections[-1] for recipe in ("paper/pool", "corpus-m2d2-wiki"))
    names = arguments_of("corpus-m2d2-wiki").value_regex["category"]
    assert pool.units == pool.hub_configs == list(names.values()) == CATEGORIES.split(", ")
    rule = FieldRule("category", arguments_of("corpus-m2d2-wiki").rules[""])
    assert (
        rule.value("Human_activites") == rule.value("Human_activites__Human_activities") == ("Human_activites", None)
    )
    assert rule.value("Philosophy")[0] is None and alone.roots == pool.roots


def test_both_collections_of_the_pool_have_their_groups():
    units = CorpusUnits.of(CorpusDescription.planned(arguments_of("paper/pool")))
    assert (len(units.names), len(units.named("source=s2orc")), len(units.named("source=wiki"))) == (139, 128, 11)
    assert units.named("category=General_referece") == ["General_referece"], "spelled as on the Hub"


def documents_of_the_units(fields: tuple[str, ...], budget: int) -> list[dict]:
    """Documents of 53 years, so many that each of the paper's units has about the budget (0.95 to 1.2 of it).

    How many tokens S2ORC has of each year is not published. Within a unit, the years grow by an eighth a year.
    """
    draw, rows = random.Random(0), []
    for field, years in (folder.split(",") for folder in FOLDERS if folder.split(",")[0] in fields):
        first, last = map(int, years.split("-"))
        weights = [1.125**year for year in range(last - first + 1)]
        size, due, written = draw.uniform(0.95, 1.2) * budget, 0.0, 0
        for year, weight in enumerate(weights, start=first):
            due += size * weight / sum(weights)
            while written < due:
                rows.append({"id": str(len(rows)), "text": words(len(rows), 12), "area": field, "year": year})
                written += len(rows[-1]["text"]) + 1
    return rows


def test_automatic_bins_cut_years_as_the_paper_did(tmp_path):
    """On documents of about one budget a unit, `bins: {year: auto}` finds every edge of the paper's ranges to within
    one year, and most of them exactly."""
    budget = 2_000
    rows = documents_of_the_units(FIELDS_CUT, budget)
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=byte_tokenizer(tmp_path / "tokenizer"),
        partition_by=["area", "year"], bins={"year": "auto"}, bin_tokens=budget, unit_tokens="all", val_fraction=0,
        test_fraction=0,
    )  # fmt: skip
    published, found = ({field: set() for field in FIELDS_CUT} for _ in range(2))
    for folder in FOLDERS:
        field, years = folder.split(",")
        if field in FIELDS_CUT:
            published[field].add(int(years.split("-")[1]))
    for entry in manifest["groups"].values():
        found[entry["fields"]["area"]].add(int(entry["fields"]["year"].split("-")[-1]))
    for field in FIELDS_CUT:
        assert all(min(abs(edge - other) for other in found[field]) <= 1 for edge in published[field]), field
        assert all(min(abs(edge - other) for other in published[field]) <= 1 for edge in found[field]), field
    same = sum(len(published[field] & found[field]) for field in FIELDS_CUT)
    assert same > 0.8 * sum(map(len, published.values()))
