"""Which files are input: everything under the roots is read, or counted and named."""

import logging
import os

import pytest
from corpus_files import byte_tokenizer, partition, rows_of, write_rows

from hf_ablate.corpus.inputs.list_files import list_files
from hf_ablate.errors import InputError


ROWS = rows_of(["art", "law"], 24)


def names(root, *globs, exclude=(), kind="jsonl") -> list[str]:
    return [file.name for file in list_files(kind, [str(root)], list(globs), list(exclude), None)]


@pytest.fixture
def said(caplog):
    """What was said of files that are not read."""
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def data(tmp_path):
    write_rows(tmp_path / "data" / "a" / "1.jsonl", ROWS)
    return tmp_path / "data"


def test_linked_folders_are_read(tmp_path, data, said):
    write_rows(tmp_path / "elsewhere" / "inner" / "2.jsonl", ROWS)
    (data / "b").symlink_to(tmp_path / "elsewhere")
    assert names(data) == names(data, "**/*.jsonl") == ["data/a/1.jsonl", "data/b/inner/2.jsonl"]
    assert not said()


def test_a_folder_is_read_once_and_loops_end(tmp_path, data, said):
    (data / "a" / "up").symlink_to("..")
    (data / "above").symlink_to(tmp_path)
    (data / "latest").symlink_to("a")
    (data / "round").symlink_to("round")
    assert names(data, "**/*.jsonl") == ["data/a/1.jsonl"]
    assert sorted(said()) == [
        "1 not read (links to nothing): data/round",
        "1 not read (the same folder as another): data/latest (is data/a)",
        "2 not read (links back to a folder above): data/a/up, data/above",
    ]
    with pytest.raises(InputError, match="data/round cannot be read: it is a link to a file that is not there"):
        names(data)
    assert names(data, exclude=["round"]) == ["data/a/1.jsonl"]


def test_what_cannot_be_read_is_an_error_that_names_the_glob_to_leave_it_out(data, monkeypatch):
    write_rows(data / "closed" / "2.jsonl", ROWS)
    scandir = os.scandir

    def refuse(folder):
        if str(folder).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    message = r"data/closed/ cannot be read: Permission denied; .* leave it out: exclude_globs: \['data/closed/\*\*'\]"
    with pytest.raises(InputError, match=message):
        names(data)
    assert names(data, exclude=["data/closed/**"]) == ["data/a/1.jsonl"]


def test_names_that_are_not_utf8_and_pipes(data):
    name = os.fsdecode(b"caf\xe9.jsonl")
    write_rows(data / name, ROWS)
    with pytest.raises(
        InputError, match=r"data/caf\\udce9.jsonl cannot be read: its name is not UTF-8; rename it"
    ) as raised:
        names(data)
    assert str(raised.value).isascii()
    assert names(data, exclude=["data/caf?.jsonl"]) == ["data/a/1.jsonl"]
    (data / name).unlink()
    os.mkfifo(data / "pipe")
    with pytest.raises(InputError, match="data/pipe cannot be read: it is a pipe, socket or device, not a file"):
        names(data)


def test_hidden_files_and_files_beside_the_data_are_counted_and_named(data, said):
    for name in ("README.md", "_SUCCESS", ".part.crc", ".git/config", "a/__pycache__/x.pyc", "LICENSE"):
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_text("")
    assert names(data) == ["data/a/1.jsonl"]
    assert said() == [
        "3 not read (hidden): data/.git/config, data/.part.crc, data/a/__pycache__/x.pyc",
        "3 not read (no documents, by name and content): data/LICENSE, data/README.md, data/_SUCCESS",
    ]
    write_rows(data / "_part-0", ROWS)
    write_rows(data / "README.jsonl", [])
    assert names(data, "*") == ["data/README.jsonl", "data/_part-0"], "what holds documents is read, whatever its name"
    assert names(data, "_*", kind="files") == ["data/_SUCCESS", "data/_part-0"], "every file is a document"


def test_a_folder_as_spark_writes_it(tmp_path, data):
    tokenizer = byte_tokenizer(tmp_path / "tokenizer")
    arguments = {"tokenizer": tokenizer, "partition_by": ["area"]}
    plain = partition(tmp_path / "plain", roots=[str(data)], **arguments)
    for name in ("_SUCCESS", "part-00001", "README.md"):
        (data / name).write_text("")
    spark = partition(tmp_path / "spark", roots=[str(data)], **arguments)
    assert spark["digest"] == plain["digest"]
    (data / "notes.txt").write_text("no data")
    with pytest.raises(
        InputError, match=r"if the file is none of the data, leave it out: exclude_globs: \['notes.txt'\]"
    ):
        partition(tmp_path / "notes", roots=[str(data)], **arguments)
