"""Downstream tasks as domains, which averaged probabilities have no scores on."""

import numpy as np
import pytest
from made_up_evidence import GAIN, made_up_evidence, on_tasks, with_tasks

from hf_ablate.prediction.candidates import candidates
from hf_ablate.prediction.features import fit_features
from hf_ablate.prediction.fitted import fit_evidence


PLAIN = made_up_evidence()
NEW = np.random.default_rng(7).dirichlet(np.ones(3), 12)


def test_the_place_of_averaged_probabilities_is_taken_by_merged_weightson_tasks_alone():
    table = fit_features(with_tasks())
    stack = candidates(table.names)[0]
    assert stack.features[:2] == ("ensemble", "merged")
    expected = table.expected_slopes(stack.features, stack.expected)
    assert expected[:4].tolist() == [[1, 0, 0]] * 4 and expected[4:].tolist() == [[0, 1, 0]] * 2
    values = table.at(stack.features, NEW).values
    assert (values[:, 4:, 0] == 0).all() and (values[:, :4, 0] != 0).all()
    assert np.isnan(table.values("ensemble", NEW)[:, 4:]).all()  # beside reference models it is as it is


def test_without_merges_of_tasks_the_soft_minimum_takes_it():
    evidence = with_tasks(scored=0)
    table = fit_features(evidence)
    stack = candidates(table.names)[0]
    assert table.expected_slopes(stack.features, stack.expected)[4:].tolist() == [[0, 0, 1]] * 2
    assert np.isfinite(fit_evidence(evidence).predictor.predict(NEW).sd).all()


def test_tasks_are_predicted_and_change_nothing_of_what_proxies_say_of_text():
    evidence = with_tasks(scored=20)
    fitted, plain = fit_evidence(evidence), fit_evidence(PLAIN)
    off = fitted.predictor.predict(NEW).mean[:, 4:] - GAIN * on_tasks(NEW)
    assert (np.sqrt((off**2).mean(axis=0)) < 0.1 * (GAIN * on_tasks(NEW)).std(axis=0)).all()
    for kind in ("ensemble", "merged"):
        with_them, without = fitted.table.proxies[kind], plain.table.proxies[kind]
        assert (with_them.losses(NEW)[:, :4] == without.losses(NEW)).all()
        assert (with_them.is_scored(NEW) == without.is_scored(NEW)).all()
    assert fitted.evidence.target().weights.tolist() == [0.25] * 4 + [0, 0]
    assert fitted.evidence.target("tasks").weights.tolist() == [0] * 4 + [0.5, 0.5]


@pytest.mark.parametrize("references", [0, 3, 10])
def test_merged_weights_stand_in_where_averaged_probabilities_are_asked_for(references):
    fitted = fit_evidence(with_tasks(references=references), predictor="ensemble")
    mean, merged = fitted.predictor.predict(NEW).mean[:, 4:], fitted.table.values("merged", NEW)[:, 4:]
    assert np.corrcoef(mean[:, 1], merged[:, 1])[0, 1] > 0.999 and mean[:, 1].std() > 0.05
