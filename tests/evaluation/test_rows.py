"""Score rows: sums that add, perplexities that divide last, files that survive a crash."""

import json
import math
from dataclasses import asdict, replace

import pytest
from tiny_pool import read_rows

from hf_ablate.errors import InputError
from hf_ablate.evaluation.row_blocks import blocks_of
from hf_ablate.evaluation.row_files import append_blocks, blocks_digest, read_blocks, select_blocks
from hf_ablate.evaluation.rows import METRICS, ScoreRow, add_rows, perplexity, repair_last_line


ROW = ScoreRow(
    "m", "external", None, "s", "d", "val", 2, 10, 30, 40, 8, -25.0, data_digest="x", model_digest="w",
    tokenizer_digest="t", max_length=64,
)  # fmt: skip


def append_rows(path, rows):
    append_blocks(path, blocks_of(rows))


def test_metrics_are_as_defined():
    assert ROW.ppl_token == math.exp(25 / 10)
    assert ROW.ppl_char == math.exp(25 / 30)
    assert ROW.ppl_byte == math.exp(25 / 40)
    assert ROW.ppl_word == math.exp(25 / 8)
    assert ROW.bits_per_byte == 25 / (40 * math.log(2))


def test_a_row_of_empty_documents_has_no_score():
    empty = replace(ROW, num_tokens=0, num_chars=0, num_bytes=0, sum_logprob=0.0)
    assert math.isnan(empty.ppl_token) and math.isnan(empty.bits_per_byte)


def test_a_perplexity_too_large_for_a_float_is_infinite():
    assert perplexity(-1e6, 1) == math.inf


def test_sums_of_rows_are_rows():
    whole = add_rows([ROW, replace(ROW, domain="e", num_bytes=60, sum_logprob=-15.0)], "s")
    assert (whole.domain, whole.num_docs, whole.num_bytes, whole.sum_logprob) == (None, 4, 100, -40.0)
    assert whole.bits_per_byte == 40 / (100 * math.log(2))
    assert whole.data_digest == "x"
    assert add_rows([ROW, replace(ROW, source="r", data_digest="y")], None).data_digest == ""


def test_rows_are_read_back_as_written_the_later_of_two_equal_ones(tmp_path):
    later = replace(ROW, sum_logprob=-24.0)
    other = replace(ROW, domain=None)
    append_rows(tmp_path / "rows.jsonl", [ROW, other])
    append_rows(tmp_path / "rows.jsonl", [later])
    assert read_rows(tmp_path) == [later, other]


def test_rows_of_several_files_are_read_together(tmp_path):
    append_rows(tmp_path / "rows.0.jsonl", [ROW])
    append_rows(tmp_path / "rows.1.jsonl", [replace(ROW, model="n")])
    assert [row.model for row in read_rows(tmp_path)] == ["m", "n"]


@pytest.mark.parametrize("torn", ['{"model": "m", "ki', '{"model": "é'.encode()[:-1], "x" * 10_000])
def test_a_torn_last_line_is_left_out_and_then_removed(tmp_path, torn):
    path = tmp_path / "rows.jsonl"
    append_rows(path, [ROW])
    with open(path, "ab") as file:
        file.write(torn if isinstance(torn, bytes) else torn.encode())
    assert read_rows(tmp_path) == [ROW]
    other = replace(ROW, model="n")
    append_rows(path, [other])
    assert read_rows(tmp_path) == [ROW, other]
    assert len(path.read_bytes().splitlines()) == 2


def test_repair_leaves_whole_files_and_empties_a_file_of_one_torn_line(tmp_path):
    path = tmp_path / "rows.jsonl"
    repair_last_line(path)
    path.write_text("one\ntwo\n")
    repair_last_line(path)
    assert path.read_text() == "one\ntwo\n"
    path.write_text("torn")
    repair_last_line(path)
    assert path.read_text() == ""


@pytest.mark.parametrize("line", ["not json\n", "[1]\n", '{"model": "m"}\n'])
def test_a_broken_line_is_named(tmp_path, line):
    path = tmp_path / "rows.jsonl"
    append_rows(path, [ROW])
    path.write_text(path.read_text() + line + json.dumps(asdict(ROW)) + "\n")
    with pytest.raises(InputError, match=r"rows.jsonl, line 2 is not a score row"):
        read_rows(tmp_path)


def test_nan_is_never_written(tmp_path):
    with pytest.raises(ValueError):
        append_rows(tmp_path / "rows.jsonl", [replace(ROW, sum_logprob=math.nan)])
    assert read_rows(tmp_path) == []


def test_current_rows_are_those_of_the_given_models_and_measurement():
    measurement = {
        "split": "val", "tokenizer_digest": "t", "max_length": 64, "limit": None, "dtype": "float32",
        "data": {"s": "x"},
    }  # fmt: skip
    models = {"m": {"digest": "w"}, "own": {"digest": "w", "tokenizer_digest": "u"}}
    others = [
        replace(ROW, model_digest="older weights"),
        replace(ROW, data_digest="older data"),
        replace(ROW, model="not asked for"),
        replace(ROW, max_length=32),
        replace(ROW, limit=5),
        replace(ROW, dtype="bfloat16"),
        replace(ROW, split="test"),
        replace(ROW, source="another"),
    ]
    own = replace(ROW, model="own", tokenizer_digest="u")
    found = select_blocks(blocks_of([*others, own, ROW]), models, measurement)
    assert [row for block in found for row in block] == [ROW, own]


def test_the_digest_of_rows_depends_on_their_content_alone():
    other = replace(ROW, model="n")
    domain = replace(ROW, domain="e")

    def digest(*rows):
        return blocks_digest(blocks_of(rows))

    assert digest(ROW, domain, other) == digest(other, domain, ROW)
    assert len({digest(ROW), digest(ROW, domain), digest(replace(ROW, sum_logprob=-25.000001))}) == 3


SIZES = {"b": 0, "c": 7, "a": 9}
DOMAINS = [replace(ROW, domain=name, num_bytes=size, sum_logprob=-size / 3) for name, size in SIZES.items()]


def test_a_line_has_the_rows_of_a_model_on_a_source_and_scores_are_those_of_the_rows(tmp_path):
    append_rows(tmp_path / "rows.jsonl", DOMAINS)
    (line,) = map(json.loads, (tmp_path / "rows.jsonl").read_text().splitlines())
    assert (line["model"], line["domain"], line["num_bytes"]) == ("m", ["b", "c", "a"], [0, 7, 9])
    assert read_rows(tmp_path) == DOMAINS
    (block,) = read_blocks(tmp_path).values()
    for metric in METRICS:
        assert str(block.values(metric).tolist()) == str([getattr(row, metric) for row in DOMAINS])
    assert [row.domain for row in block.sorted()] == ["a", "b", "c"]


def test_lines_of_single_rows_are_read_as_those_of_several(tmp_path):
    later = replace(DOMAINS[1], sum_logprob=-1.0)
    for row in (*DOMAINS, later):
        append_rows(tmp_path / "rows.jsonl", [row])
    assert read_rows(tmp_path) == [DOMAINS[0], later, DOMAINS[2]]
    append_rows(tmp_path / "rows.jsonl", DOMAINS[:2])
    assert read_rows(tmp_path) == DOMAINS


def test_lists_of_different_lengths_are_no_score_rows(tmp_path):
    append_rows(tmp_path / "rows.jsonl", DOMAINS)
    line = json.loads((tmp_path / "rows.jsonl").read_text())
    (tmp_path / "rows.jsonl").write_text(json.dumps(line | {"num_docs": [1]}) + "\n")
    with pytest.raises(InputError, match=r"line 1 is not a score row \(its lists are of different lengths\)"):
        read_rows(tmp_path)
