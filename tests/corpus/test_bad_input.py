"""Every fault is one error that names the place and what to do, and nothing half-written counts as finished."""

import errno
import gzip
import json

import pyarrow as pa
import pyarrow.parquet
import pytest
from corpus_files import byte_tokenizer, partition, rows_of, write_rows

from hf_ablate.cli import main
from hf_ablate.errors import InputError


ROWS = rows_of(["art", "law"], 24)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes") / "tokenizer")


def fails(tmp_path, own_tokenizer, match: str, **arguments) -> None:
    with pytest.raises(InputError, match=match):
        partition(tmp_path / "run", **{"roots": [str(tmp_path / "data")], "tokenizer": own_tokenizer, **arguments})
    assert not (tmp_path / "run" / "corpus" / "manifest.json").exists()


BAD_LINES = {
    "json": (b'{"text": "a"', r"line 3: is not valid JSON \(.* at character 14\)"),
    "array": (b'["text"]', "line 3: holds a list, not an object"),
    "utf8": (b'{"text": "\xff"}', r"line 3: is not UTF-8 \(byte 10 of the line\)"),
    "missing": (
        b'{"id": "x", "body": "b"}',
        r"line 3: field 'text' is missing \(`text_field` names it; it has id, body",
    ),
    "type": (b'{"text": 5, "area": "art"}', "line 3: field 'text' is a int, not a string"),
    "null": (b'{"text": null, "area": "art"}', "line 3: field 'text' is a NoneType, not a string"),
    "digits": (b'{"text": "a", "area": ' + b"9" * 5000 + b"}", r"line 3: is not valid JSON \(Exceeds the limit"),
    "deep": (b'{"text": ' + b"[" * 100_000, r"line 3: is not valid JSON \(nested too deep"),
    "surrogate in id": (
        b'{"text": "a", "area": "art", "id": "\\ud800"}',
        "line 3: field 'id' holds half a surrogate pair",
    ),
    "surrogate in field": (
        b'{"text": "a", "area": "\\udfff"}',
        "line 3: field 'area' holds half a surrogate pair",
    ),
}


@pytest.mark.parametrize("kind", BAD_LINES)
def test_bad_rows_fail_or_are_skipped_and_counted(tmp_path, tokenizer, kind, capsys):
    bad, message = BAD_LINES[kind]
    lines = [json.dumps(row).encode() for row in ROWS]
    path = write_rows(tmp_path / "data" / "a.jsonl", ROWS)
    path.write_bytes(b"\n".join([*lines[:2], bad, *lines[2:], bad]))
    fails(tmp_path, tokenizer, f"data/a.jsonl, {message}.*on_bad_row: skip")
    manifest = partition(tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, on_bad_row="skip")
    (entry,) = manifest["leftovers"]["documents"].values()
    assert entry["documents"] == 2 and "data/a.jsonl, line 3" in entry["examples"][0]
    assert "left out: 2 documents (cannot be read: " in capsys.readouterr().out
    clean = write_rows(tmp_path / "data" / "a.jsonl", ROWS)
    assert (
        clean
        and partition(tmp_path / "clean", roots=[str(tmp_path / "data")], tokenizer=tokenizer)["digest"]
        == manifest["digest"]
    )


def test_faults_in_other_processes_are_told_the_same(tmp_path, tokenizer, monkeypatch):
    monkeypatch.setattr("hf_ablate.corpus.selection.index_task._TASK_FILES", 1)
    for number in range(3):
        write_rows(tmp_path / "data" / f"{number}.jsonl", ROWS[number::3])
    (tmp_path / "data" / "1.jsonl").write_text("nonsense")
    fails(tmp_path, tokenizer, "data/1.jsonl, line 1: is not valid JSON .*on_bad_row: skip", num_proc=2)


def test_bad_rows_of_parquet_files(tmp_path, tokenizer):
    (tmp_path / "data").mkdir()
    table = pa.Table.from_pylist([*ROWS, {"id": "x", "text": None, "area": "art"}])
    pa.parquet.write_table(table, tmp_path / "data" / "a.parquet")
    fails(tmp_path, tokenizer, "data/a.parquet, row 49: field 'text' is a NoneType, not a string", source="parquet")


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("damage", ["cut", "garbage"])
def test_damaged_compressed_files(tmp_path, tokenizer, ending, damage):
    text = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    data = gzip.compress(text) if ending == ".gz" else bytes(pa.Codec("zstd").compress(text))
    write_rows(tmp_path / "data" / "good.jsonl", ROWS)
    (tmp_path / "data" / f"bad.jsonl{ending}").write_bytes(data[: len(data) // 2] if damage == "cut" else data[2:])
    fails(tmp_path, tokenizer, rf"data/bad.jsonl{ending} is cut short or damaged .*fetch or make it again")
    fails(tmp_path, tokenizer, "is cut short or damaged", on_bad_row="skip")


def test_rows_of_parquet_files_that_python_cannot_hold(tmp_path, tokenizer):
    rows = [*ROWS, *rows_of(["art"], 3)]
    times = pa.array([0] * 48 + [2**62, 0, 0], pa.timestamp("ms"))
    texts = [row["text"].encode() for row in rows[:-1]] + [b"caf\xe9"]
    table = pa.table(
        {
            "text": pa.array(texts, pa.binary()).view(pa.string()),
            "area": [row["area"] for row in rows],
            "year": times,
        }
    )
    (tmp_path / "data").mkdir()
    pa.parquet.write_table(table, tmp_path / "data" / "a.parquet")
    arguments = {"source": "parquet", "partition_by": ["area", "year"], "bins": {"year": [1950]}}
    fails(tmp_path, tokenizer, "data/a.parquet, row 49: field 'year' cannot be read .*on_bad_row: skip", **arguments)
    arguments |= {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer, "on_bad_row": "skip"}
    manifest = partition(tmp_path / "run", **arguments)
    left_out = manifest["leftovers"]["documents"]
    assert {reason: entry["documents"] for reason, entry in left_out.items()} == {
        "cannot be read: field 'year' cannot be read": 1,
        "cannot be read: field 'text' cannot be read": 1,
    }
    assert "row 51" in left_out["cannot be read: field 'text' cannot be read"]["examples"][0]


def test_columns_of_parquet_files(tmp_path, tokenizer):
    (tmp_path / "data").mkdir()
    path, column = tmp_path / "data" / "a.parquet", pa.array(["a", "b"])
    pa.parquet.write_table(pa.table([column] * 4, ["area", "text", "other", "text"]), path)
    fails(tmp_path, tokenizer, "a.parquet has several columns called 'text'; rename or drop", source="parquet")
    pa.parquet.write_table(pa.table([column] * 3, ["area", "body", "other"]), path)
    message = r"data/a.parquet: field 'text' is missing \(`text_field` names it; it has area, body, other\)"
    fails(tmp_path, tokenizer, message, source="parquet")
    write_rows(tmp_path / "data" / "a.parquet", [{f"field{number}": 1 for number in range(12)}])
    fails(tmp_path, tokenizer, "line 1: field 'text' is missing .*it has field0, .*, field11")


def test_damaged_parquet(tmp_path, tokenizer):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.parquet").write_bytes(b"PAR1 and no more")
    fails(tmp_path, tokenizer, "data/a.parquet is not a readable parquet file", source="parquet")
    fails(tmp_path, tokenizer, r"or leave it out: exclude_globs: \['a.parquet'\]", source="parquet")


def test_an_empty_part_is_counted_and_no_fault(tmp_path, tokenizer):
    write_rows(tmp_path / "data" / "a.jsonl", ROWS)
    write_rows(tmp_path / "data" / "b.jsonl", [])
    write_rows(tmp_path / "data" / "c.jsonl.gz", [])
    manifest = partition(tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer)
    assert manifest["leftovers"]["documents"] == {
        "is empty: it holds no line": {"documents": 2, "bytes": 0, "examples": ["data/b.jsonl", "data/c.jsonl.gz"]}
    }
    (tmp_path / "data" / "a.jsonl").unlink()
    with pytest.raises(InputError, match="no document belongs to any partition: 2 is empty: it holds no line, e.g. "):
        partition(tmp_path / "empty", roots=[str(tmp_path / "data")], tokenizer=tokenizer)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a/b", "it contains /"), ("..", "contains '..'"), ("x\ty", "control character"),
     (" x", "starts or ends with a space"), ("ART", "only in case"),
     ("seed", "it has another meaning"), ("n" * 121, "longer than 120 bytes")],
)  # fmt: skip
def test_names_that_cannot_be_folders(tmp_path, tokenizer, name, reason):
    rows = [{**row, "area": name if row["area"] == "law" else row["area"]} for row in ROWS]
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    fails(tmp_path, tokenizer, f"partition name .* {reason}")
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, value_map={"area": {name: "law"}}
    )
    assert set(manifest["units"]) == {"art", "law"}


def test_places_that_do_not_exist(tmp_path, tokenizer):
    write_rows(tmp_path / "data" / "a.jsonl", ROWS)
    fails(tmp_path, tokenizer, r"root .*/nowhere does not exist \(looked for /", roots=[str(tmp_path / "nowhere")])
    fails(tmp_path, tokenizer, "does not exist .*; patterns go into `globs`", roots=[str(tmp_path / "*.jsonl")])
    fails(tmp_path, tokenizer, r"glob '\*.parquet' matches no file under", globs=["*.parquet"])
    fails(tmp_path, tokenizer, "`path_regex` .* matches none of 1 files; .* 'data/a.jsonl'", path_regex="(?P<x>z)")
    fails(tmp_path, tokenizer, "memory://nowhere does not exist, or holds no file", roots=["memory://nowhere"])
    fails(tmp_path, tokenizer, r"tokenizer folder .* does not exist", tokenizer=str(tmp_path / "none"))
    fails(tmp_path, tokenizer, "nothing://x cannot be read: .*Protocol not known", roots=["nothing://x"])


def test_partitions_that_do_not_exist(tmp_path, tokenizer):
    write_rows(tmp_path / "data" / "a.jsonl", ROWS)
    fails(tmp_path, tokenizer, "unknown partition 'lav'; did you mean 'law'", units=["art", "lav"])
    fails(tmp_path, tokenizer, r"unknown partition 'x_\*'", seed_partitions=["x_*"])
    fails(tmp_path, tokenizer, "no document belongs to any partition: 48 has no field 'year'", partition_by=["year"])
    fails(tmp_path, tokenizer, "'art' has no document for the val split; raise `val_fraction`", val_fraction=1e-9)
    fails(tmp_path, tokenizer, "partition name 'art' is given twice", units=["art", "law"], seed_partitions=["a*"])


def test_a_full_disk_leaves_nothing_finished(tmp_path, tokenizer, monkeypatch, capsys):
    from hf_ablate.corpus import blocks

    write_rows(tmp_path / "data" / "a.jsonl", ROWS)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    command = [
        "partition", f"--run_dir={tmp_path / 'run'}", "--source=jsonl", f"--roots={tmp_path / 'data'}",
        "--partition_by=area", f"--tokenizer={tokenizer}", "--block_size=16", "--unit_tokens=640",
        "--val_fraction=0.2", "--test_fraction=0.2",
    ]  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(blocks, "_write_file", full)
        assert main(command) == 1
    assert "no space left on the disk" in capsys.readouterr().err
    corpus = tmp_path / "run" / "corpus"
    assert not (corpus / "manifest.json").exists() and not list(corpus.glob("units/*/*"))
    assert main(command) == 0 and (corpus / "manifest.json").exists()


def test_files_that_change_while_they_are_read(tmp_path, tokenizer, monkeypatch):
    from hf_ablate.corpus.selection import collect

    path = write_rows(tmp_path / "data" / "a.jsonl", ROWS)
    original = collect.encode_task

    def change_first(job, **more):
        write_rows(path, ROWS[:3])
        original(job, **more)

    monkeypatch.setattr(collect, "encode_task", change_first)
    fails(tmp_path, tokenizer, r"input files changed while they were read \(near data/a.jsonl\)")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"partition_by": []}, "`partition_by` is empty"),
        ({"roots": []}, "`roots` is empty"),
        ({"path_regex": "("}, "is not a valid regular expression"),
        ({"path_regex": "abc"}, "has no named group"),
        ({"text_regex": "Copyright"}, r"`text_regex` 'Copyright' has no named group, e.g. 'Copyright \(\?P<year>"),
        ({"text_regex": "(?P<x>.)", "path_regex": "(?P<x>.)"}, "both give the field 'x'"),
        ({"text_regex": "(?P<x>.)", "source": "tokens"}, "`source: tokens` has none"),
        ({"value_map": {"are": {"a": "b"}}}, "unknown field in `value_map`: 'are'; did you mean 'area'"),
        ({"value_map": {"area": "b"}}, "expected a mapping to names"),
        ({"value_map": {"area": {"a": 5}}}, "maps 'a' to 5; expected a name"),
        ({"value_regex": {"area": {"(": "b"}}}, r"'\(' is not a valid regular expression"),
        ({"value_regex": {"area": {"a": "b"}}, "bins": {"area": [1]}}, "both `value_regex` and `bins`"),
        ({"bins": {"area": [3, 2]}}, "not in ascending order"),
        ({"bins": {"area": ["1990-1980"]}}, "is not a range"),
        ({"bins": {"area": ["1990-1999", "1995-2004"]}}, "overlap"),
        ({"bins": {"area": "auto"}, "unit_tokens": None}, "needs `bin_tokens`"),
        ({"slices": 4}, "with `slice` among the fields in `partition_by`"),
        ({"eval_source_by": "area"}, "expected one of at least two fields"),
        ({"fields": {"area": 3}}, "expected the place of the field"),
        ({"streaming": True}, "go with `source: hub`"),
        ({"source": "hub", "globs": ["a"]}, "are for files"),
        ({"val_fraction": 0.6, "test_fraction": 0.4}, "must add up to less than 1"),
        ({"unit_tokens": 15}, "less than one block"),
        ({"ngram_size": 0}, "`ngram_size` is 0; it must be positive"),
        ({"decontaminate_against": ["/no/where"]}, "/no/where does not exist"),
    ],
    ids=str,
)  # fmt: skip
def test_arguments_that_make_no_sense(tmp_path, tokenizer, arguments, message):
    write_rows(tmp_path / "data" / "a.jsonl", ROWS)
    fails(tmp_path, tokenizer, message, **arguments)
