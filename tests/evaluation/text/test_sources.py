"""Evaluation text: what is found where, how it is sampled, and what is said of broken files."""

import bz2
import gzip
import json
import lzma
import random
from types import SimpleNamespace

import pyarrow as pa
import pytest
from datasets import Dataset
from tiny_pool import UNITS, write_eval_data, write_jsonl

from hf_ablate.errors import InputError
from hf_ablate.evaluation.text.hub_data import is_hub_name
from hf_ablate.evaluation.text.locations import find_sources
from hf_ablate.manifest import write_manifest


ROWS = [{"text": f"text {number}", "id": str(number)} for number in range(10)]


def test_a_paloma_style_folder_has_a_source_per_folder(tmp_path):
    sources = find_sources([write_eval_data(tmp_path / "data")], "val")
    assert [source.name for source in sources] == ["in_domain", "out_of_domain"]
    assert {document.domain for document in sources[0].read()} == set(UNITS)


def test_corpora_and_run_folders_of_this_project_are_found_with_the_digests_of_their_manifest(tmp_path):
    write_eval_data(tmp_path / "corpus" / "eval")
    write_manifest(
        tmp_path / "corpus", "partition", {}, {}, units={}, seed=None, block_size=16,
        tokenizer={"vocab_size": 300, "digest": "tokenizer"}, eval={"in_domain": {"val": {"digest": "recorded"}}},
    )  # fmt: skip
    for location in (tmp_path, tmp_path / "corpus", tmp_path / "corpus" / "eval"):
        sources = find_sources([location], "val")
        assert [source.name for source in sources] == ["in_domain", "out_of_domain"]
        assert sources[0].digest == "recorded" and sources[1].digest != "recorded"


@pytest.mark.parametrize("name", ["val", "validation", "valid"])
def test_the_names_of_the_validation_split_mean_the_same(tmp_path, name):
    write_jsonl(tmp_path / "s" / name / "a.jsonl", ROWS)
    assert len(find_sources([tmp_path], "val")[0].read()) == 10
    assert find_sources([tmp_path / "s"], "val")[0].name == "s"


def test_a_split_is_a_folder_not_a_part_of_a_path(tmp_path):
    """The original looked for the split anywhere in the path."""
    write_jsonl(tmp_path / "validated" / "test" / "a.jsonl", ROWS)
    with pytest.raises(InputError, match="no source in .* has a split 'val'"):
        find_sources([tmp_path], "val")
    assert [source.name for source in find_sources([tmp_path], "test")] == ["validated"]


def test_single_files_are_sources(tmp_path):
    paths = [write_jsonl(tmp_path / "a.jsonl", ROWS), write_jsonl(tmp_path / "b.jsonl.gz", ROWS[:3])]
    assert [(source.name, len(source.read())) for source in find_sources(paths, "val")] == [("a", 10), ("b", 3)]


def test_a_source_in_several_files_is_read_in_the_order_of_their_names(tmp_path):
    for name, rows in (("b", ROWS[5:]), ("a", ROWS[:5])):
        write_jsonl(tmp_path / "s" / "val" / f"{name}.jsonl.gz", rows)
    source = find_sources([tmp_path], "val")[0]
    assert [document.text for document in source.read()] == [row["text"] for row in ROWS]


def test_files_compressed_with_zstandard_are_sources(tmp_path):
    path = write_jsonl(tmp_path / "data" / "s" / "val" / "a.jsonl.zst", ROWS)
    for location, name in ((tmp_path / "data", "s"), (path, "a"), (str(path), "a")):
        (source,) = find_sources([location], "val")
        assert source.name == name
        assert [document.text for document in source.read()] == [row["text"] for row in ROWS]
    assert not is_hub_name("data/val.jsonl.zst")


def test_every_file_of_a_split_is_read_or_named(tmp_path, caplog):
    texts = [json.dumps({"text": f"text {number}"}).encode() + b"\n" for number in range(9)]
    folder = tmp_path / "s" / "val"
    (folder / "deeper").mkdir(parents=True)
    contents = {
        "a.jsonl": b"\xef\xbb\xbf" + texts[0], "b.jsonl.gz": gzip.compress(texts[1]),
        "c.jsonl.xz": lzma.compress(texts[2]), "d.jsonl.bz2": bz2.compress(texts[3]),
        "e.jsonl.GZ": gzip.compress(texts[4]), "f": gzip.compress(texts[5]),
        "g.json": texts[6], "h.jsonl.zst": bytes(pa.Codec("zstd").compress(texts[7])),
        "README.md": b"# Data", "deeper/a.jsonl": texts[8],
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (tmp_path / "linked").symlink_to(tmp_path / "s")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    write_jsonl(tmp_path / "other" / "test" / "a.jsonl", ROWS)
    write_jsonl(tmp_path / "beside.jsonl", ROWS)
    source, linked = sorted(find_sources([tmp_path], "val"), key=lambda source: source.name, reverse=True)
    assert [document.text for document in source.read()] == [f"text {number}" for number in range(8)]
    assert linked.name == "linked" and linked.digest == source.digest
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(":")[0] for line in sorted(lines)] == [
        "1 not read (links to nothing)",
        "1 not read (no split 'val')",
        "1 not read (outside of the sources' folders)",
        "2 not read (in a folder of a split)",
        "2 not read (no `text` a line)",
    ]
    for name in ("beside.jsonl", "other", "gone", "deeper/a.jsonl", "README.md"):
        assert name in "".join(lines)


def test_files_without_a_name_for_it_that_are_damaged_or_have_long_lines_are_not_passed_over(tmp_path):
    folder = tmp_path / "s" / "val"
    folder.mkdir(parents=True)
    (folder / "long").write_text(json.dumps({"id": "x" * 2_000_000, "text": "a"}) + "\n")
    assert len(find_sources([tmp_path], "val")[0].read()) == 1
    (folder / "part").write_bytes(gzip.compress(b'{"text": "a"}')[:-9])
    with pytest.raises(InputError, match="s/val/part is cut short or damaged"):
        find_sources([tmp_path], "val")


def test_a_split_of_two_folders_is_refused(tmp_path):
    for name in ("val", "validation"):
        write_jsonl(tmp_path / "s" / name / "a.jsonl", ROWS)
    with pytest.raises(InputError, match="s has the split 'val' more than once: val and validation; keep one"):
        find_sources([tmp_path], "val")


def test_the_digest_is_of_the_content(tmp_path):
    digests = []
    for rows in (ROWS, ROWS, ROWS[:-1]):
        digests.append(find_sources([write_jsonl(tmp_path / "a.jsonl", rows)], "val")[0].digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_limit_draws_as_the_paper_did(tmp_path):
    source = find_sources([write_jsonl(tmp_path / "a.jsonl", ROWS)], "val")[0]
    expected = random.Random(1234).sample([row["text"] for row in ROWS], 4)
    assert [document.text for document in source.limited(4).read()] == expected
    assert [document.text for document in source.limited(10).read()] == [row["text"] for row in ROWS]
    assert len(source.limited(11).read()) == 10


def test_a_limit_by_domain_draws_from_each_as_from_a_source_of_its_own(tmp_path):
    rows = [{"text": f"{domain}{number}", "subdomain": domain} for number in range(9) for domain in "ab"]
    rows += [{"text": f"c{number}", "subdomain": "c"} for number in range(2)]
    source = find_sources([write_jsonl(tmp_path / "all.jsonl", rows)], "val")[0]
    drawn = [document.text for document in source.limited(4, "domain").read()]
    assert drawn == [
        document.text
        for domain in "abc"
        for document in find_sources(
            [write_jsonl(tmp_path / f"{domain}.jsonl", [row for row in rows if row["subdomain"] == domain])], "val"
        )[0]
        .limited(4)
        .read()
    ]
    assert len(drawn) == 4 + 4 + 2 and len(source.limited(4, "source").read()) == 4


def test_documents_without_an_id_are_named_by_file_and_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x", "metadata": {"any": ["thing"]}}\n\n{"text": "y"}\n')
    assert [document.name for document in find_sources([path], "val")[0].read()] == ["a.jsonl:1", "a.jsonl:3"]


def test_a_line_separator_in_a_text_ends_no_row(tmp_path):
    text = "one\u2028two\u0085three\x0cfour"
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": text}])
    assert [document.text for document in find_sources([path], "val")[0].read()] == [text]


def test_places_that_do_not_exist_and_equal_names_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        find_sources([tmp_path / "nowhere"], "val")
    path, other = (write_jsonl(tmp_path / name / "a.jsonl", ROWS) for name in ("x", "y"))
    with pytest.raises(InputError, match="two sources are called 'a'"):
        find_sources([path, other], "val")


def test_an_empty_split_is_refused(tmp_path):
    write_jsonl(tmp_path / "s" / "val" / "a.jsonl", [])
    with pytest.raises(InputError, match="split 'val' of source 's' has no documents"):
        find_sources([tmp_path], "val")[0].read()


def broken_files(tmp_path):
    content = gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS * 400).encode())
    yield "torn.jsonl.gz", content[: len(content) // 2]
    yield "flipped.jsonl.gz", content[:60] + bytes([content[60] ^ 0xFF]) + content[61:]
    yield "plain.jsonl.gz", b"not compressed\n"
    yield "latin.jsonl", '{"text": "é"}\n'.encode("latin-1")


@pytest.mark.parametrize("number", range(4))
def test_a_broken_file_is_named(tmp_path, number):
    name, content = list(broken_files(tmp_path))[number]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}.*(cannot be read after line|expected a JSON object)"):
        find_sources([tmp_path / name], "val")[0].read()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense", "expected a JSON object"),
        ('{"body": "x"}', "expected a JSON object with a `text`"),
        ("[1, 2]", "expected a JSON object"),
        ('{"text": null}', "`text` is NoneType; expected a string"),
        ('{"text": 5}', "`text` is int; expected a string"),
        ('{"text": "\\ud800"}', "`text` holds half a surrogate pair"),
        ('{"text": "a", "id": "\\ud800"}', "`id` holds half a surrogate pair"),
        ('{"text": "a", "subdomain": "\\udfff"}', "`subdomain` holds half a surrogate pair"),
        ("[" * 100_000, r"expected a JSON object .* \(nested too deep\)"),
    ],
)
def test_a_broken_row_is_named(tmp_path, line, message):
    (tmp_path / "a.jsonl").write_text(f'{{"text": "fine"}}\n{line}\n')
    with pytest.raises(InputError, match=f"a.jsonl, line 2: {message}"):
        find_sources([tmp_path / "a.jsonl"], "val")[0].read()


def hub_stand_in(folder):
    """What a data set on the Hub is, as a folder: `datasets` takes a relative path for either."""
    table = Dataset.from_list(
        [{"text": "a b", "subdomain": "one", "id": 1}, {"text": "c\r\n", "subdomain": None, "id": 2}]
    )
    for configuration, split in (("ptb", "validation"), ("c4_en", "validation"), ("c4_en", "test")):
        path = folder / configuration / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_parquet(path)
    entries = "\n".join(
        f"- config_name: {configuration}\n  data_files:\n"
        + "\n".join(f"  - split: {split}\n    path: {configuration}/{split}-*" for split in splits)
        for configuration, splits in (("ptb", ["validation"]), ("c4_en", ["validation", "test"]))
    )
    (folder / "README.md").write_text(f"---\nconfigs:\n{entries}\n---\n")


def test_data_sets_of_the_hub_are_sources(tmp_path, monkeypatch):
    hub_stand_in(tmp_path / "org" / "name")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("huggingface_hub.resolve_revision", lambda *_, **__: SimpleNamespace(resolved="0" * 40))
    sources = find_sources(["hf://datasets/org/name"], "val")
    assert sorted(source.name for source in sources) == ["c4_en", "ptb"]
    documents = sources[0].read()
    assert [(document.text, document.domain, document.name) for document in documents] == [
        ("a b", "one", "1"),
        ("c\r\n", None, "2"),
    ]
    assert [source.name for source in find_sources(["hf://datasets/org/name:c4_en"], "test")] == ["c4_en"]
    with pytest.raises(InputError, match="has no split 'test'; it has validation"):
        find_sources(["hf://datasets/org/name:ptb"], "test")


@pytest.mark.parametrize("name", ["hf://datasets/org/missing", "org/missing"])
def test_a_data_set_that_cannot_be_fetched_is_told_in_one_line(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="cannot be read|can it be fetched from the Hub") as raised:
        find_sources([name], "val")
    assert len(str(raised.value).splitlines()) == 1
