"""Repetition in the final run against the study: epochs by hand, and when they are worth a warning."""

import pytest

from hf_ablate.errors import InputError
from hf_ablate.manifest import write_manifest
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.run_folder import RunFolder
from hf_ablate.search.repetition import Repetition, repetition_warnings, repetitions


@pytest.fixture
def run_dir(tmp_path):
    """A corpus of a large unit, and a small one that was repeated twice to fill the budget."""
    units = {
        "large": {"tokens": 1000, "available_tokens": 10_000, "epochs": 1.0},
        "small": {"tokens": 1000, "available_tokens": 500, "epochs": 2.0},
    }
    write_manifest(RunFolder(tmp_path).corpus, "partition", {}, {}, units=units)
    return tmp_path


def test_epochs_are_tokens_over_what_is_available(run_dir):
    mixture = Mixture.of({"large": 0.75, "small": 0.25})
    expected = [Repetition("large", 1.0, 1.5), Repetition("small", 2.0, 10.0)]
    assert repetitions(run_dir, mixture, 20_000) == expected


def test_components_that_see_their_unit_several_times_count(run_dir):
    blocks = {"small": {"blocks": 6, "epochs": 3.0}}
    write_manifest(RunFolder(run_dir).component("small"), "train", {}, {}, blocks=blocks)
    assert repetitions(run_dir, Mixture.uniform(["small"]), 3000) == [Repetition("small", 6.0, 6.0)]


@pytest.mark.parametrize(
    ("study", "final", "verdict"),
    [(1.0, 2.0, None), (1.0, 2.1, "overrate"), (4.0, 1.9, "underrate"), (4.0, 2.0, None), (0.1, 0.9, None)],
)
def test_a_warning_takes_more_than_a_factor_of_two_in_repeated_text(study, final, verdict):
    warnings = repetition_warnings([Repetition("code", study, final)])
    assert [f"may {verdict} it." in warning for warning in warnings] == ([True] if verdict else [])


def test_a_unit_that_the_corpus_lacks_is_named(run_dir):
    with pytest.raises(InputError, match="unknown unit 'smal'; did you mean 'small'"):
        repetitions(run_dir, Mixture.uniform(["smal"]), 1000)
