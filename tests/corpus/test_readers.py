"""Every kind of source gives the same units from the same documents."""

import gzip
import json

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from corpus_files import byte_tokenizer, eval_rows, partition, rows_of, texts_of, words, write_rows

from hf_ablate.corpus.arguments import PartitionArguments
from hf_ablate.corpus.from_arguments import input_files
from hf_ablate.errors import InputError


ROWS = rows_of(["art", "law"], 24)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes") / "tokenizer")


@pytest.fixture(scope="module")
def expected(tmp_path_factory, tokenizer):
    folder = tmp_path_factory.mktemp("plain")
    write_rows(folder / "data" / "a.jsonl", ROWS)
    return partition(folder / "run", roots=[str(folder / "data")], tokenizer=tokenizer)["digest"]


def lines(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_compressed_lines(tmp_path, tokenizer, expected):
    """Files may have several gzip members or Zstandard frames."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines(ROWS[:5])) + gzip.compress(lines(ROWS[5:20])))
    frame = pa.Codec("zstd").compress
    (folder / "b.json.zst").write_bytes(bytes(frame(lines(ROWS[20:30]))) + bytes(frame(lines(ROWS[30:]))))
    assert partition(tmp_path / "run", roots=[str(folder)], tokenizer=tokenizer)["digest"] == expected


def test_parquet(tmp_path, tokenizer, expected):
    (tmp_path / "data").mkdir()
    table = pa.Table.from_pylist([{**row, "unused": [1, 2]} for row in ROWS])
    pa.parquet.write_table(table, tmp_path / "data" / "a.parquet", row_group_size=7)
    manifest = partition(tmp_path / "run", source="parquet", roots=[str(tmp_path / "data")], tokenizer=tokenizer)
    assert manifest["digest"] == expected


def test_nested_and_renamed_fields(tmp_path, tokenizer, expected):
    rows = [{"doc": {"body": row["text"], "key": row["id"]}, "meta": {"areas": ["x", row["area"]]}} for row in ROWS]
    arguments = {"text_field": "doc.body", "id_field": "doc.key", "fields": {"area": "meta.areas.1"}}
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    arguments |= {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer}
    assert partition(tmp_path / "run", **arguments)["digest"] == expected
    pa.parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "data" / "a.parquet")
    (tmp_path / "data" / "a.jsonl").unlink()
    assert partition(tmp_path / "run", source="parquet", **arguments)["digest"] == expected


@pytest.mark.parametrize("scheme", ["memory", "file"])
def test_urls(tmp_path, tokenizer, expected, scheme):
    url = f"memory://bucket{tmp_path}/corpus" if scheme == "memory" else f"file://{tmp_path}/corpus"
    for name, rows in (("a/part.jsonl", ROWS[:20]), ("b/part.jsonl.gz", ROWS[20:]), ("c/other.txt", [])):
        fs, path = fsspec.core.url_to_fs(f"{url}/{name}")
        fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        fs.pipe(path, gzip.compress(lines(rows)) if name.endswith("gz") else lines(rows))
    arguments = {"roots": [url], "globs": ["*/part.*"], "path_regex": "corpus/(?P<folder>[ab])/"}
    manifest = partition(tmp_path / "run", tokenizer=tokenizer, **arguments)
    assert manifest["digest"] == expected
    assert manifest["files"]["matched"] == 2
    assert manifest["arguments"]["roots"] == [url if scheme == "memory" else "corpus"], "no path of this machine"


def test_hub_data_sets_with_configs_splits_and_missing_names(tmp_path, tokenizer, expected, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        write_rows(tmp_path / "set" / "all" / f"train-{number}.jsonl", ROWS[number::3])
    write_rows(tmp_path / "set" / "none" / "train-0.jsonl", ROWS[:1])
    configs = "- config_name: all\n  data_files: all/train-*\n- config_name: none\n  data_files: none/*\n"
    card = f"---\nconfigs:\n{configs}---\n"
    (tmp_path / "set" / "README.md").write_text(card)
    arguments = {"source": "hub", "roots": ["set"], "tokenizer": tokenizer}
    for streaming in (False, True):
        run_dir = tmp_path / f"run-{streaming}"
        manifest = partition(run_dir, **arguments, hub_configs=["all"], hub_splits=["train"], streaming=streaming)
        assert manifest["digest"] == expected
        assert manifest["files"]["read"] == (3 if streaming else 1)
    with pytest.raises(InputError, match="has 2 configs: all, none. Choose some with `hub_configs`"):
        partition(tmp_path / "run", **arguments)
    with pytest.raises(InputError, match="unknown config of set: 'al'; did you mean 'all'"):
        partition(tmp_path / "run", **arguments, hub_configs=["al"])
    with pytest.raises(InputError, match="unknown split of set, config all, 'test'"):
        partition(tmp_path / "run", **arguments, hub_configs=["all"], hub_splits=["test"])
    columns = ", ".join(ROWS[0])
    with pytest.raises(InputError, match=rf"field 'body' is missing \(`text_field` names it; it has {columns}\)"):
        partition(tmp_path / "run", **arguments, hub_configs=["all"], hub_splits=["train"], text_field="body")


def test_a_hub_data_set_that_cannot_be_reached(tmp_path):
    """The tests are offline."""
    with pytest.raises(InputError, match="data set no/such at revision v1 cannot be read: HF_HUB_OFFLINE is set"):
        partition(tmp_path / "run", source="hub", roots=["no/such"], hub_revision="v1")
    with pytest.raises(InputError, match="hf://datasets/no/such cannot be read: HF_HUB_OFFLINE is set"):
        partition(tmp_path / "run", roots=["hf://datasets/no/such"])


@pytest.mark.parametrize("form", ["raw", "header", "uint32"])
def test_token_ids(tmp_path, tokenizer, form):
    """One file a partition; ids of the byte tokenizer, so that texts come back."""
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(tokenizer)
    dtype = np.dtype("uint32" if form == "uint32" else "uint16")
    for area in ("art", "law"):
        folder = tmp_path / "data" / area
        folder.mkdir(parents=True)
        texts = [row["text"] for row in ROWS if row["area"] == area]
        ids = [number for text in texts for number in (*loaded(text)["input_ids"], 0)][:-1]
        ids = np.array([*ids[:50], 0, 0, *ids[50:]], dtype)  # a text cut in two, and an empty one between
        if form == "header":
            np.save(folder / "part.npy", ids)
        else:
            ids.tofile(folder / "part.npy")
    manifest = partition(
        tmp_path / "run", source="tokens", roots=[str(tmp_path / "data")], tokenizer=tokenizer, token_dtype=dtype.name,
        path_regex="data/(?P<area>[a-z]+)/", unit_tokens=None,
    )  # fmt: skip
    known = {row["text"] for row in ROWS}
    train = [text for area in ("art", "law") for text in texts_of(tmp_path / "run", area)[:-1]]
    held_out = [row["text"] for split in ("val", "test") for row in eval_rows(tmp_path / "run", "in_domain", split)]
    whole = [text for text in train + held_out if text in known]
    assert len(whole) >= len(train + held_out) - 4 and held_out
    assert manifest["leftovers"]["documents"]["is empty"]["documents"] == 2


def test_token_ids_of_another_tokenizer(tmp_path, tokenizer):
    (tmp_path / "data").mkdir()
    np.array([1, 2, 300, 0], np.uint16).tofile(tmp_path / "data" / "part.npy")
    arguments = {"source": "tokens", "roots": [str(tmp_path / "data")], "path_regex": "(?P<area>data)/"}
    with pytest.raises(InputError, match=r"part.npy, document 1: holds ids .* \(id 300, vocabulary of 257"):
        partition(tmp_path / "run", **arguments, tokenizer=tokenizer)
    with pytest.raises(InputError, match="needs `tokenizer`"):
        partition(tmp_path / "run", **arguments)


def test_plain_text_files(tmp_path, tokenizer):
    for row in ROWS:
        path = tmp_path / "data" / row["area"] / f"{row['id']}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(row["text"])
    manifest = partition(
        tmp_path / "run", source="files", roots=[str(tmp_path / "data")], globs=["**/*.txt"], tokenizer=tokenizer,
        path_regex="data/(?P<area>[a-z]+)/", exclude_globs=["law/law-1.txt"],
    )  # fmt: skip
    assert manifest["files"]["matched"] == len(ROWS) - 1
    assert {text for text in texts_of(tmp_path / "run", "art")[:-1]} < {row["text"] for row in ROWS}


def test_fields_that_the_text_itself_gives(tmp_path, tokenizer):
    """A year in a header, of files as of rows; one that is too far down or not there leaves the document out."""
    headers = {
        "# Copyright 1999 A": 24,
        "x" * 1_975 + " Copyright 2001": 24,
        "y" * 1_990 + " Copyright 2002": 1,
        "": 3,
    }
    texts = [f"{header} {words(number)}" for header, count in headers.items() for number in range(count)]
    for number, text in enumerate(texts):
        path = tmp_path / "data" / f"{number:03}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    rows = [{"id": f"data/{number:03}.txt", "text": text, "year": 1} for number, text in enumerate(texts)]
    write_rows(tmp_path / "rows" / "a.jsonl", rows)
    arguments = {
        "text_regex": "Copyright (?P<year>[0-9]{4})", "partition_by": ["year"], "tokenizer": tokenizer,
        "bins": {"year": [2000]}, "unit_tokens": None,
    }  # fmt: skip
    manifest = partition(tmp_path / "run", source="files", roots=[str(tmp_path / "data")], **arguments)
    assert sorted(manifest["units"]) == ["from-2000", "until-1999"]
    assert manifest["leftovers"]["documents"]["has no field 'year'"]["documents"] == 4
    assert manifest["groups"]["until-1999"]["fields"] == {"year": "until-1999"}
    assert all("1999" in text for text in texts_of(tmp_path / "run", "until-1999")[:-1])
    from_rows = partition(
        tmp_path / "run2", roots=[str(tmp_path / "rows")], value_map={"year": {"1": None}}, **arguments
    )
    assert from_rows["digest"] == manifest["digest"], "what the text says comes before what the row says"


def test_installed_packages_are_no_part_of_the_standard_library():
    """Globs for one root also go over the others; what is installed beside the library must not come in that way."""
    globs = ["site-packages/pytest/**/*.py", "stdlib/json/*.py", "**/_pytest/*.py"]
    arguments = PartitionArguments(
        roots=["site-packages", "stdlib"], globs=globs, partition_by=["package"],
        path_regex="(site-packages/)?(?P<package>[^/]+)/",
    )  # fmt: skip
    files = input_files(arguments)
    assert {file.origin for file in files} == {"site-packages", "stdlib"}
    assert {file.name.split("/")[1] for file in files if file.origin == "stdlib"} == {"json"}
    assert {file.fields["package"] for file in files} == {"pytest", "_pytest", "stdlib"}


@pytest.mark.parametrize("scheme", ["", "file://", "memory://"])
def test_a_root_can_be_one_file(tmp_path, tokenizer, expected, scheme):
    path = write_rows(tmp_path / "all.jsonl.gz", ROWS)
    if scheme == "memory://":
        fsspec.filesystem("memory").pipe(str(path), path.read_bytes())
    assert partition(tmp_path / "run", roots=[f"{scheme}{path}"], tokenizer=tokenizer)["digest"] == expected
