"""Evidence from score rows: every training of a mixture is an observation."""

import math

import numpy as np

from hf_ablate.evaluation.row_blocks import blocks_of
from hf_ablate.evaluation.rows import ScoreRow
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.prediction.read_evidence import evidence_of
from hf_ablate.prediction.scores import collect_scores
from hf_ablate.run_folder import model_id, reference_id


MIXTURES = [Mixture.uniform(["a"]), Mixture.uniform(["a", "b"]), Mixture.uniform(["b", "c"])]


def row(model: str, bits: float) -> ScoreRow:
    """A score row of one domain with these bits per byte."""
    return ScoreRow(model, model.partition(":")[0], None, "s", "d", "val", 1, 8, 8, 8, 2, -8 * bits * math.log(2))


def test_repeats_are_observations_of_one_mixture_and_rankings_get_their_mean():
    pair, other = MIXTURES[1].id, MIXTURES[2].id
    rows = [
        row(reference_id(other), 2.0), row(reference_id(pair, 1), 1.5), row(reference_id(pair), 1.0),
        row(reference_id(MIXTURES[0].id), 9.0), row(reference_id("m-of-no-candidate"), 9.0),
        *(row(model_id("merged", mixture.id), 3.0) for mixture in MIXTURES),
    ]  # fmt: skip
    scores = collect_scores(blocks_of(rows), MIXTURES, "bits_per_byte", "val")
    np.testing.assert_allclose(scores.by_kind["reference"], [[9.0], [1.25], [2.0]])
    references = evidence_of(scores, "bits_per_byte").references
    assert references.ids == (pair, pair, other)
    np.testing.assert_allclose(references.losses, [[1.0], [1.5], [2.0]])
    np.testing.assert_allclose(references.weights, [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0.5, 0.5]])
