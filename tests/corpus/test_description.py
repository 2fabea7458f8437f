"""The corpus as a value: what was made, and what a recipe decides before anything is made."""

from dataclasses import replace

import pytest
from corpus_files import byte_tokenizer, partition, rows_of, write_rows

from hf_ablate.corpus.arguments import PartitionArguments
from hf_ablate.corpus.description import CorpusDescription, TrainingText
from hf_ablate.errors import InputError
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.enumerate import plan_candidates
from hf_ablate.mixtures.units import CorpusUnits


RECIPE = PartitionArguments(
    roots=["documents"], partition_by=["area"], units=["art", "law"], seed_partitions=["wiki"], unit_tokens=1000,
    seed_tokens=100, block_size=64, vocab_size=300,
)  # fmt: skip


def test_a_finished_corpus_is_what_its_recipe_planned(tmp_path):
    data = write_rows(tmp_path / "data" / "a.jsonl", rows_of(["law", "art", "wiki"], 30))
    tokenizer = byte_tokenizer(tmp_path / "tokenizer")
    changes = {"roots": [str(data)], "source": "jsonl", "tokenizer": tokenizer, "units": ["law", "art"]}
    changes |= {"seed_partitions": ["wiki"], "seed_tokens": 640}
    manifest = partition(tmp_path / "run", **changes)
    corpus = CorpusDescription.read(tmp_path / "run")
    assert list(corpus.units) == ["law", "art"]
    law = corpus.units["law"]
    assert (law.blocks, law.digest) == (40, manifest["units"]["law"]["digest"])
    assert (law.fields, law.roots) == ({"area": "law"}, ("a.jsonl",))
    assert law.available_tokens == manifest["units"]["law"]["available_tokens"] > 640
    assert (corpus.seed.blocks, corpus.block_size, corpus.vocab_size, corpus.unit_blocks) == (40, 16, 257, 40)
    assert corpus.evaluation == {
        "in_domain": {split: manifest["eval"]["in_domain"][split]["digest"] for split in ("val", "test")}
    }
    assert CorpusDescription.find(tmp_path / "run" / "corpus") == corpus

    recipe = {**manifest["arguments"], "roots": [str(data)], "tokenizer": tokenizer}
    planned = CorpusDescription.planned(PartitionArguments(**recipe))
    assert {name: text.blocks for name, text in planned.units.items()} == {"law": 40, "art": 40}
    assert (planned.seed.blocks, planned.block_size, planned.unit_blocks) == (40, 16, 40)
    assert planned.units_are_final and planned.vocab_size is None, "the given tokenizer's is read when it is needed"


def test_an_unfinished_corpus_is_not_described(tmp_path):
    with pytest.raises(InputError, match="is not finished"):
        CorpusDescription.read(tmp_path)
    assert CorpusDescription.find(tmp_path / "corpus") is None


def test_a_recipe_decides_the_corpus_as_far_as_it_goes():
    planned = CorpusDescription.planned(RECIPE)
    assert planned == CorpusDescription(
        units={name: TrainingText(15, fields={"area": name}) for name in ("art", "law")}, seed=TrainingText(1),
        block_size=64, vocab_size=300, unit_blocks=15,
    )  # fmt: skip
    for changes in ({"units": None}, {"units": ["art", "l*"]}, {"on_small_unit": "drop"}):
        open_ended = CorpusDescription.planned(replace(RECIPE, **changes))
        assert not open_ended.units_are_final
        assert open_ended.unit_blocks == 15, "the cost of one unit is known all the same"
    smallest = CorpusDescription.planned(replace(RECIPE, unit_tokens=None, seed_tokens=None))
    assert (smallest.unit_blocks, smallest.units["art"].blocks, smallest.seed.blocks) == (None, None, None)
    assert CorpusDescription.planned(replace(RECIPE, seed_partitions=[])).seed is None


def test_mixtures_are_planned_from_a_recipe_without_files():
    units = CorpusUnits.of(CorpusDescription.planned(RECIPE))
    candidates = plan_candidates(EnumerateArguments(num_references=1), units)
    assert [candidate.mixture.name for candidate in candidates] == ["art", "law", "art + law"]
    assert [candidate.reference for candidate in candidates] == [False, False, True]
