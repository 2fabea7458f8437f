"""The mixtures of the paper's experiments on its 139 units, planned before there is a corpus."""

import pytest
from paper_units import PAPER

from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.from_arguments import enumerate_mixtures, needs_corpus


SOURCES = {"methods": ["across"], "across": ["source=s2orc", "source=wiki"]}
UPSAMPLED = [{}, {"source=s2orc": 2}, {"source=wiki": 2}]
SWAP = {"methods": ["swap"], "group_by": ["field"]}


@pytest.mark.parametrize(
    ("experiment", "settings", "count"),
    [
        ("pairs", SOURCES | {"samples": 50, "side_weights": UPSAMPLED}, 3 * 50),
        ("triples", {"methods": ["random"], "sizes": [3], "samples": 50}, 50),
        ("within-field", {"methods": ["groups"], "group_by": ["field"], "exclude_units": ["source=wiki"]}, 22),
        ("unequal-fields", {"methods": ["group_subsets"], "group_by": ["field"], "sizes": [2]}, 22 * 21 // 2),
        ("two-sources", SOURCES | {"across_by": ["field", "unit"]}, 22 * 11),
        ("swap-field", SWAP | {"base_units": ["Mathematics_and_logic"]}, 22),
        ("swap-field", SWAP | {"base_units": ["source=wiki"]}, 22),
        ("years", {"methods": ["windows"], "window_edges": "clip", "windows_within": "field", "windows_by": "years",
                   "units": ["source=s2orc"]}, 126),
    ],
)  # fmt: skip
def test_an_experiment_is_planned_from_its_recipe(experiment, settings, count):
    arguments = EnumerateArguments(**settings)
    assert not needs_corpus(arguments, groups_are_known=True)
    mixtures = enumerate_mixtures(arguments, PAPER)
    assert len(mixtures) == count
    if experiment == "two-sources":  # (N - 1)/N of a field of N - 1 units, 1/N of a category
        assert all(mixture.is_uniform for mixture in mixtures)
