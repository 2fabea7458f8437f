"""Reference models that are named or trained are references; others are drawn beside them."""

import random
import re
from collections import Counter
from itertools import combinations

import pytest

from hf_ablate.errors import InputError
from hf_ablate.manifest import write_manifest
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.enumerate import read_mixtures, run
from hf_ablate.mixtures.methods import dirichlet, subsets
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.references import choose_references
from hf_ablate.run_folder import RunFolder


def write_corpus(run_dir, units, **facts):
    text = {"blocks": 1, "tokens": 16, "digest": "text"}
    write_manifest(
        run_dir / "corpus", "partition", {}, {}, units=dict.fromkeys(units, text), seed=None, block_size=16,
        tokenizer={"vocab_size": 300, "digest": "tokenizer"}, **facts,
    )  # fmt: skip


def train(run_dir, mixture_ids):
    for mixture in mixture_ids:
        folder = RunFolder(run_dir).reference(mixture)
        folder.mkdir(parents=True)
        write_manifest(folder, "train", {}, {})


def references(run_dir):
    return {candidate.mixture.id for candidate in read_mixtures(run_dir) if candidate.reference}


def test_adding_and_removing_a_unit_keeps_every_trained_reference_that_is_a_candidate(tmp_path):
    write_corpus(tmp_path, "abcde")
    run(EnumerateArguments(run_dir=tmp_path, num_references=6))
    first = references(tmp_path)
    train(tmp_path, first)
    write_corpus(tmp_path, "abcdef")
    run(EnumerateArguments(run_dir=tmp_path, num_references=6))
    assert references(tmp_path) == first
    run(EnumerateArguments(run_dir=tmp_path, num_references=9))
    second = references(tmp_path)
    assert first < second and len(second) == 9
    run(EnumerateArguments(run_dir=tmp_path, num_references=2))
    assert references(tmp_path) == first
    write_corpus(tmp_path, "abcd")
    run(EnumerateArguments(run_dir=tmp_path, num_references=6))
    candidates = {candidate.mixture.id for candidate in read_mixtures(tmp_path)}
    assert first & candidates <= references(tmp_path) and len(references(tmp_path)) == 6


def test_training_references_leaves_the_written_mixtures_as_they_are(tmp_path):
    write_corpus(tmp_path, "abcde")
    run(EnumerateArguments(run_dir=tmp_path, num_references=6))
    drawn, before = sorted(references(tmp_path)), (tmp_path / "mixtures/manifest.json").stat().st_mtime_ns
    for mixture in drawn:
        train(tmp_path, [mixture])
        run(EnumerateArguments(run_dir=tmp_path, num_references=6))
        assert (tmp_path / "mixtures/manifest.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("case", range(50))
def test_choices_of_any_mixtures_keep_what_is_trained_and_finish_the_draw_that_was_begun(case):
    generator = random.Random(case)
    every = list(subsets(list("abcdef")[: generator.randint(3, 6)]))
    mixtures = generator.sample(every, generator.randint(len(every) // 2, len(every)))
    eligible = {mixture.id: len(mixture.units) for mixture in mixtures if len(mixture.units) > 1}
    count = generator.randint(0, len(eligible))
    draw = choose_references(mixtures, count, case)
    assert len(draw) == count

    begun = generator.sample(sorted(draw), generator.randint(0, count))
    assert choose_references(mixtures, count, case, begun) == draw

    trained = set(generator.sample([mixture.id for mixture in every], generator.randint(0, len(every))))
    kept = trained & eligible.keys()
    chosen = choose_references(mixtures, count, case, trained)
    assert kept <= chosen <= eligible.keys()
    assert len(chosen) == max(count, len(kept))
    assert choose_references(mixtures[::-1], count, case, chosen) == chosen
    sizes, kept_sizes = (Counter(eligible[each] for each in some) for some in (chosen, kept))
    for size in set(eligible.values()):
        for other, available in Counter(eligible.values()).items():  # a larger share only where it was there before
            assert sizes[size] <= max(kept_sizes[size], sizes[other] + 1) or sizes[other] == available


def test_half_of_the_references_have_equal_weights_where_there_are_both():
    units = list("abcde")
    uniform = list(subsets(units, 2, None))
    mixtures = [*uniform, *dirichlet(units, 40, 0.7, random_seed=0)]
    chosen = choose_references(mixtures, 14, random_seed=0)
    assert len(chosen & {mixture.id for mixture in uniform}) == 7
    few = choose_references([*uniform, mixtures[-1]], 6, random_seed=0)
    assert mixtures[-1].id in few and len(few) == 6


NAMED = {"methods": ["groups", "pairs"], "group_by": ["vowel"]}


def named(run_dir, **settings) -> set[str]:
    """The names of the references of a study of five units, of which a and e are vowels."""
    groups = {unit: {"fields": {"vowel": str(unit in "ae")}, "source": []} for unit in "abcde"}
    write_corpus(run_dir, "abcde", groups=groups)
    run(EnumerateArguments(run_dir=run_dir, **NAMED | settings))
    return {each.mixture.name for each in read_mixtures(run_dir) if each.reference}


def test_references_are_named_by_method_id_name_or_pattern(tmp_path):
    of_vowels = Mixture.uniform(["a", "e"])
    assert named(tmp_path, references=["groups"]) == {"a + e", "b + c + d"}
    assert named(tmp_path, references=["pairs"]) == {f"{a} + {b}" for a, b in combinations("abcde", 2)}
    assert named(tmp_path, references=["all"]) == named(tmp_path, references=["pairs", "groups"])
    assert named(tmp_path, references=["a + ?", "b + c + d"]) == {"a + b", "a + c", "a + d", "a + e", "b + c + d"}
    assert named(tmp_path, references=[of_vowels.id, "c + d"]) == {"a + e", "c + d"}
    given_by = {each.mixture: each.methods for each in read_mixtures(tmp_path)}
    assert given_by[of_vowels] == ("groups", "pairs") and given_by[Mixture.uniform(["b", "c"])] == ("pairs",)


def test_draws_fill_up_beside_the_references_that_are_named(tmp_path):
    of_groups = {"a + e", "b + c + d"}
    assert named(tmp_path, references=["groups"], num_references=1) == of_groups
    more = named(tmp_path, references=["groups"], num_references=6)
    assert len(more) == 6 and of_groups < more
    assert len(named(tmp_path, references=["all"], num_references=3)) == 11


@pytest.mark.parametrize("name", ["subsets", "a", "a + x", "m-0", "x*"])
def test_a_name_that_means_no_mixture_of_several_units_is_refused(tmp_path, name):
    singles = {"methods": ["groups", "pairs", "subsets"], "max_units": 1}
    with pytest.raises(
        InputError, match=re.escape(f"`references` has {name!r}, and none of the 11 candidates of two")
    ):
        named(tmp_path, references=[name], **singles)
    assert not (tmp_path / "mixtures").exists()
