"""Readers under arbitrary bytes: what is in a file is read or counted, or the file is named; never a traceback."""

import bz2
import gzip
import io
import json
import lzma

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hf_ablate.corpus.inputs.input_file import InputFile
from hf_ablate.corpus.readers.document_format import DocumentFormat
from hf_ablate.corpus.rules.naming import NamingRules
from hf_ablate.corpus.selection.index_task import ReadSettings, Task, index_task, read_records
from hf_ablate.errors import InputError
from hf_ablate.evaluation.text.sources import Source


FUZZ = settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
ROWS = [
    {
        "text": f"text {number} \u00e9",
        "id": f"id-{number}",
        "area": "art",
        "year": 2000 + number,
        "deep": {"x": [number]},
    }
    for number in range(40)
]
LINES = [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in ROWS]
COMPRESS = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
}


def parquet_bytes() -> bytes:
    sink = io.BytesIO()
    pa.parquet.write_table(pa.Table.from_pylist(ROWS), sink, row_group_size=10)
    return sink.getvalue()


PARQUET = parquet_bytes()
_FOOTER = len(PARQUET) - int.from_bytes(PARQUET[-8:-4], "little") - 8
RULES = NamingRules(
    partition_by=("area", "year", "deep"), bins={"year": [2000, 2010]}, value_regex={"deep": {"[0-9]$": "one"}},
    places={"deep": "deep.x.0"},
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def count(folder, content: bytes, kind: str, name: str = "file") -> int | None:
    """How many documents of a file are indexed or counted as left out; `None` where the file is refused by name."""
    (folder / name).write_bytes(content)
    form = DocumentFormat(kind, partition_fields=RULES.fields, places=RULES.places)
    reading = ReadSettings(form, RULES, random_seed=0, max_document_bytes=1_000_000, on_bad_row="skip")
    task = Task(0, [InputFile(str(folder / name), f"data/{name}", len(content), "")])
    (folder / "00000.json").unlink(missing_ok=True)
    try:
        index_task(task, {"": reading}, folder)
    except InputError as error:
        assert f"data/{name}" in str(error) and "\n" not in str(error)
        return None
    left_out = json.loads((folder / "00000.json").read_text())["left_out"]
    return len(read_records(folder, task)) + sum(entry["documents"] for entry in left_out.values())


def check_lines(folder, content: bytes) -> None:
    """Each line that is not blank is a document or counted, also where evaluation text is read from the file."""
    lines = len([line for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()])
    counted = count(folder, content, "jsonl")
    assert counted in (None, lines if content else 1)
    try:
        assert len(Source("file", "val", (folder / "file",), "").read()) == lines
    except InputError as error:
        assert "file" in str(error) and "\n" not in str(error)


@FUZZ
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b"BZh")
@example(b"\x28\xb5\x2f\xfd")
def test_any_bytes(folder, content):
    check_lines(folder, content)
    assert count(folder, content, "parquet") is None
    assert count(folder, content, "files") == 1


@FUZZ
@given(st.integers(0, len(LINES) - 1), st.floats(0, 1), st.integers(0, 60), st.binary(max_size=60))
def test_lines_of_which_a_part_is_something_else(folder, number, start, length, other):
    line = LINES[number]
    at = int(start * len(line))
    check_lines(folder, b"".join([*LINES[:number], line[:at], other, line[at + length :], *LINES[number + 1 :]]))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
    | st.text("\ud800\udfff0129-/ Mayx", max_size=12) | st.sampled_from([10**400, "9" * 400, "1e999", 20120530]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=5,
)  # fmt: skip


@FUZZ
@given(st.lists(st.dictionaries(st.sampled_from([*ROWS[0], "subdomain", "\ud800"]), _VALUES), max_size=5))
def test_any_values(folder, rows):
    check_lines(folder, "".join(json.dumps(row) + "\n" for row in rows).encode())


@FUZZ
@given(st.sampled_from(sorted(COMPRESS)), st.integers(1, len(LINES) - 1), st.floats(0, 1), st.integers(0, 8))
def test_members_that_are_cut_short_or_have_a_wrong_bit(folder, kind, split, start, bit):
    """Of two members something is missing, or one bit is wrong."""
    first, second = (COMPRESS[kind](b"".join(lines)) for lines in (LINES[:split], LINES[split:]))
    content = first + second
    at = min(int(start * len(content)), len(content) - 1)
    if bit == 8 and at == len(first):
        return  # nothing shows that there was a second member
    content = content[:at] + (bytes([content[at] ^ 1 << bit]) + content[at + 1 :] if bit < 8 else b"")
    counted = count(folder, content, "jsonl")
    is_plain = not at or at < 6 and bit < 8 or bit == 8 and at < 6  # then its bytes are lines that are no JSON
    assert counted in (None, len(ROWS)) or is_plain and counted


@FUZZ
@given(st.sampled_from([0, _FOOTER]), st.floats(0, 1), st.binary(min_size=1, max_size=4))
def test_parquet_files_of_which_a_part_is_something_else(folder, first, start, other):
    at = first + int(start * (len(PARQUET) - len(other) - first))
    counted = count(folder, PARQUET[:at] + other + PARQUET[at + len(other) :], "parquet")
    assert counted in (None, len(ROWS))


@FUZZ
@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda rest: b"\x93NUMPY" + rest), st.integers(0, 140))
def test_token_files(folder, content, cut):
    from hf_ablate.corpus.readers import tokens

    sink = io.BytesIO()
    np.save(sink, np.arange(30, dtype=np.uint16))
    for data in (content, sink.getvalue()[:cut], sink.getvalue()[:cut] + content):
        (folder / "file.npy").write_bytes(data)
        try:
            ids = tokens._load(InputFile(str(folder / "file.npy"), "data/file.npy", len(data), ""), "uint16")
            assert ids.nbytes <= len(data)
        except InputError as error:
            assert "data/file.npy" in str(error) and "\n" not in str(error)
