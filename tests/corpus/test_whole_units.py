"""`unit_tokens: all`: partitions stay whole, each of its own size, and training makes the epochs."""

import numpy as np
import pytest
from corpus_files import byte_tokenizer, partition, rows_of, tokens_of, write_rows

from hf_ablate.commands import find_command
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.corpus.table import format_table
from hf_ablate.errors import InputError
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.training.budgets import Budgets
from hf_ablate.training.order import block_order
from hf_ablate.training.pool import plan_component, plan_reference


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three areas of very different size; the arguments, and the manifest of the corpus of whole units."""
    folder = tmp_path_factory.mktemp("whole")
    rows = rows_of(["big", "middle", "small"], 200)
    rows = [row for row in rows if int(row["id"].split("-")[1]) < {"big": 200, "middle": 80, "small": 20}[row["area"]]]
    write_rows(folder / "data" / "a.jsonl", rows)
    arguments = {"roots": [str(folder / "data")], "tokenizer": byte_tokenizer(folder / "tokenizer")}
    return folder, arguments, partition(folder / "run", unit_tokens="all", **arguments)


def test_nothing_is_cut_or_repeated(made):
    folder, arguments, manifest = made
    for name, entry in manifest["units"].items():
        assert entry["tokens"] == entry["unique_tokens"] == entry["blocks"] * 16
        assert entry["epochs"] == 1 and 0 <= entry["available_tokens"] - entry["tokens"] < 16
        assert tokens_of(folder / "run", name).shape == (entry["blocks"], 16)
    sizes = {name: entry["blocks"] for name, entry in manifest["units"].items()}
    assert sizes["big"] > 2 * sizes["middle"] > 4 * sizes["small"]
    cut = partition(folder / "cut", unit_tokens=640, **arguments)
    assert {entry["tokens"] for entry in cut["units"].values()} == {640}
    assert np.array_equal(tokens_of(folder / "cut", "big"), tokens_of(folder / "run", "big")[:40])
    assert "Units are whole partitions" in format_table(manifest)
    assert "whole partition, of its own size" in (folder / "run" / "corpus" / "README.md").read_text()


def test_training_repeats_small_units_and_cuts_large_ones(made):
    """Components of one budget; a reference model sees as many tokens of each of its units, whatever their sizes."""
    folder, _, manifest = made
    corpus = CorpusDescription.read(folder / "run")
    rows = {name: entry["blocks"] for name, entry in manifest["units"].items()}
    tokens = 16 * (rows["middle"] + 8) // 128 * 128
    budgets = Budgets(8, component=tokens, reference=tokens, reference_budget="union")
    for name, epochs in (("big", 1), ("middle", 2), ("small", -(-tokens // 16 // rows["small"]))):
        planned = plan_component(corpus, name, Mixture.uniform([name]), budgets)
        assert planned.blocks == tokens // 16
        seen = np.bincount(block_order(planned.shares, rows, seed=0)[:, 1], minlength=rows[name])
        assert seen.max() == epochs and seen.max() - seen.min() <= 1
    reference = plan_reference(corpus, Mixture.uniform(["big", "small"]), budgets)
    assert reference.shares == {"big": tokens // 16, "small": tokens // 16}
    of_own_size = plan_reference(corpus, Mixture.uniform(["big", "small"]), Budgets(1, reference_budget="union"))
    assert of_own_size.blocks == rows["big"] + rows["small"], "without a budget, every unit once"


def test_what_is_too_small_or_makes_no_sense(made):
    folder, arguments, manifest = made
    least = manifest["units"]["small"]["tokens"] + 16
    more = {"unit_tokens": "all", "min_tokens": least, **arguments}
    with pytest.raises(
        InputError, match=rf"`min_tokens` {least:,}\):\n  unit 'small' .*\nLower `min_tokens`, add doc"
    ):
        partition(folder / "few", **more)
    assert sorted(partition(folder / "few", on_small_unit="drop", **more)["units"]) == ["big", "middle"]
    with pytest.raises(InputError, match="give `unit_tokens` as a number"):
        partition(folder / "few", unit_tokens="all", match_epochs_of=10_000, **arguments)
    with pytest.raises(InputError, match="that needs `bin_tokens` or a number of `unit_tokens`"):
        partition(folder / "few", unit_tokens="all", bins={"area": "auto"}, **arguments)
    parse = find_command("partition").parse
    given = ["--partition_by=area", "--roots=x"]
    assert parse([*given, "--unit_tokens=all"]).unit_tokens == "all"
    assert parse([*given, "--unit_tokens=4_096"]).unit_tokens == 4096
    with pytest.raises(InputError, match="'most' is neither a whole number nor all"):
        parse([*given, "--unit_tokens=most"])
