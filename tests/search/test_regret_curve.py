"""The regret of choosing with some of the reference models, against regrets that are known."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytest
from made_up_evidence import made_up_evidence

from hf_ablate.prediction.features import FeatureTable
from hf_ablate.prediction.fitted import FittedStudy
from hf_ablate.search import regret_curve as module
from hf_ablate.search.regret_curve import regret_curve


@dataclass(frozen=True)
class Known:
    """Says what losses are, or the opposite where it was fitted on too few."""

    losses: np.ndarray
    sign: int

    def expected(self, weights: np.ndarray) -> np.ndarray:
        return self.sign * self.losses


def study_of(references: int) -> FittedStudy:
    evidence = made_up_evidence(references)
    table = FeatureTable(evidence, evidence.references, {}, None, None)
    return FittedStudy(evidence, table, None, "known", None, None)


def test_the_curve_falls_as_the_predictor_learns_and_stands_beside_trying_at_random(monkeypatch):
    study = study_of(16)
    losses = study.table.references.losses
    right, wrong = (replace(study, predictor=Known(losses, sign)) for sign in (1, -1))

    def part_fits(study, parts):  # half of the references are enough for this predictor, a quarter is for one in two
        return [(None, wrong if parts == 4 and part % 2 else right) for part in range(parts)]

    monkeypatch.setattr(module, "part_fits", part_fits)
    monkeypatch.setattr(module, "fit_evidence", lambda evidence, **options: wrong)
    target = study.evidence.target()
    values = losses.mean(axis=1)
    worst = np.ptp(values)
    found = regret_curve(study, target)
    assert [point.references for point in found] == [0, 4, 8, 16]
    assert [point.regret for point in found] == pytest.approx([worst, worst / 2, 0, 0])
    assert (found[1].low, found[1].high) == pytest.approx((0, worst))
    for point in found[1:]:
        every = [min(some) for some in combinations(values, point.references)]
        assert point.without_predictor == pytest.approx(np.mean(every) - values.min())


def test_too_few_reference_models_give_no_curve():
    study = study_of(7)
    assert regret_curve(study, study.evidence.target()) == []
