"""Where a unit's text is, as far as the corpus records it, and what exports make of that."""

from fractions import Fraction

import pytest
import yaml

from hf_ablate.exports.arguments import ExportArguments
from hf_ablate.exports.export import export
from hf_ablate.exports.export_input import ExportInput
from hf_ablate.exports.formats import FORMATS, explorer_formats
from hf_ablate.exports.unit_text import HubData, UnitText, unit_texts
from hf_ablate.manifest import write_manifest


def write_corpus(run_dir, settings, groups, documents=(10, 40)):
    """A corpus of two units, with as many documents of 1,000 tokens in all."""
    units = {
        unit: {
            "blocks": 10, "tokens": 1000, "unique_tokens": 1000, "available_tokens": 5000, "digest": unit,
            "epochs": 1.0, "documents": count,
        }
        for unit, count in zip(groups, documents, strict=True)
    }  # fmt: skip
    write_manifest(
        run_dir / "corpus", "partition", settings, {}, units=units, groups=groups, seed=None, block_size=100,
        tokenizer={"vocab_size": 300, "digest": "tokenizer"},
    )  # fmt: skip
    return run_dir


def unit(field, value, *sources):
    return {"fields": {field: value}, "source": list(sources)}


CONFIGS = {
    "source": "hub", "roots": ["ORG/wiki"], "hub_configs": ["*"], "fields": {"category": "config"}, "hub_splits": [],
    "hub_revision": "v1", "text_field": "text", "split_field": "split", "value_map": {}, "value_regex": {}, "bins": {},
}  # fmt: skip
GROUPS = {"art": unit("category", "art", "wiki"), "law": unit("category", "law", "wiki")}


def hub(config, path="ORG/wiki", split="train"):
    return HubData(path, config, split, "v1", "text")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (hub("art"),)),
        ({"split_field": None}, (hub("art", split="all"),)),
        ({"split_field": None, "hub_splits": ["a", "b"]}, (hub("art", split="a+b"),)),
        ({"fields": {"category": "kind"}}, ()),  # a column, not a config
        ({"value_regex": {"category": {"^art": "art"}}}, ()),  # which configs these are is not recorded
        ({"value_map": {"category": {"arts": "art", "crafts": "art"}}}, ()),
        (
            {"value_map": {"category": {"arts": "art", "crafts": "art"}}, "hub_configs": ["arts", "crafts", "law"]},
            (hub("arts"), hub("crafts")),
        ),
        ({"roots": ["wiki"]}, ()),  # a folder
        ({"roots": ["ORG/wiki", "ORG/other"]}, (hub("art"),)),  # the unit is from wiki alone
        ({"source": "jsonl"}, ()),
    ],
)
def test_configs_of_the_hub_are_known_where_they_are_the_unit(tmp_path, changes, expected):
    write_corpus(tmp_path, CONFIGS | changes, GROUPS)
    (text,) = unit_texts(tmp_path, ["art"], tmp_path)
    assert text.hub == expected


def test_each_collection_has_its_own_settings(tmp_path):
    collections = [
        {"name": "papers", "source": "jsonl", "roots": ["papers"]},
        {"name": "wiki", "roots": ["ORG/wiki"], "fields": {"category": "config"}, "hub_splits": None},
    ]
    groups = {"bio": unit("field", "bio", "papers"), "art": unit("category", "art", "wiki")}
    write_corpus(tmp_path, CONFIGS | {"roots": [], "fields": {}, "collections": collections}, groups)
    papers, wiki = unit_texts(tmp_path, ["bio", "art"], tmp_path)
    assert papers.hub == () and wiki.hub == (hub("art"),)


def test_units_of_several_partitions_and_collections_are_spelled_out(tmp_path, caplog):
    values = {"category": {"arts": "art", "crafts": "art"}}
    groups = {"art": unit("category", "art", "ORG/a", "ORG/b"), "law": GROUPS["law"]}
    write_corpus(tmp_path, CONFIGS | {"value_map": values}, groups)
    said = "art is made of several: category arts, crafts; documents of ORG/a, ORG/b."
    assert f"# {said}\n" in export(ExportArguments(tmp_path, "nanotron", '{"art": 1}'))
    assert said in caplog.text
    assert said not in export(ExportArguments(tmp_path, "nanotron", '{"law": 1}'))


def test_documents_are_drawn_so_that_tokens_have_the_weights(tmp_path):
    """Documents of art have 100 tokens, of law 25: half of the tokens each are documents in the ratio of 1 to 4."""
    write_corpus(tmp_path, CONFIGS, GROUPS)
    content = yaml.safe_load(export(ExportArguments(tmp_path, "trl", '{"*": 1}', data="hub")))
    entry = {"path": "ORG/wiki", "split": "train", "columns": ["text"]}
    assert content["datasets"] == [
        entry | {"name": "art", "fraction": 0.2},
        entry | {"name": "law", "fraction": 0.8},
    ]
    script = export(ExportArguments(tmp_path, "datasets", '{"*": 1}', data="hub"))
    load = 'load_dataset("ORG/wiki", "art", split="train", revision="v1", streaming=True).select_columns(["text"])'
    assert f'(0.2, {load}),  # "art"' in script
    compile(script, "mixture.py", "exec")


def test_a_unit_of_two_data_sets_is_both(tmp_path):
    settings = CONFIGS | {"value_map": {"category": {"a": "art", "b": "art"}}, "hub_configs": ["a", "b", "law"]}
    write_corpus(tmp_path, settings, GROUPS, documents=(20, 20))
    content = yaml.safe_load(export(ExportArguments(tmp_path, "trl", '{"*": 1}', data="hub")))
    shares = [(entry["name"], Fraction(str(entry["fraction"]))) for entry in content["datasets"]]
    assert shares == [("a", Fraction(1, 4)), ("b", Fraction(1, 4)), ("law", Fraction(1, 2))]
    assert "concatenate_datasets([load" in export(ExportArguments(tmp_path, "datasets", '{"art": 1}', data="hub"))


def test_adopted_units_are_called_by_their_names_and_that_is_said(tmp_path, caplog):
    write_manifest(
        tmp_path / "corpus", "adopt", {}, {}, units={"a": {"tokens": 0, "blocks": 0, "digest": ""}}, groups={},
        seed=None, block_size=8, tokenizer={"vocab_size": 300, "digest": "tokenizer"},
    )  # fmt: skip
    said = "The study does not record where its units are: data/UNIT stands for a unit."
    text = export(ExportArguments(tmp_path, "datasets", '{"a": 1}'))
    assert "data/a" in text and f"# {said}\n" in text and said in caplog.text
    assert "- path: data/a\n" in export(ExportArguments(tmp_path, "trl", '{"a": 1}')).replace('"', "")


def strings(value):
    """All keys and values of nested mappings and lists that are text."""
    if isinstance(value, dict):
        return [*strings(list(value)), *strings(list(value.values()))]
    return [text for each in value for text in strings(each)] if isinstance(value, list) else [str(value)]


@pytest.mark.parametrize("to", [name for name in FORMATS if name not in ("mergekit", "megatron", "csv")])
def test_a_name_from_elsewhere_stays_a_name(tmp_path, to):
    """Pulled and imported studies have units that nobody here has named."""
    name = 'a"\nraise SystemExit("run")\n# '
    export_format = FORMATS[to](ExportInput("x\nraise", (UnitText(name), UnitText("b", origin="c\nraise"))))
    text = export_format.text({name: 0.5, "b": 0.5})
    assert not any(line.startswith("raise") for line in text.splitlines())
    if export_format.file_name.endswith(".py"):
        compile(text, to, "exec")
    else:
        assert any(name in found for found in strings(yaml.safe_load(text)))


def test_the_page_has_no_path_of_the_machine(study):
    formats = explorer_formats(study, ["sympy", "pandas"])
    assert "mergekit" in formats and str(study.parent) not in str(formats)
    assert [row["unit"] for row in formats["mergekit"]["rows"]] == [1, 0]  # by name, as a mixture has them
    assert formats["mergekit"]["rows"][1]["fields"]["path"] == "study/models/components/sympy"
