"""Training documents that overlap with evaluation text are removed, no others, and it is said why."""

import json

import numpy as np
import pytest
from corpus_files import all_bytes, byte_tokenizer, eval_rows, partition, rows_of, texts_of, words, write_rows

from hf_ablate.corpus.decontamination.bloom import BloomFilter, write_filter
from hf_ablate.corpus.decontamination.overlap import OverlapRule, overlap_hashes, overlap_text
from hf_ablate.errors import InputError


def shares(one: str, other: str, by: str = "ngrams", size: int = 13) -> bool:
    return bool(
        np.isin(overlap_hashes(one, OverlapRule(by, size)), overlap_hashes(other, OverlapRule(by, size))).any()
    )


RUN = "one two three four five six seven eight nine ten eleven twelve thirteen"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (f"before {RUN} after", True),
        (RUN.upper().replace(" ", ",  \n"), True),
        (RUN.replace("seven", "eleven"), False),
        (RUN.replace(" thirteen", ""), False),
        (RUN.replace("one", "zero"), False),
        (" ".join(reversed(RUN.split())), False),
        ("", False),
    ],
)
def test_thirteen_words_in_a_row(other, expected):
    assert shares(f"x {RUN} y", other) is expected


def test_every_run_of_words_has_its_hash():
    """The vectorised hashes are a function of the run alone, wherever it stands, and differ between runs."""
    text = words(1, 500)
    hashes = overlap_hashes(text, OverlapRule("ngrams", 5))
    assert len(hashes) == 496 and hashes.dtype == np.uint64
    runs = [overlap_text(text, OverlapRule("ngrams", 5), place) for place in range(496)]
    assert [int(overlap_hashes(run, OverlapRule("ngrams", 5))[0]) for run in runs] == hashes.tolist()
    assert len(set(hashes.tolist())) == len(set(runs))


def test_characters_count_as_words_where_words_are_not_set_apart():
    assert shares("天地玄黃宇宙洪荒日月盈昃辰", "…天地玄黃宇宙洪荒日月盈昃辰。")
    assert not shares("天地玄黃宇宙洪荒日月盈昃辰", "天地玄黃宇宙洪荒日月盈昃宿")


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (f"other\n  {RUN}  \nmore", True),
        (f"before {RUN}", False),
        (RUN.upper(), False),
        (RUN.replace(" thirteen", ""), False),
    ],
)
def test_palomas_rule_takes_whole_paragraphs(other, expected):
    assert shares(f"title\n{RUN}\nend", other, "paragraphs") is expected


def test_palomas_rule_passes_over_short_paragraphs_and_marks():
    assert not shares("a b c", "a b c", "paragraphs")
    assert shares("a, b, c, d, e, f, g", "a, b, c, d, e, f, g", "paragraphs"), "marks count as tokens"
    assert not shares("- " * 20, "- " * 20, "paragraphs"), "but some word there must be"


def test_a_filter_knows_all_it_was_given_and_little_else(tmp_path):
    random = np.random.default_rng(0)
    known, unknown = random.integers(0, 2**64, (2, 200_000), np.uint64)
    rate = write_filter(tmp_path / "filter", np.array_split(known, 3), len(known), 1 << 20)
    assert 1e-9 < rate < 1e-6 and (tmp_path / "filter").stat().st_size == 1 << 20
    bloom = BloomFilter(tmp_path / "filter")
    assert all(bloom.first(np.append(unknown[:9], one)) == 9 for one in known[::97])
    assert bloom.first(unknown) is None
    assert bloom.first(known[:0]) is None


def test_a_filter_that_would_be_wrong_too_often_is_refused(tmp_path):
    with pytest.raises(InputError, match="too many for `filter_bytes` 1,000; set it to 8,388,608"):
        write_filter(tmp_path / "filter", [], 1_000_000, 1_000)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes") / "tokenizer")


def write_corpus(folder) -> list[dict]:
    """Documents of three areas; some of `art` and `old` quote evaluation sets."""
    rows = rows_of(["art", "law", "old"], 40)
    quoted = words(77_000, 60).split()
    for number in (3, 11, 12):
        rows[number]["text"] += " " + " ".join(quoted[number : number + 13])
    rows[85]["text"] = f"{words(5_000_000)} {' '.join(quoted[:30])}"
    rows[20]["text"] += " " + " ".join(quoted[:12])
    write_rows(folder / "data" / "a.jsonl", rows)
    c4 = [{"text": " ".join(quoted), "id": "e", "subdomain": "x"}, {"text": "too short"}]
    write_rows(folder / "paloma" / "c4" / "val" / "part.jsonl.gz", c4)
    write_rows(folder / "paloma" / "ptb" / "test" / "part.jsonl.gz", [{"text": words(78_000, 100)}])
    return rows


def test_overlap_is_removed_counted_and_shown(tmp_path, tokenizer, capsys):
    rows = write_corpus(tmp_path)
    arguments = {
        "roots": [str(tmp_path / "data")], "tokenizer": tokenizer, "unit_tokens": None, "seed_partitions": ["old"],
        "split_field": None, "val_fraction": 0.1, "test_fraction": 0.1,
    }  # fmt: skip
    clean = partition(tmp_path / "clean", **arguments)
    manifest = partition(tmp_path / "run", **arguments, decontaminate_against=[str(tmp_path / "paloma")])
    held_out = {row["id"] for split in ("val", "test") for row in eval_rows(tmp_path / "run", "in_domain", split)}
    expected = {rows[number]["id"] for number in (3, 11, 12)} - held_out
    assert len(expected) == 3
    removed = manifest["removed"]
    assert removed["overlapping"] == {"art/train": 3, "seed/train": 1}
    c4, ptb = removed["evaluation_sets"]["sets"]["c4"], removed["evaluation_sets"]["sets"]["ptb"]
    assert (c4["documents"], c4["too_short"], c4["removed"]) == (2, 1, {"art/train": 3, "seed/train": 1})
    assert ptb["removed"] == {} and removed["evaluation_sets"]["not_found_again"] == 0
    texts = texts_of(tmp_path / "run", "art")
    assert not any(row["text"] in texts for row in rows if row["id"] in expected)
    assert clean["units"]["art"]["available_tokens"] - manifest["units"]["art"]["available_tokens"] == sum(
        len(row["text"]) + 1 for row in rows if row["id"] in expected
    )
    samples = json.loads((tmp_path / "run" / "corpus" / "removed.json").read_text())["overlapping"]
    quoted = words(77_000, 60).split()
    assert {sample["id"]: sample["shares"] for sample in samples["art/train"]} == {
        rows[number]["id"]: " ".join(quoted[number : number + 13]) for number in (3, 11, 12)
    }
    assert all(sample["file"] == "data/a.jsonl" and sample["text"] for sample in samples["art/train"])
    printed = " ".join(capsys.readouterr().out.split())
    assert (
        "removed for overlap with c4 (2 documents): art/train 3, seed/train 1; 1 of its documents are too short"
        in printed
    )
    assert "| c4 | 2 | 4 |" in (tmp_path / "run" / "corpus" / "README.md").read_text()


def test_the_corpus_own_held_out_documents(tmp_path, tokenizer):
    """A training document that quotes a held-out one is removed; the held-out one stays."""
    rows = rows_of(["art", "law"], 40)
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer, "unit_tokens": None, "eval_bytes": 1000}
    partition(tmp_path / "first", **arguments)
    held_out = eval_rows(tmp_path / "first", "in_domain", "test")[0]
    trained = next(row for row in rows if row["text"] == texts_of(tmp_path / "first", "law")[0])
    trained["text"] += " " + " ".join(held_out["text"].split()[5:20])
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    manifest = partition(tmp_path / "second", **arguments, decontaminate_against=["held_out"])
    assert manifest["removed"]["overlapping"] == {"law/train": 1}
    assert held_out in eval_rows(tmp_path / "second", "in_domain", "test")
    assert not any(trained["text"][:50] in text for text in texts_of(tmp_path / "second", "law"))


def test_decontamination_does_not_depend_on_processes(tmp_path, tokenizer, monkeypatch):
    monkeypatch.setattr("hf_ablate.corpus.selection.index_task._TASK_FILES", 1)
    monkeypatch.setattr("hf_ablate.corpus.selection.jobs._JOB_BYTES", 500)
    rows = write_corpus(tmp_path)
    for number in range(3):
        write_rows(tmp_path / "data" / f"{number}.jsonl", rows[number::3])
    (tmp_path / "data" / "a.jsonl").unlink()
    for num_proc in (1, 2):
        partition(
            tmp_path / f"run-{num_proc}", roots=[str(tmp_path / "data")], tokenizer=tokenizer, num_proc=num_proc,
            decontaminate_against=[str(tmp_path / "paloma"), "held_out"], decontaminate_by="ngrams",
        )  # fmt: skip
    assert all_bytes(tmp_path / "run-1" / "corpus") == all_bytes(tmp_path / "run-2" / "corpus")


def test_palomas_rule_on_a_corpus(tmp_path, tokenizer):
    rows = rows_of(["art", "law"], 40)
    rows[5]["text"] += f"\n{RUN}\n"
    rows[6]["text"] += f" {RUN}"
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    write_rows(tmp_path / "nyt.jsonl", [{"text": f"Title\n\n{RUN}"}])
    manifest = partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, decontaminate_by="paragraphs",
        decontaminate_against=[str(tmp_path / "nyt.jsonl")], unit_tokens=None, val_fraction=0.1, test_fraction=0.1,
    )  # fmt: skip
    assert manifest["removed"]["evaluation_sets"]["sets"]["nyt.jsonl"]["removed"] == {"art/train": 1}


def test_evaluation_sets_that_cannot_be_used(tmp_path, tokenizer):
    write_corpus(tmp_path)
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer}
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty holds no JSON lines with a `text`"):
        partition(tmp_path / "run", **arguments, decontaminate_against=[str(tmp_path / "empty")])
    write_rows(tmp_path / "bad.jsonl", [{"text": "x"}, {"body": "y"}])
    with pytest.raises(InputError, match="bad.jsonl, line 2: expected a JSON object with a `text`"):
        partition(tmp_path / "run", **arguments, decontaminate_against=[str(tmp_path / "bad.jsonl")])
    (tmp_path / "bad.jsonl").write_text("{")
    with pytest.raises(InputError, match="bad.jsonl, line 1: .* is not valid JSON"):
        partition(tmp_path / "run", **arguments, decontaminate_against=[str(tmp_path / "bad.jsonl")])
    assert not (tmp_path / "run" / "corpus" / "manifest.json").exists()
