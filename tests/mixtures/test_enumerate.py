"""The enumerate stage: what it writes, what it skips, which mixtures get a reference model."""

from collections import Counter

import pytest

from hf_ablate.errors import InputError
from hf_ablate.manifest import write_manifest
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.enumerate import read_mixtures, run
from hf_ablate.mixtures.methods import subsets
from hf_ablate.mixtures.references import choose_references


def write_corpus(run_dir, **facts):
    text = {"blocks": 1, "tokens": 16, "digest": "text"}
    write_manifest(
        run_dir / "corpus", "partition", {}, {}, units=dict.fromkeys("abcde", text), seed=None, block_size=16,
        tokenizer={"vocab_size": 300, "digest": "tokenizer"}, **facts,
    )  # fmt: skip


@pytest.fixture
def run_dir(tmp_path):
    write_corpus(tmp_path)
    return tmp_path


def test_candidates_are_written_and_read_back(run_dir, capsys):
    run(EnumerateArguments(run_dir=run_dir, num_references=12))
    candidates = read_mixtures(run_dir)
    assert [candidate.mixture for candidate in candidates] == list(subsets(list("abcde")))
    assert sum(candidate.reference for candidate in candidates) == 12
    assert "31" in capsys.readouterr().out


def test_unchanged_arguments_write_nothing_and_changed_ones_do(run_dir):
    run(EnumerateArguments(run_dir=run_dir, num_references=3))
    before = (run_dir / "mixtures" / "manifest.json").stat().st_mtime_ns
    run(EnumerateArguments(run_dir=run_dir, num_references=3))
    assert (run_dir / "mixtures" / "manifest.json").stat().st_mtime_ns == before
    run(EnumerateArguments(run_dir=run_dir, num_references=4))
    assert sum(candidate.reference for candidate in read_mixtures(run_dir)) == 4


def test_reading_before_enumerating_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="not finished"):
        read_mixtures(tmp_path)


def test_references_are_spread_over_numbers_of_units_and_never_single():
    mixtures = list(subsets(list("abcde")))
    chosen = choose_references(mixtures, 12, random_seed=0)
    sizes = Counter(len(mixture.units) for mixture in mixtures if mixture.id in chosen)
    assert sizes == {2: 4, 3: 4, 4: 3, 5: 1}
    assert choose_references(mixtures[::-1], 12, random_seed=0) == chosen
    assert choose_references(mixtures, 12, random_seed=1) != chosen
    with pytest.raises(InputError, match="only 26"):
        choose_references(mixtures, 27, random_seed=0)


def test_dry_run_before_the_corpus_exists_plans_with_the_named_units_and_else_says_when(tmp_path, capsys):
    run(EnumerateArguments(run_dir=tmp_path, units=["a", "b"], dry_run=True))
    assert "all" in capsys.readouterr().out
    run(EnumerateArguments(run_dir=tmp_path, dry_run=True))
    assert "planned when the corpus is partitioned" in capsys.readouterr().out
    run(EnumerateArguments(run_dir=tmp_path, units=["a", "b"], exclude_units=["field=x"], dry_run=True))
    assert "planned when the corpus is partitioned" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_groups_are_those_that_the_corpus_records(tmp_path):
    groups = {unit: {"fields": {"vowel": str(unit in "ae")}, "source": ["root"]} for unit in "abcde"}
    write_corpus(tmp_path, groups=groups)
    run(EnumerateArguments(run_dir=tmp_path, methods=["groups"], group_by=["vowel"], exclude_units=["b"]))
    assert [candidate.mixture.name for candidate in read_mixtures(tmp_path)] == ["a + e", "c + d"]
