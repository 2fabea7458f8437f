"""The steps between documents and blocks, each against the plain way of doing it."""

import numpy as np
import pytest
from corpus_files import partition, tokens_of, write_rows

from hf_ablate.corpus import blocks
from hf_ablate.corpus.blocks import load_blocks, token_dtype, write_blocks
from hf_ablate.corpus.hashing import draws
from hf_ablate.corpus.selection import duplicates
from hf_ablate.corpus.selection.duplicates import find_duplicates
from hf_ablate.corpus.selection.ranges import RANGES, bytes_per_range, limits, range_of
from hf_ablate.errors import InputError


@pytest.mark.parametrize("at_once", [10, 300, 8_000_000], ids=["many ranges", "few ranges", "one range"])
def test_of_equal_documents_the_first_in_order_stays(monkeypatch, at_once):
    monkeypatch.setattr(duplicates, "_AT_ONCE", at_once)
    random = np.random.default_rng(0)
    values = random.integers(0, 2**64, 60, np.uint64)
    values[:3] = (0, 2**63, 2**64 - 1)  # the edges of ranges
    sizes = [100, 0, 250]
    parts = [
        (random.choice(values, size), random.integers(0, 40, size).astype(np.uint64), random.random(size) < 0.8)
        for size in sizes
    ]
    marks = find_duplicates(lambda: iter(parts), sizes)
    documents = sorted(
        (int(content[row]), int(order[row]), part, row)
        for part, (content, order, needed) in enumerate(parts)
        for row in np.flatnonzero(needed)
    )
    seen, expected = set(), [np.zeros(size, bool) for size in sizes]
    for content, _, part, row in documents:
        expected[part][row] = content in seen
        seen.add(content)
    assert all(np.array_equal(mark, other) for mark, other in zip(marks, expected, strict=True))
    assert sum(mark.sum() for mark in marks) == len(documents) - len(seen)


def test_ranges_of_the_order_fill_a_budget():
    random = np.random.default_rng(0)
    order, size = random.integers(0, 2**64, 5_000, np.uint64), random.integers(1, 1_000, 5_000)
    group = random.integers(-1, 3, 5_000)
    totals = bytes_per_range([(group[:100], order[:100], size[:100]), (group[100:], order[100:], size[100:])], 3)
    assert totals.shape == (3, RANGES)
    assert totals.sum(axis=1).tolist() == [size[group == number].sum() for number in range(3)]
    budgets = np.array([1, 300_000, np.inf])
    for number, limit in enumerate(limits(totals, budgets)):
        within = size[(group == number) & (range_of(order) < limit)].sum()
        fewer = size[(group == number) & (range_of(order) < limit - 1)].sum()
        assert within >= budgets[number] > fewer or limit == RANGES


def test_draws_are_stable():
    """A change of these numbers changes every corpus."""
    assert draws("stdlib/json/decoder.py", 0) == draws("stdlib/json/decoder.py", 0)
    assert draws("a", 0) != draws("a", 1) != draws("b", 1)
    assert draws("a", 0) == (17016157224123415568, 0.5726973086129874, 1589511013)


@pytest.mark.parametrize("file_tokens", [1 << 28, 64], ids=["one file", "several files"])
@pytest.mark.parametrize("dtype", ["<u2", "<u4"])
def test_blocks_hold_the_stream_of_tokens(tmp_path, monkeypatch, file_tokens, dtype):
    monkeypatch.setattr(blocks, "_FILE_TOKENS", file_tokens)
    monkeypatch.setattr(blocks, "_BATCH_TOKENS", 32)
    tokens = np.random.default_rng(0).integers(0, 60_000, 1_000).astype(dtype)
    digest = write_blocks(tmp_path, "train", np.split(tokens, [3, 3, 500, 900]), 61, 16, np.dtype(dtype))
    loaded = load_blocks(tmp_path)
    assert np.array_equal(np.array(loaded["input_ids"][:]).reshape(-1), tokens[: 61 * 16])
    assert len(list(tmp_path.glob("train-*.arrow"))) == (1 if file_tokens > 64 else 16)
    shuffled = loaded.shuffle(seed=3)
    assert shuffled[7] == loaded.shuffle(seed=3)[7] != loaded[7]
    other = write_blocks(tmp_path / "other", "train", np.split(tokens, 10), 61, 16, np.dtype(dtype))
    assert digest == other != write_blocks(tmp_path / "short", "train", [tokens], 60, 16, np.dtype(dtype))


def test_blocks_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="has no token blocks .*run `hf-ablate partition` first"):
        load_blocks(tmp_path, "test")


def test_the_type_of_token_ids():
    assert [token_dtype(size).name for size in (257, 65_536, 65_537)] == ["uint16", "uint16", "uint32"]


def test_more_is_read_where_the_first_guess_gives_too_few_tokens(tmp_path):
    """Words of 30 letters that the tokenizer knows whole: many bytes a token, so several rounds."""
    letters = np.array(list("abcdefghij"))
    random = np.random.default_rng(0)
    vocabulary = ["".join(random.choice(letters, 30)) for _ in range(6)]
    rows = [
        {"id": str(number), "text": " ".join(random.choice(vocabulary, 40)), "area": ("art", "law")[number % 2]}
        for number in range(1_500)
    ]
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    manifest = partition(tmp_path / "run", roots=[str(tmp_path / "data")], vocab_size=600, unit_tokens=16_000)
    for unit in ("art", "law"):
        facts = manifest["units"][unit]
        assert facts["unique_tokens"] == 16_000 and facts["epochs"] == 1.0
        assert facts["tokens"] / facts["documents"] < 60, "a word should be about one token"
        assert len(tokens_of(tmp_path / "run", unit)) == 1_000
        assert facts["available_tokens"] < 40 * 600, "no more is tokenised than is needed"
