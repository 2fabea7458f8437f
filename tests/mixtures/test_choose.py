"""Mixtures that options name: by id, name and pattern, or by weights of units, patterns and groups."""

import pytest

from hf_ablate.errors import InputError
from hf_ablate.manifest import write_manifest
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.choose import choose_mixtures, mixture_of_weights
from hf_ablate.mixtures.enumerate import read_mixtures, run
from hf_ablate.mixtures.mixture import Mixture


def write_corpus(run_dir, units, groups):
    text = {"blocks": 1, "tokens": 16, "digest": "text"}
    write_manifest(
        run_dir / "corpus", "partition", {}, {}, units=dict.fromkeys(units, text), seed=None, block_size=16,
        tokenizer={"vocab_size": 300, "digest": "tokenizer"}, groups=groups,
    )  # fmt: skip


@pytest.fixture
def run_dir(tmp_path):
    """Five units, of which a and e are vowels, and all their pairs."""
    write_corpus(tmp_path, "abcde", {unit: {"fields": {"vowel": str(unit in "ae")}, "source": []} for unit in "abcde"})
    run(EnumerateArguments(run_dir=tmp_path, methods=["pairs"]))
    return tmp_path


def test_mixtures_are_chosen_by_id_name_and_pattern_each_once(run_dir):
    first = Mixture.uniform(["a", "b"])
    chosen = choose_mixtures(run_dir, ["c + d", first.id, "a + *", "? + b"])
    assert [mixture.name for mixture in chosen] == ["c + d", "a + b", "a + c", "a + d", "a + e"]
    for name in ("x + *", "a", "m-0"):
        with pytest.raises(InputError, match="none of the study's 10 mixtures has the id or name"):
            choose_mixtures(run_dir, [name])


def test_mixtures_of_many_units_are_chosen_by_the_names_that_people_read(tmp_path):
    units = [f"{field}_{year}" for field in ("bio", "law") for year in range(2010, 2020)]
    groups = {unit: {"fields": {"field": unit[:3]}, "source": []} for unit in units}
    write_corpus(tmp_path, units, groups)
    options = {"methods": ["groups", "leave_one_out"], "group_by": ["field"]}
    run(EnumerateArguments(run_dir=tmp_path, **options, references=["field=law (10)"]))
    (reference,) = [each.mixture for each in read_mixtures(tmp_path) if each.reference]
    assert reference == Mixture.uniform(units[10:])
    assert choose_mixtures(tmp_path, ["field=law (10)"]) == [reference]
    assert len(choose_mixtures(tmp_path, ["field=bio (10) + law (9 of 10)*"])) == 10


def test_weights_take_units_patterns_and_groups_as_given_mixtures_do(run_dir):
    weights = {"vowel=True": 2, "c": 1, "?": 1}
    run(EnumerateArguments(run_dir=run_dir, methods=["given"], mixtures=[weights]))
    (given,) = choose_mixtures(run_dir, ["*"])
    assert mixture_of_weights(run_dir, weights) == given
    assert given.weights == pytest.approx({"a": 0.3, "b": 0.05, "c": 0.3, "d": 0.05, "e": 0.3})
    with pytest.raises(InputError, match="unknown group 'vowel=Truth'; did you mean 'vowel=True'"):
        mixture_of_weights(run_dir, {"vowel=Truth": 1})


def test_without_a_corpus_the_components_say_which_units_there_are(tmp_path):
    for unit in ("a_1", "a_2", "b"):
        folder = tmp_path / "models" / "components" / unit
        folder.mkdir(parents=True)
        write_manifest(folder, "train", {}, {}, model=f"component:{unit}", kind="component", mixture={unit: 1})
    assert mixture_of_weights(tmp_path, {"a_*": 1, "b": 1}).weights == {"a_1": 0.25, "a_2": 0.25, "b": 0.5}
    with pytest.raises(InputError, match="unknown unit 'c'. Known: a_1, a_2, b"):
        mixture_of_weights(tmp_path, {"c": 1})
