"""The table of scores: its columns, its order, and what it leaves out."""

import math

import pytest

from hf_ablate.evaluation.row_blocks import blocks_of
from hf_ablate.evaluation.rows import ScoreRow
from hf_ablate.evaluation.tables import levels, means_of_domains, score_table


def rows_of(model: str, kind: str, bits: dict[tuple[str, str | None], float], num_bytes: int = 1000):
    return [
        ScoreRow(
            model,
            kind,
            None,
            source,
            domain,
            "val",
            1,
            100,
            num_bytes,
            num_bytes,
            50,
            -value * num_bytes * math.log(2),
        )
        for (source, domain), value in bits.items()
    ]


def cells(table: str) -> list[list[str]]:
    """Those of the lines below the title and above the explanation."""
    return [line.split() for line in table.partition("\n\n")[0].splitlines()[1:]]


def test_models_are_ordered_within_their_kind_by_the_mean_of_domains():
    rows = [
        *rows_of("worse", "external", {("s", "a"): 2.0, ("s", "b"): 4.0}),
        *rows_of("better", "external", {("s", "a"): 1.0, ("s", "b"): 3.0}),
        *rows_of("m", "merged", {("s", "a"): 0.5, ("s", "b"): 0.5}),
    ]
    assert cells(score_table(blocks_of(rows))) == [
        ["kind", "model", "mean", "pooled", "a", "b"],
        ["external", "better", "2.0000", "2.0000", "1.0000", "3.0000"],
        ["external", "worse", "3.0000", "3.0000", "2.0000", "4.0000"],
        ["merged", "m", "0.5000", "0.5000", "0.5000", "0.5000"],
    ]


def test_pooled_text_counts_bytes_and_the_mean_of_domains_counts_domains():
    rows = rows_of("m", "external", {("s", "a"): 1.0}) + rows_of("m", "external", {("s", "b"): 4.0}, num_bytes=2000)
    assert cells(score_table(blocks_of(rows)))[1][2:4] == ["2.5000", "3.0000"]


def test_many_domains_are_shown_by_source():
    bits = {(source, f"{source}{number}"): float(number) for source in ("x", "y") for number in range(8)}
    table = cells(score_table(blocks_of(rows_of("m", "external", bits))))
    assert table == [["kind", "model", "mean", "pooled", "x", "y"], ["external", "m", *["3.5000"] * 4]]


def test_the_best_of_many_models_are_shown_and_the_rest_counted():
    rows = [row for number in range(13) for row in rows_of(f"m{number:02}", "merged", {("s", None): 13.0 - number})]
    table = score_table(blocks_of(rows))
    assert [line[1] for line in cells(table)[1:11]] == [f"m{number:02}" for number in range(12, 2, -1)]
    assert "\nand 3 merged more in the score rows\n" in table


def test_a_domain_without_bytes_has_no_score_and_is_left_out_of_averages():
    rows = rows_of("m", "external", {("s", "a"): 2.0}) + rows_of("m", "external", {("s", "b"): 0.0}, num_bytes=0)
    assert cells(score_table(blocks_of(rows)))[1][2:] == ["2.0000", "2.0000", "2.0000", "nan"]
    assert means_of_domains(blocks_of(rows))["m"]["bits_per_byte"] == pytest.approx(2)
    assert [entry["bits_per_byte"] for entry in levels(blocks_of(rows))] == pytest.approx([2, None, 2, 2, 2])
