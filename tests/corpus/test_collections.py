"""Several collections of documents in one recipe, each with a layout of its own."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from corpus_files import byte_tokenizer, eval_rows, partition, rows_of, write_rows

from hf_ablate.cli import main
from hf_ablate.commands import find_command
from hf_ablate.corpus.arguments import PartitionArguments
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.corpus.from_arguments import input_files
from hf_ablate.corpus.known_partitions import check_named_partitions
from hf_ablate.errors import InputError
from hf_ablate.mixtures.units import CorpusUnits


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes") / "tokenizer")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Papers in folders by field and years, with a split; pages in a table by category, without."""
    folder = tmp_path_factory.mktemp("data")
    for unit in ("bio,1990-1999", "bio,2000-2009", "cs,1990-2009"):
        rows = [row for row in rows_of(["bio,1990-1999", "bio,2000-2009", "cs,1990-2009"], 30) if row["area"] == unit]
        for split, part in (("train", rows[:20]), ("val", rows[20:25]), ("test", rows[25:])):
            write_rows(folder / "papers" / unit / split / "a.jsonl", [{"text": row["text"]} for row in part])
    (folder / "pages").mkdir()
    pages = [
        {"body": row["text"], "page": row["id"], "kind": row["area"]}
        for row in rows_of(["x", "y", "z", "Arts", "History_of_art", "bio"], 40)[120:]
    ]
    pyarrow.parquet.write_table(pa.Table.from_pylist(pages), folder / "pages" / "a.parquet")
    return folder


def papers(data: Path, **more) -> dict:
    return {
        "source": "jsonl", "roots": [str(data / "papers")], "partition_by": ["field", "years"], "split_field": "split",
        "path_regex": "[^/]+/(?P<field>[^,]+),(?P<years>[^/]+)/(?P<split>[^/]+)/", **more,
    }  # fmt: skip


def pages(data: Path, **more) -> dict:
    return {
        "source": "parquet", "roots": [str(data / "pages")], "text_field": "body", "id_field": "page",
        "fields": {"category": "kind"}, "partition_by": ["category"], **more,
    }  # fmt: skip


def test_each_unit_is_as_if_its_collection_were_alone(tmp_path, data, tokenizer):
    collections = [{"name": "s2orc", **papers(data)}, {"name": "wiki", **pages(data)}]
    more = {"tokenizer": tokenizer, "value_regex": {"category": {"^(Arts|bio)$": r"\1", "^(History)": r"\1"}}}
    both = partition(tmp_path / "both", collections=collections, **more)
    first = partition(tmp_path / "one", tokenizer=tokenizer, **papers(data))
    second = partition(tmp_path / "two", **more, **pages(data))
    assert both["units"] == first["units"] | second["units"] and len(both["units"]) == 6
    assert both["groups"]["bio_1990-1999"] == {
        "fields": {"field": "bio", "years": "1990-1999"},
        "source": ["s2orc"],
    }
    assert both["groups"]["bio"] == {"fields": {"category": "bio"}, "source": ["wiki"]}
    units = CorpusUnits.read(tmp_path / "both")
    assert units.named("source=wiki") == units.named("category=*") == ["Arts", "History", "bio"]
    assert units.named("field=bio") == ["bio_1990-1999", "bio_2000-2009"]
    for split in ("val", "test"):
        expected = eval_rows(tmp_path / "one", "in_domain", split) + eval_rows(tmp_path / "two", "in_domain", split)
        rows = eval_rows(tmp_path / "both", "in_domain", split)
        assert sorted(row["text"] for row in rows) == sorted(row["text"] for row in expected)


def test_recipes_dry_runs_and_names(tmp_path, data, capsys, monkeypatch):
    """Roots in a recipe are relative to its project; units that a recipe names have their groups before any work."""
    monkeypatch.chdir(data.parent)
    units = {"s2orc": ["bio_1990-1999", "bio_2000-2009"], "wiki": ["Arts", "History_of_art"]}
    collections = [
        {"name": "s2orc", **papers(data), "roots": [f"{data.name}/papers"], "units": units["s2orc"]},
        {"name": "wiki", **pages(data), "roots": [f"{data.name}/pages"], "units": units["wiki"]},
    ]
    recipe = tmp_path / "partition.yaml"
    recipe.write_text(json.dumps({"run_dir": str(tmp_path / "run"), "unit_tokens": "all", "collections": collections}))
    assert main(["partition", "--config", str(recipe), "--dry_run"]) == 0
    printed = capsys.readouterr().out
    assert "  s2orc: 9 files of" in printed and "  wiki: 1 files of" in printed and "its whole partition" in printed
    arguments = find_command("partition").parse(["--config", str(recipe)])
    assert arguments.unit_names == [*units["s2orc"], *units["wiki"]]
    planned = CorpusUnits.of(CorpusDescription.planned(arguments))
    assert planned.named("field=bio") == planned.named("source=s2orc") == units["s2orc"]
    assert planned.named("category=History_of_art") == ["History_of_art"]
    check_named_partitions(arguments)
    collections[1]["value_map"] = {}
    recipe.write_text(json.dumps({"collections": collections}))
    with pytest.raises(InputError, match=r"unknown key of a collection 'value_map'"):
        find_command("partition").parse(["--config", str(recipe)])


def test_mixtures_of_groups_are_planned_from_the_recipe(tmp_path, data, capsys, tokenizer):
    """Named units have their groups before there is a corpus, so the cost of all models is known."""
    collections = [
        {"name": "s2orc", **papers(data), "units": ["bio_1990-1999", "bio_2000-2009", "cs_1990-2009"]},
        {"name": "wiki", **pages(data), "units": ["Arts", "bio"]},
    ]
    common = {"run_dir": str(tmp_path / "run")}
    recipes = {
        "partition": {"collections": collections, "unit_tokens": "all", "block_size": 16, "tokenizer": tokenizer},
        "enumerate": {"methods": ["groups", "across"], "group_by": ["field", "source"],
                      "across": ["source=s2orc", "source=wiki"], "across_by": ["field", "unit"],
                      "references": ["all"]},
        "train": {"model_type": "llama", "config_overrides": "hidden_size=8,num_hidden_layers=1,num_attention_heads=1",
                  "component_tokens": 256, "reference_tokens": 256, "reference_budget": "union", "seed_tokens": 0,
                  "use_cpu": True, "per_device_train_batch_size": 2},
    }  # fmt: skip
    for stage, values in recipes.items():
        (tmp_path / "recipes").mkdir(exist_ok=True)
        (tmp_path / "recipes" / f"{stage}.yaml").write_text(json.dumps(common | values))
    assert main(["run", str(tmp_path / "recipes"), "--dry_run"]) == 0
    printed = capsys.readouterr().out
    # the fields bio and cs (of one unit), both sources, and bio or cs beside each of two categories
    assert "8 mixtures, 7 of them with a reference model" in printed
    assert "13 models" in printed
    assert main(["validate", str(tmp_path / "recipes")]) == 0


@pytest.mark.parametrize(
    ("first", "second", "top", "message"),
    [
        ({"rots": []}, {}, {}, "unknown key of a collection 'rots'; did you mean 'roots'"),
        ({}, {"roots": []}, {}, "collection 'wiki': `roots` is empty"),
        ({"name": None}, {}, {}, "an entry of `collections` has no `name`"),
        ({"partition_by": []}, {}, {}, "collection 's2orc': `partition_by` is empty"),
        ({"path_regex": "("}, {}, {}, "collection 's2orc': `path_regex` '\\(' is not a valid"),
        ({"max_document_bytes": "x"}, {}, {}, "max_document_bytes: invalid int value: 'x'"),
        ({}, {"name": "s2orc"}, {}, "collection name 's2orc' is given twice"),
        ({"units": ["*"]}, {}, {}, "`units` are given, but not for collection 'wiki'"),
        ({}, {}, {"roots": ["x"]}, "`roots` goes into each of `collections`"),
        ({}, {}, {"units": ["bio"]}, "`units` goes into each of `collections`"),
        ({}, {}, {"value_map": {"feld": {"a": "b"}}}, "unknown field in `value_map`: 'feld'; did you mean 'field'"),
        ({"units": ["bio_*"]}, {"units": ["Art"]}, {}, "unknown partition 'Art'; did you mean 'Arts'"),
    ],
    ids=str,
)  # fmt: skip
def test_mistakes(tmp_path, data, tokenizer, first, second, top, message):
    collections = [papers(data, **({"name": "s2orc"} | first)), pages(data, **({"name": "wiki"} | second))]
    with pytest.raises(InputError, match=message):
        partition(tmp_path / "run", collections=collections, tokenizer=tokenizer, **top)


def test_a_file_is_in_one_collection(data):
    collections = [{"name": name, **papers(data)} for name in ("one", "two")]
    with pytest.raises(InputError, match="papers/.*a.jsonl is in two collections, 'one' and 'two'"):
        input_files(PartitionArguments(collections=collections))
