"""Which partition a document belongs to."""

import pytest
from corpus_files import byte_tokenizer, eval_rows, partition, rows_of, write_rows

from hf_ablate.corpus.arguments import PartitionArguments
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.corpus.hashing import draws
from hf_ablate.corpus.rules.automatic_bins import cut_bins
from hf_ablate.corpus.rules.bins import as_number
from hf_ablate.corpus.rules.partition_rule import Leftover, PartitionRule
from hf_ablate.errors import InputError
from hf_ablate.mixtures.units import CorpusUnits


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes") / "tokenizer")


def name_of(values: dict, **arguments):
    """The partition of a document with these fields, or why it has none."""
    rule = PartitionRule(PartitionArguments(roots=["x"], partition_by=list(values), **arguments).rules[""])
    sorted_out = rule.sort_out(values, "root", draws("id", 0))
    return (
        sorted_out.reason
        if isinstance(sorted_out, Leftover)
        else rule.partitions([sorted_out[0]], [1.0], None)[0].name
    )


@pytest.mark.parametrize(
    ("value", "arguments", "expected"),
    [
        ("x", {}, "x"),
        (2012, {}, "2012"),
        (None, {}, "has no field 'f'"),
        ([], {}, "has no field 'f'"),
        ({"k": 1}, {"fields": {"f": "a.b"}}, "field 'f' is a struct; name a part of it: fields: {f: a.b.NAME}"),
        (["a", "b"], {}, "field 'f' is a list; name a part of it: fields: {f: f.0}"),
        ("x", {"value_map": {"f": {"x": "y"}}}, "y"),
        ("z", {"value_map": {"f": {"x": "y"}}}, "z"),
        (None, {"value_map": {"f": {"null": "none"}}}, "none"),
        ("x", {"value_map": {"f": {"x": None}}}, "left out by value_map of 'f'"),
        (True, {"value_map": {"f": {"True": "yes"}}}, "yes"),
        ("cs.CL", {"value_regex": {"f": {r"^(\w+)\.": r"\1", "cs": "other"}}}, "cs"),
        ("econ", {"value_regex": {"f": {r"\.": "dotted", "^e": "e"}}}, "e"),
        ("bio", {"value_regex": {"f": {r"\.": "dotted"}}}, "field 'f' has a value that no value_regex matches"),
        (1989, {"bins": {"f": [1990, 2000]}}, "until-1989"),
        (1990, {"bins": {"f": [1990, 2000]}}, "1990-1999"),
        (1999.5, {"bins": {"f": [1990, 2000]}}, "1990-1999"),
        ("2000", {"bins": {"f": [1990, 2000]}}, "from-2000"),
        ("1995-12-31", {"bins": {"f": [1990, 2000]}}, "1990-1999"),
        (1990, {"bins": {"f": [1990, 1991, 1992]}}, "1990"),
        (0.25, {"bins": {"f": [0.1, 0.5]}}, "0.1-to-0.5"),
        (1992, {"bins": {"f": ["1990-1992", "1993-1999"]}}, "1990-1992"),
        (1992.9, {"bins": {"f": ["1990-1992", "1993-1999"]}}, "1990-1992"),
        (2000, {"bins": {"f": ["1990-1992", "1993-1999"]}}, "field 'f' is in none of its bins"),
        ("unknown", {"bins": {"f": [1990]}}, "field 'f' is neither a number nor a date"),
        (20120530, {"bins": {"f": [1990, 2000]}}, "from-2000"),
        ("19950530", {"bins": {"f": ["1990-1999"]}}, "1990-1999"),
        (1338336000, {"bins": {"f": [1990, 2000]}}, "field 'f' is neither a year nor a date"),
        ("201205", {"bins": {"f": [1990, 2000]}}, "field 'f' is neither a year nor a date"),
        ("20121345", {"bins": {"f": [1990, 2000]}}, "field 'f' is neither a year nor a date"),
        (10**4000, {"bins": {"f": [1990, 2000]}}, "field 'f' is neither a number nor a date"),
        (20120530, {"bins": {"f": [10_000_000]}}, "from-10000000"),
        ("early", {"value_map": {"f": {"early": "1950"}}, "bins": {"f": [1990]}}, "until-1989"),
    ],
)
def test_a_value_becomes_a_name(value, arguments, expected):
    assert name_of({"f": value}, **arguments) == expected


@pytest.mark.parametrize(
    ("raw", "number"),
    [("2012", 2012), ("2012-05", 2012), ("2012-05-30T10:00:00Z", 2012), ("-3.5", -3.5), (7.0, 7), ("nan", None),
     ("inf", None), (True, None), ("", None), ({}, None), ("20125", 20125),
     ("2012/05/30", 2012), ("2012.5.3", 2012), ("30/05/2012", 2012),
     ("5-30-2012 10:00", 2012), ("05/2012", 2012), ("May 2012", 2012), ("30 May 2012", 2012), ("May 30th, 2012", 2012),
     ("Wed, 30 May 2012 10:00:00 +0000", 2012), ("Wed May 30 10:00:00 -0500 2012", 2012), ("30-Sep-2012", 2012),
     ("May", None), ("in May 2012", None), ("2012/30/05", None), ("1234.05", 1234.05)],
)  # fmt: skip
def test_numbers_and_dates(raw, number):
    assert as_number(raw) == number and type(as_number(raw)) is type(number)


def test_crossed_fields_and_their_hierarchy(tmp_path, tokenizer):
    rows = rows_of(["art", "law"], 40)
    for number, row in enumerate(rows):
        row["meta"] = {"year": 1990 + number % 20}
    write_rows(tmp_path / "papers" / "a.jsonl", rows)
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "papers")], tokenizer=tokenizer, partition_by=["area", "year"],
        fields={"year": "meta.year"}, bins={"year": [2000]}, unit_tokens=None,
    )  # fmt: skip
    assert manifest["groups"] == {
        f"{area}_{years}": {"fields": {"area": area, "year": years}, "source": ["papers"]}
        for area in ("art", "law")
        for years in ("until-1999", "from-2000")
    }


def test_values_that_are_no_dates_are_counted_with_an_example(tmp_path, tokenizer):
    rows = rows_of(["art"], 160)
    for number, row in enumerate(rows):
        row["year"] = [2012, "May 1995", 20120530, 1338336000][number % 4]
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, partition_by=["year"],
        bins={"year": [2000]}, unit_tokens=None,
    )  # fmt: skip
    assert set(manifest["units"]) == {"until-1999", "from-2000"}
    (entry,) = manifest["leftovers"]["documents"].values()
    assert entry["documents"] == 40 and entry["examples"][0] == "data/a.jsonl, row 3 (1338336000)"
    with pytest.raises(InputError, match="field 'year' holds years, such as .*, and 1338336000, which is neither"):
        partition(tmp_path / "auto", roots=[str(tmp_path / "data")], partition_by=["year"], bins={"year": "auto"})


def test_bins_cut_to_a_token_budget(tmp_path, tokenizer):
    """Each area is cut on its own into ranges of whole years that hold about the budget, in real tokens."""
    rows = rows_of(["art", "law"], 800)
    for number, row in enumerate(rows):
        row["year"] = 1990 + number % 40 if row["area"] == "art" else 2001 + number % 2
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    budget = 8 * sum(len(row["text"]) + 1 for row in rows if row["year"] == 1990)
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, partition_by=["area", "year"],
        bins={"year": "auto"}, unit_tokens=budget, max_epochs=1.4, eval_bytes=100,
    )  # fmt: skip
    assert {"law_2001", "law_2002"} < set(manifest["units"])
    years = sorted(unit.split("_")[1] for unit in manifest["units"] if unit.startswith("art"))
    edges = [tuple(map(int, name.split("-"))) for name in years]
    assert edges[0][0] == 1990 and edges[-1][-1] == 2029 and len(edges) > 2
    assert all(before[-1] + 1 == after[0] for before, after in zip(edges, edges[1:], strict=False))
    sizes = [facts["available_tokens"] / budget for name, facts in manifest["units"].items() if name[:3] == "art"]
    assert all(0.85 < size < 1.4 for size in sizes[:-1]), sizes


def test_automatic_bins_join_a_small_rest_and_keep_a_large_one():
    assert cut_bins([1, 2, 3], [()] * 3, [100, 100, 40], 100) == ["1", "2-3", "2-3"]
    assert cut_bins([1, 2, 3], [()] * 3, [100, 100, 50], 100) == ["1", "2", "3"]
    assert cut_bins([1, 1, 2], [("a",), ("b",), ("b",)], [10, 10, 10], 100) == ["1", "1-2", "1-2"]


def test_random_slices_are_a_partition_of_their_own(tmp_path, tokenizer):
    rows = rows_of(["art", "law"], 100)
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, partition_by=["slice"], slices=4,
        unit_tokens=None, max_epochs=4.0,
    )  # fmt: skip
    assert list(manifest["units"]) == [f"slice-{number}-of-4" for number in (1, 2, 3, 4)]
    sizes = [facts["available_tokens"] for facts in manifest["units"].values()]
    held_out = [row for split in ("val", "test") for row in eval_rows(tmp_path / "run", "in_domain", split)]
    assert sum(sizes) + sum(len(row["text"]) + 1 for row in held_out) == sum(len(row["text"]) + 1 for row in rows)
    assert max(sizes) < 2 * min(sizes)


def test_slices_of_partitions_have_them_as_groups_and_none_is_empty(tmp_path, tokenizer):
    """Each used partition is cut into k units, whole or of one budget; k larger than its documents is an error."""
    rows = [{**row, "year": number % 2} for number, row in enumerate(rows_of(["art", "law"], 160))] + rows_of(
        ["few"], 3
    )
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer, "slices": 4, "unit_tokens": "all"}
    more = {"partition_by": ["area", "year", "slice"], "units": ["art_*", "law_1*"]}
    manifest = partition(tmp_path / "run", **more, **arguments)
    units = CorpusUnits.read(tmp_path / "run")
    parts = [f"slice-{number}-of-4" for number in (1, 2, 3, 4)]
    assert units.groups_of("parent") == ["parent=art_0", "parent=art_1", "parent=law_1"]
    assert units.named("parent=art_1") == [f"art_1_{part}" for part in parts] and len(units.names) == 12
    planned = CorpusDescription.planned(
        PartitionArguments(**arguments, partition_by=["area", "slice"], units=[f"art_{part}" for part in parts])
    )
    assert CorpusUnits.of(planned).groups["parent=art"] == [f"art_{part}" for part in parts]
    of_field = partition(tmp_path / "field", **arguments, partition_by=["area", "slice"], units=["law_*"])
    assert list(of_field["units"]) == [f"law_{part}" for part in parts]
    split = partition(tmp_path / "run", **more, **arguments | {"unit_tokens": 640})
    assert {entry["tokens"] for entry in split["units"].values()} == {640} and split["groups"] == manifest["groups"]
    with pytest.raises(InputError, match="cuts 'few' into 4, and its 3 documents fill only . of them; lower `slices`"):
        partition(tmp_path / "bad", **arguments, partition_by=["area", "slice"])


def test_slices_do_not_go_along_with_splits_or_order():
    """Three draws of a document are independent: of 10,000, a quarter of every split is in every quarter."""
    drawn = [draws(str(number), 0) for number in range(10_000)]
    for held_out in (True, False):
        part = [d for d in drawn if (d.fraction < 0.2) == held_out]
        for number in range(4):
            share = sum(d.slice >> 30 == number for d in part) / len(part)
            upper = sum(d.order >> 63 for d in part if d.slice >> 30 == number) / len(part)
            assert abs(share - 0.25) < 0.04 and abs(upper - 0.125) < 0.03


def test_given_splits(tmp_path, tokenizer):
    """From a field, also under usual other names; what is none is counted; copies of held-out text are gone."""
    rows = rows_of(["art", "law", "old"], 20)
    for number, row in enumerate(rows):
        row["part"] = ("train", "train", "train", "validation", "dev2", "test", "hidden")[number % 7]
    copies = [{**row, "id": f"copy-{row['id']}", "part": "train"} for row in rows if row["part"] == "test"]
    write_rows(tmp_path / "data" / "a.jsonl", rows + copies)
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, split_field="part",
        value_map={"part": {"dev2": "val"}}, unit_tokens=None, seed_partitions=["old"],
    )  # fmt: skip
    (problem,) = manifest["leftovers"]["documents"]
    assert problem.startswith("field 'part' is none of train, val")
    val, test = (eval_rows(tmp_path / "run", "in_domain", split) for split in ("val", "test"))
    expected = {"val": ("validation", "dev2"), "test": ("test",)}
    for split, found in (("val", val), ("test", test)):
        given = {row["text"] for row in rows if row["part"] in expected[split] and row["area"] != "old"}
        assert {row["text"] for row in found} <= given
    assert {row["id"] for row in val} == {r["id"] for r in rows if r["part"] in expected["val"] and r["area"] != "old"}
    held_out_of_seed = sum(len(r["text"]) + 1 for r in rows + copies if r["area"] == "old" and r["part"] == "train")
    assert manifest["seed"]["available_tokens"] == held_out_of_seed


def test_entries_that_match_nothing_are_refused(tmp_path, tokenizer):
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art", "law"], 24))
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer}
    with pytest.raises(InputError, match="no document matches 'lav' in `value_map` of 'area'. Correct the entry"):
        partition(tmp_path / "run", **arguments, value_map={"area": {"lav": "law"}})
    with pytest.raises(InputError, match="no document matches 'xyz' in `value_regex` of 'area'"):
        partition(tmp_path / "run", **arguments, value_regex={"area": {"xyz": "x", ".": "y"}})
    with pytest.raises(InputError, match="'xyz' in `value_regex` of 'area'"):
        partition(
            tmp_path / "run", **(arguments | {"roots": [str(tmp_path / "data")]}), source="files",
            path_regex="(?P<area>data)/", value_regex={"area": {"xyz": "x", ".": "y"}},
        )  # fmt: skip


def test_two_partitions_of_one_name(tmp_path, tokenizer):
    rows = rows_of(["a_b", "a"], 10)
    for row in rows:
        row["part"] = "c" if row["area"] == "a_b" else "b_c"
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    with pytest.raises(InputError, match="two partitions would be called 'a_b_c'"):
        partition(tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, partition_by=["area", "part"])


def test_patterns_of_names(tmp_path, tokenizer):
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["cs_1", "cs_2", "law", "web_a"], 20))
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, units=["cs_*"], seed_partitions=["l?w"],
        eval_partitions=["web_*"],
    )  # fmt: skip
    assert list(manifest["units"]) == ["cs_1", "cs_2"]
    assert list(manifest["eval"]["out_of_domain"]["val"]["domains"]) == ["web_a"]


def test_a_units_order_is_that_of_the_hashes_alone(tmp_path, tokenizer):
    """More documents in other partitions change nothing in a unit."""
    rows = rows_of(["art", "law"], 30)
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    first = partition(tmp_path / "one", roots=[str(tmp_path / "data")], tokenizer=tokenizer)
    more = [{**row, "text": row["text"] + " more"} for row in rows_of(["sea"], 30)]
    write_rows(tmp_path / "data" / "0.jsonl", more)
    second = partition(tmp_path / "two", roots=[str(tmp_path / "data")], tokenizer=tokenizer)
    assert first["units"]["art"] == second["units"]["art"]
    third = partition(tmp_path / "three", roots=[str(tmp_path / "data")], tokenizer=tokenizer, random_seed=1)
    assert third["units"]["art"]["digest"] != first["units"]["art"]["digest"]
