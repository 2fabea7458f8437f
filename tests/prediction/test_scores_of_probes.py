"""Scores of a study whose components were trained on mixtures: what may stand for what, and what may judge it."""

import numpy as np
from synthetic_study import score_rows

from hf_ablate.evaluation.row_blocks import blocks_of
from hf_ablate.evaluation.rows import ScoreRow
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.prediction.read_evidence import evidence_of
from hf_ablate.prediction.scores import collect_scores


MOSTLY_A, MOSTLY_B = Mixture.of({"a": 3, "b": 1}), Mixture.of({"a": 1, "b": 3})
ONLY_A, EVEN = Mixture.uniform(["a"]), Mixture.uniform(["a", "b"])
CANDIDATES = [ONLY_A, MOSTLY_A, EVEN]


def scores_of(probes: dict[str, Mixture]):
    models = {f"component:{name}": (probe, 1.0 + number) for number, (name, probe) in enumerate(probes.items())}
    models |= {f"reference:{mixture.id}": (mixture, 5.0) for mixture in CANDIDATES}
    models[f"merged:{EVEN.id}"] = (EVEN, 7.0)
    rows = [
        ScoreRow(**row)
        for model, (mixture, bits) in models.items()
        for row in score_rows(model, mixture, {("in_domain", "a"): bits, ("in_domain", "b"): bits})
    ]
    return collect_scores(blocks_of(rows), CANDIDATES, "bits_per_byte", "val")


def test_components_of_single_units_stand_for_them_and_their_reference_models_judge_nothing():
    scores = scores_of({"a": ONLY_A, "b": Mixture.uniform(["b"])})
    np.testing.assert_allclose(scores.by_kind["merged"][:, 0], [1, np.nan, 7])
    assert scores.are_probes.tolist() == [True, False, False]
    evidence = evidence_of(scores, "bits_per_byte")
    assert evidence.references.ids == (MOSTLY_A.id, EVEN.id)
    np.testing.assert_allclose(evidence.components[:, 0], [1, 2])


def test_a_component_of_a_mixture_stands_for_the_mixture_not_for_the_unit_it_is_called_after():
    scores = scores_of({"a": MOSTLY_A, "b": MOSTLY_B})
    np.testing.assert_allclose(scores.by_kind["merged"][:, 0], [np.nan, 1, 7])
    assert scores.are_probes.tolist() == [True, True, False]
    evidence = evidence_of(scores, "bits_per_byte")
    assert evidence.references.ids == (EVEN.id,)
    assert np.isnan(evidence.components).all() and evidence.units == ("a", "b")
