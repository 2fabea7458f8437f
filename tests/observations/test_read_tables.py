"""The form and the format of a table do not matter, and what is no table is refused."""

import csv
import gzip
import json

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_ablate.errors import InputError
from hf_ablate.observations.tables import read_table
from hf_ablate.observations.values import read_values


NAMES = st.lists(st.text("abcdefgh_/. ", min_size=1).filter(str.strip).map(str.strip), min_size=2, unique=True)
NAMES = NAMES.filter(lambda names: not {"id", "seed", "unit", "domain", "weight", "loss"} & set(names))


@st.composite
def runs(draw):
    """Run → name → number, with some blanks."""
    names = draw(NAMES.map(lambda names: names[:5]))
    numbers = st.floats(0, 1e6, allow_nan=False)
    row = st.dictionaries(st.sampled_from(names), numbers, min_size=1)
    ids = draw(st.lists(st.integers(0, 99), min_size=1, max_size=6, unique=True))
    found = {str(number): draw(row) for number in ids}
    found[str(ids[0])] |= {name: 0.5 for name in names}  # every name in one run at least
    return found


def write_wide(folder, values):
    names = list(dict.fromkeys(name for row in values.values() for name in row))
    rows = [[int(run), *(row.get(name) for name in names)] for run, row in values.items()]
    return write_all(folder / "wide", ["id", *names], rows)


def write_long(folder, values):
    rows = [[int(run), name, number] for run, row in values.items() for name, number in row.items()]
    return write_all(folder / "long", ["id", "unit", "weight"], rows)


def write_all(stem, header, rows):
    """The same table as CSV, TSV, parquet and JSON lines, plain and compressed."""
    paths = [stem.with_suffix(suffix) for suffix in (".csv", ".tsv", ".parquet", ".jsonl", ".jsonl.gz")]
    for path, separator in zip(paths[:2], ",\t", strict=True):
        with open(path, "w", newline="") as file:
            csv.writer(file, delimiter=separator).writerows([header, *rows])
    columns = [pa.array([row[column] for row in rows]) for column in range(len(header))]
    pa.parquet.write_table(pa.table(columns, header), paths[2])
    lines = "".join(json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in rows)
    paths[3].write_text(lines)
    paths[4].write_bytes(gzip.compress(lines.encode()))
    return paths


@settings(max_examples=40, deadline=None)
@given(values=runs())
def test_form_and_format_do_not_matter(values, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    for path in [*write_wide(folder, values), *write_long(folder, values)]:
        read = read_values(read_table(path), "weight", "id")
        assert {key.run: row for key, row in read.rows.items()} == values, path


def test_pandas_tables_have_their_index_as_ids(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"a": [0.25, 1.0], "b": [0.75, None]}, index=["x", "y"])
    frame.to_csv(tmp_path / "t.csv")
    frame.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        read = read_values(read_table(tmp_path / name), "weight", "index")
        assert {key.run: row for key, row in read.rows.items()} == {"x": {"a": 0.25, "b": 0.75}, "y": {"a": 1.0}}


def test_objects_in_rows_are_columns_and_text_is_left_out_with_a_word(tmp_path, caplog):
    (tmp_path / "m.jsonl").write_text('{"id": "m-1", "name": "a + b", "weights": {"a": 0.5, "b": 0.5}}\n')
    read = read_values(read_table(tmp_path / "m.jsonl"), "weight", "id")
    assert [row for row in read.rows.values()] == [{"a": 0.5, "b": 0.5}]
    assert "column 'name' holds no numbers and is left out" in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.csv", b"", "is empty"),
        ("h.csv", b"id,a,b\n", "has no rows"),
        ("h.jsonl", b"\n", "has no rows"),
        ("t.txt", b"Dear all,\nplease find enclosed", "row 1 has 1 cells, the header has 2"),
        ("p.txt", b"Dear all\nplease find", "is not a table: its first line has a single column, 'Dear all'"),
        ("n.csv", b"1,0.5,0.5\n2,0.1,0.9\n", "has no header"),
        ("d.csv", b"id,a,a\n1,0.5,0.5\n", "several columns called 'a'"),
        ("r.csv", b"id,a,b\n1,0.5,0.5\n2,0.1\n", "row 2 has 2 cells, the header has 3"),
        ("b.csv", b"\xff\xfe\x00\x01,\n", "is not a table of text in UTF-8"),
        ("x.xlsx", b"PK\x03\x04 and more", "is a spreadsheet or a zip archive; save the table as CSV"),
        ("q.parquet", b"PAR1 and no more", "is not a readable parquet file"),
        ("c.csv.gz", b"\x1f\x8b\x08\x00", "is cut short or damaged"),
        ("a.jsonl", b'[{"id": 1}]\n', "holds one JSON array"),
        ("l.jsonl", b'{"id": 1}\n{"id": \n', "line 2 is not valid JSON"),
        ("folder", None, "is a folder"),
        ("missing.csv", ..., "does not exist"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path, name, content, message):
    if content is None:
        (tmp_path / name).mkdir()
    elif content is not ...:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / name)
