"""Units that are repeated as often as the final training run repeats them, and how many tokens a partition has."""

import numpy as np
import pytest
from corpus_files import byte_tokenizer, partition, rows_of, tokens_of, write_rows

from hf_ablate.errors import InputError
from hf_ablate.manifest import read_manifest


BUDGET = 3200


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    """A partition of 60 documents, one of 25 and one of 12, in one token a byte."""
    folder = tmp_path_factory.mktemp("corpus")
    sizes = {"big": 60, "mid": 25, "small": 12}
    rows = [row for row in rows_of(list(sizes), 60) if int(row["id"].split("-")[1]) < sizes[row["area"]]]
    write_rows(folder / "data" / "a.jsonl", rows)
    return {"roots": [str(folder / "data")], "tokenizer": byte_tokenizer(folder / "tokenizer"), "unit_tokens": BUDGET}


def longest(rows: int = 60) -> int:
    return max(len(row["text"]) + 1 for row in rows_of(["big", "mid", "small"], rows))


@pytest.mark.parametrize("final", [30_000, 45_000, 100_000])
def test_a_unit_has_its_budget_in_the_epochs_of_the_final_run_within_a_document(tmp_path, arguments, final, capsys):
    manifest = partition(tmp_path / "run", **arguments, max_epochs=50.0, match_epochs_of=final)
    for name, facts in manifest["units"].items():
        epochs = max(1, final / 3 / facts["available_tokens"])
        assert 0 <= facts["unique_tokens"] - min(BUDGET / epochs, facts["available_tokens"]) < longest()
        assert facts["unique_tokens"] <= facts["available_tokens"]
        assert facts["epochs"] == round(BUDGET / facts["unique_tokens"], 4) and facts["tokens"] == BUDGET
        ids, unique = tokens_of(tmp_path / "run", name).reshape(-1), facts["unique_tokens"]
        assert np.array_equal(ids, np.tile(ids[:unique], BUDGET // unique + 1)[:BUDGET])
        assert unique == BUDGET or ids[unique - 1] == 0  # whole documents are repeated: the last ends
    assert f"as in a final run of {final:,} tokens in equal shares of the 3 units" in " ".join(
        capsys.readouterr().out.split()
    )


def test_a_final_run_that_repeats_nothing_leaves_units_as_they_are(tmp_path, arguments):
    plain = partition(tmp_path / "plain", **arguments, max_epochs=50.0)
    matched = partition(tmp_path / "matched", **arguments, max_epochs=50.0, match_epochs_of=BUDGET)
    assert matched["units"] == plain["units"] and matched["digest"] == plain["digest"]
    assert plain["fingerprint"] != matched["fingerprint"]
    # so that corpora that were made before there was the option are still those of their recipes
    assert "match_epochs_of" not in plain["arguments"]


def test_the_same_bytes_from_any_number_of_processes(tmp_path, arguments, monkeypatch):
    monkeypatch.setattr("hf_ablate.corpus.selection.jobs._JOB_BYTES", 2_000)
    one, two = (
        partition(tmp_path / str(count), **arguments, max_epochs=50.0, match_epochs_of=60_000, num_proc=count)
        for count in (1, 2)
    )
    assert one["units"] == two["units"] and one["digest"] == two["digest"]
    assert one["units"]["small"]["epochs"] > one["units"]["big"]["epochs"]


def test_available_tokens_are_those_of_the_whole_partition_though_little_is_tokenised(tmp_path, arguments):
    rows = rows_of(["art", "law"], 400)
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    same = arguments | {"roots": [str(tmp_path / "data")]}
    some = partition(tmp_path / "some", **same)
    whole = partition(tmp_path / "whole", **same | {"unit_tokens": None})
    for unit in ("art", "law"):
        few, all_of_it = some["units"][unit], whole["units"][unit]
        assert few["documents"] < 30 < all_of_it["documents"]
        assert few["available_tokens"] == pytest.approx(all_of_it["available_tokens"], rel=0.02)
    held_out = sum(facts[f"{split}_blocks"] for facts in whole["units"].values() for split in ("validation", "test"))
    total = sum(len(row["text"]) + 1 for row in rows)
    available = sum(facts["available_tokens"] for facts in whole["units"].values())
    assert 0 <= total - available - 16 * held_out < 4 * 16  # what all documents have, but for unfinished blocks


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"match_epochs_of": -1}, "`match_epochs_of` is -1; it must be positive"),
        ({"match_epochs_of": 0}, "`match_epochs_of` is 0; it must be positive"),
        ({"match_epochs_of": 1000}, "`match_epochs_of` is 1,000, a final run of fewer tokens than one unit"),
        (
            {"match_epochs_of": 500_000},
            r"repeats text too often \(`min_tokens` 16, `max_epochs` 4\):\n  unit 'big' has",
        ),
        ({"match_epochs_of": 30_000, "min_tokens": 1_400, "max_epochs": 50.0}, "`min_tokens` 1,400.*\n  unit 'small'"),
    ],
    ids=str,
)
def test_what_contradicts_the_repetition_is_refused(tmp_path, arguments, changes, message):
    with pytest.raises(InputError, match=message):
        partition(tmp_path / "run", **arguments | changes)
    assert not (tmp_path / "run" / "corpus" / "manifest.json").exists()


def test_the_dry_run_says_so(tmp_path, arguments, capsys):
    with pytest.raises(InputError):  # nothing is written
        partition(tmp_path / "run", **arguments, match_epochs_of=60_000, dry_run=True)
    assert "repeated as in a final run of 60,000 tokens" in capsys.readouterr().out
    with pytest.raises(InputError):
        read_manifest(tmp_path / "run" / "corpus")
