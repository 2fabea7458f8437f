"""What a corpus folder holds, from documents whose tokens are known: one a byte."""

import json

import numpy as np
import pytest
from corpus_files import (
    all_bytes,
    byte_tokenizer,
    eval_rows,
    partition,
    rows_of,
    texts_of,
    tokens_of,
    words,
    write_rows,
)

from hf_ablate.errors import InputError


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes") / "tokenizer")


def test_units_hold_their_documents_in_order_ended_by_eos(tmp_path, tokenizer):
    rows = rows_of(["art", "law"], 30)
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    manifest = partition(tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer)
    known = {row["text"]: row["area"] for row in rows}
    for unit in ("art", "law"):
        facts = manifest["units"][unit]
        assert tokens_of(tmp_path / "run", unit).shape == (40, 16)
        assert (facts["tokens"], facts["unique_tokens"], facts["epochs"], facts["blocks"]) == (640, 640, 1.0, 40)
        *whole, last = texts_of(tmp_path / "run", unit)
        assert {known[text] for text in whole} == {unit}
        assert any(text.startswith(last) and area == unit for text, area in known.items())
        assert facts["documents"] == len(whole) + 1


def test_documents_never_cross_splits(tmp_path, tokenizer):
    rows = rows_of(["art", "law"], 40)
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    partition(tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, unit_tokens=None)
    held_out = {
        split: {row["text"] for row in eval_rows(tmp_path / "run", "in_domain", split)} for split in ("val", "test")
    }
    train = {text for unit in ("art", "law") for text in texts_of(tmp_path / "run", unit)[:-1]}
    assert train and held_out["val"] and held_out["test"]
    assert not train & held_out["val"] and not train & held_out["test"] and not held_out["val"] & held_out["test"]


def test_exact_duplicates_stay_once_in_the_whole_corpus(tmp_path, tokenizer):
    """Copies under other ids draw other splits and units; one of each stays."""
    rows = rows_of(["art", "law"], 30)
    copies = [
        {"id": f"copy-{copy}-{row['id']}", "text": row["text"], "area": area}
        for row in rows[:20]
        for copy, area in enumerate(("art", "law", "law"))
    ]
    write_rows(tmp_path / "data" / "a.jsonl", rows + copies)
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer, "unit_tokens": None}
    manifest = partition(tmp_path / "run", **arguments, seed_partitions=[], max_epochs=1000.0)
    assert sum(manifest["removed"]["duplicates"].values()) == len(copies)
    seen = [row["text"] for split in ("val", "test") for row in eval_rows(tmp_path / "run", "in_domain", split)]
    available = sum(facts["available_tokens"] for facts in manifest["units"].values())
    assert len(seen) == len(set(seen))
    assert available + sum(len(text) + 1 for text in seen) == sum(len(row["text"]) + 1 for row in rows)


def test_small_partitions_are_repeated_and_that_is_recorded(tmp_path, tokenizer, capsys):
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["big", "small"], 60)[:68])
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer, "unit_tokens": 3200, "max_epochs": 8.0}
    manifest = partition(tmp_path / "run", **arguments)
    small = manifest["units"]["small"]
    ids = tokens_of(tmp_path / "run", "small").reshape(-1)
    unique = small["unique_tokens"]
    assert small["epochs"] == round(3200 / unique, 4) > 1
    assert np.array_equal(ids[:unique], ids[unique : 2 * unique])
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("small"))
    assert f"{3200 / unique:.2f}" in line and f"{unique:,}" in line


def test_too_small_units_are_refused_or_dropped(tmp_path, tokenizer):
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["big", "small"], 60)[:68])
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer, "unit_tokens": 3200, "max_epochs": 1.5}
    with pytest.raises(InputError, match=r"unit 'small' has .* tokens in .* documents: the budget is 3,200"):
        partition(tmp_path / "run", **arguments)
    assert not (tmp_path / "run" / "corpus" / "manifest.json").exists()
    manifest = partition(tmp_path / "run", **arguments, on_small_unit="drop")
    assert list(manifest["units"]) == ["big"] and manifest["dropped_units"] == ["small"]
    assert list(manifest["eval"]["in_domain"]["val"]["domains"]) == ["big"]


def test_the_result_depends_on_neither_files_nor_their_order_nor_processes(tmp_path, monkeypatch):
    """With a trained tokenizer, so that this covers its training too, and in several tasks, which processes share."""
    monkeypatch.setattr("hf_ablate.corpus.selection.index_task._TASK_FILES", 2)
    monkeypatch.setattr("hf_ablate.corpus.selection.jobs._JOB_BYTES", 2_000)
    rows = rows_of(["art", "law", "sea"], 40) + [{"id": "again", "text": words(0), "area": "law"}]
    write_rows(tmp_path / "one" / "data" / "all.jsonl", rows)
    for number in range(5):
        write_rows(tmp_path / "many" / "data" / f"{9 - number}.jsonl.gz", rows[number::5])
    corpora = []
    for name, num_proc in (("one", 1), ("many", 1), ("many", 2)):
        run_dir = tmp_path / f"run-{name}-{num_proc}"
        partition(run_dir, roots=[str(tmp_path / name / "data")], num_proc=num_proc)
        content = all_bytes(run_dir / "corpus")
        del content["README.md"], content["removed.json"]  # which name files
        corpora.append(content)
    assert corpora[0] == corpora[1] == corpora[2]
    assert "units/art/train-00000-of-00001.arrow" in corpora[0]


def test_seed_and_evaluation_only_partitions(tmp_path, tokenizer):
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art", "law", "old", "web"], 20))
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, units=["art", "law"],
        seed_partitions=["old"], eval_partitions=["web"], seed_tokens=1600,
    )  # fmt: skip
    assert manifest["seed"]["tokens"] == 1600
    web = [row for split in ("val", "test") for row in eval_rows(tmp_path / "run", "out_of_domain", split)]
    assert {row["subdomain"] for row in web} == {"web"} and len(web) == 20


def test_a_corpus_of_seed_partitions_alone(tmp_path, tokenizer, capsys):
    rows = rows_of(["books", "web"], 20)
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, units=[], seed_partitions=["*"],
        unit_tokens=None,
    )  # fmt: skip
    assert manifest["units"] == {} and manifest["eval"] == {}
    assert manifest["seed"]["tokens"] == sum(len(row["text"]) + 1 for row in rows) // 16 * 16
    assert "(seed)" in capsys.readouterr().out


def test_unused_partitions_and_leftovers_are_named(tmp_path, tokenizer, capsys):
    rows = rows_of(["art", "law", "odd"], 20) + [
        {"id": "x", "text": "no area"},
        {"id": "y", "text": " ", "area": "art"},
    ]
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    manifest = partition(tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, units=["art", "law"])
    assert manifest["leftovers"]["unused_partitions"] == ["odd"]
    left_out = {reason: entry["documents"] for reason, entry in manifest["leftovers"]["documents"].items()}
    assert left_out == {"has no field 'area'": 1, "is empty": 1}
    printed = capsys.readouterr().out
    assert (
        "partitions not used: odd" in printed
        and "left out: 1 documents (has no field 'area'), e.g. data/a.jsonl" in printed
    )


def test_finished_work_is_skipped_and_changes_are_noticed(tmp_path, tokenizer, caplog):
    path = write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art", "law"], 30))
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer}
    first = partition(tmp_path / "run", **arguments)
    caplog.set_level("INFO", "hf_ablate")
    assert partition(tmp_path / "run", **arguments, num_proc=2)["created"] == first["created"]
    assert "nothing to do" in caplog.text
    write_rows(path, rows_of(["art", "law"], 31))
    assert partition(tmp_path / "run", **arguments)["fingerprint"] != first["fingerprint"]


def test_token_ids_take_two_bytes_and_are_read_from_the_file(tmp_path, tokenizer):
    from hf_ablate.corpus.blocks import load_blocks

    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art", "law"], 30))
    partition(tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer)
    blocks = load_blocks(tmp_path / "run" / "corpus" / "units" / "art")
    assert str(blocks.features["input_ids"].feature.dtype) == "uint16"
    assert blocks.data.nbytes == 640 * 2
    import pyarrow

    before = pyarrow.total_allocated_bytes()
    row = blocks.with_format("numpy")[39]["input_ids"]
    assert np.array_equal(row, tokens_of(tmp_path / "run", "art")[39])
    assert blocks.cache_files and pyarrow.total_allocated_bytes() - before < 640 * 2


def test_min_tokens_counts_unique_tokens(tmp_path, tokenizer):
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["big", "small"], 60)[:75])
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer, "unit_tokens": 1600, "min_tokens": 4000}
    with pytest.raises(InputError, match=r"too few tokens \(`min_tokens` 4,000, `max_epochs` 4\):\n  unit 'small'"):
        partition(tmp_path / "run", **arguments)
    assert list(partition(tmp_path / "run", **arguments, on_small_unit="drop")["units"]) == ["big"]


def test_json_for_scripts(tmp_path, tokenizer, capsys):
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art", "law"], 30))
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer}
    manifest = partition(tmp_path / "run", **arguments, output_format="json")
    printed = json.loads(capsys.readouterr().out)
    assert printed["units"] == manifest["units"] and printed["digest"] == manifest["digest"]


def test_evaluation_sources_named_by_a_field(tmp_path, tokenizer, capsys):
    """The table says of each domain how many of its documents were duplicates."""
    rows = rows_of(["art", "law"], 30) + rows_of(["web"], 30, kind="c4")[20:] + rows_of(["web"], 24, kind="c4")[20:]
    for number, row in enumerate(rows):
        row |= {"kind": row.get("kind", "own"), "id": f"{row['id']}-{number}", "text": f"{row['area']} {row['text']}"}
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, partition_by=["kind", "area"],
        units=["own_*"], eval_partitions=["c4_*"], eval_source_by="kind",
    )  # fmt: skip
    assert {split: list(entry["domains"]) for split, entry in manifest["eval"]["c4"].items()} == {
        "val": ["web"], "test": ["web"],
    }  # fmt: skip
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("(c4 web)"))
    assert line.split()[-1] == "4"
