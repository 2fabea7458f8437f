import numpy as np
import pytest
from scipy import stats

from hf_ablate.ranking import random_orders
from hf_ablate.ranking.agreement import STATISTICS, _resampled, agreements
from hf_ablate.ranking.random_orders import random_agreements
from hf_ablate.ranking.resamples import resample


REFERENCE = np.array([2.0, 2.1, 2.3, 2.2, 2.6, 2.5])
PREDICTED = np.array([1.0, 1.2, 1.1, 1.3, 1.6, 1.6])


def agreement(predicted, *others):
    return agreements({"it": predicted}, *others)["it"]


def random_agreement(reference, *others):
    return random_agreements(reference[None], *others)[0]


def values(predicted, reference=REFERENCE, samples=200):
    counts = resample(len(reference), samples, 0)
    return {name: entry["value"] for name, entry in agreement(predicted, reference, counts, 0.95).items()}


def test_statistics_against_a_count_by_hand():
    found = values(PREDICTED)
    pairs = [(i, j) for i in range(6) for j in range(i)]
    alike = sum(
        0.5 if PREDICTED[i] == PREDICTED[j] else float((PREDICTED[i] > PREDICTED[j]) == (REFERENCE[i] > REFERENCE[j]))
        for i, j in pairs
    )
    assert found["decision_accuracy"] == pytest.approx(alike / len(pairs))
    assert found["regret"] == 0
    assert found["kendall"] == pytest.approx(stats.kendalltau(PREDICTED, REFERENCE).statistic)


def test_regret_of_a_wrong_choice_and_of_a_tied_one():
    assert values(np.array([3.0, 2, 1, 4, 5, 6]))["regret"] == pytest.approx(0.3)
    assert values(np.array([3.0, 2, 1, 4, 5, 6]))["relative_regret"] == pytest.approx(0.15)
    assert values(np.array([1.0, 2, 1, 4, 5, 6]))["regret"] == pytest.approx(0.15)


def test_the_resampled_statistics_of_one_resample_are_those_of_the_repeated_data():
    counts = np.array([[2.0, 0, 1, 1, 2, 0], [1, 1, 1, 1, 1, 1]])
    found = {name: each[0] for name, each in _resampled(PREDICTED[None], REFERENCE, counts).items()}
    drawn = np.repeat(np.arange(6), counts[0].astype(int))
    x, y = PREDICTED[drawn], REFERENCE[drawn]
    assert found["pearson"][0] == pytest.approx(stats.pearsonr(x, y).statistic)
    assert found["spearman"][0] == pytest.approx(stats.spearmanr(x, y).statistic)
    distinct = [(i, j) for a, i in enumerate(drawn) for j in drawn[:a] if i != j]
    signs = [np.sign(PREDICTED[i] - PREDICTED[j]) * np.sign(REFERENCE[i] - REFERENCE[j]) for i, j in distinct]
    assert found["decision_accuracy"][0] == pytest.approx(np.mean([(1 + sign) / 2 for sign in signs]))
    whole = values(PREDICTED)
    for name in STATISTICS:
        assert found[name][1] == pytest.approx(whole[name]), name


def test_a_perfect_predictor_on_another_scale():
    found = agreement(1e-9 * REFERENCE + 5, REFERENCE, resample(6, 500, 0), 0.95)
    for name in STATISTICS[:4]:
        assert found[name]["value"] == pytest.approx(1)
        assert found[name]["low"] == pytest.approx(1, abs=1e-6)
    assert found["regret"]["value"] == found["regret"]["high"] == 0


def test_intervals_hold_the_value_and_widen_with_confidence():
    counts = resample(6, 2000, 0)
    narrow = agreement(PREDICTED, REFERENCE, counts, 0.5)["pearson"]
    wide = agreement(PREDICTED, REFERENCE, counts, 0.99)["pearson"]
    assert wide["low"] < narrow["low"] < narrow["value"] < narrow["high"] < wide["high"]


def test_a_constant_predictor_has_no_correlation_but_decides_like_chance():
    found = agreement(np.ones(6), REFERENCE, resample(6, 200, 0), 0.95)
    assert found["pearson"] == {
        "value": None, "low": None, "high": None, "reason": "the predictor is the same for all mixtures"
    }  # fmt: skip
    assert found["decision_accuracy"]["value"] == 0.5
    assert found["regret"]["value"] == pytest.approx(REFERENCE.mean() - REFERENCE.min())


def test_too_few_mixtures_give_no_number():
    for size in (0, 1, 2):
        counts = resample(max(size, 1), 200, 0)
        for found in (
            agreement(PREDICTED[:size], REFERENCE[:size], counts, 0.95),
            random_agreement(REFERENCE[:size], counts, 0.95, 0),
        ):
            assert all(entry["value"] is None and "fewer than 3" in entry["reason"] for entry in found.values())


def test_nan_gives_no_number():
    found = agreement(np.full(6, np.nan), REFERENCE, resample(6, 200, 0), 0.95)
    assert all(entry["value"] is None for entry in found.values())


def test_random_orders_agree_as_expected():
    counts = resample(6, 2000, 0)
    found = random_agreement(REFERENCE, counts, 0.95, 0)
    assert found["decision_accuracy"]["value"] == 0.5
    assert found["regret"]["value"] == pytest.approx(REFERENCE.mean() - REFERENCE.min())
    assert found["pearson"]["low"] < -0.5 and found["pearson"]["high"] > 0.5
    draws = np.random.default_rng(1).random((4000, 6))
    resampled = random_orders._resampled(draws, REFERENCE[None], np.ones((4000, 6)))
    assert resampled["regret"].mean() == pytest.approx(found["regret"]["value"], abs=0.01)
    assert resampled["kendall"].mean() == pytest.approx(0, abs=0.03)


def test_random_orders_of_many_mixtures_in_chunks():
    reference = np.arange(100.0) + 1
    found = random_agreement(reference, resample(100, 500, 0), 0.95, 0)
    assert -0.4 < found["spearman"]["low"] < 0 < found["spearman"]["high"] < 0.4


def test_resamples_draw_as_many_as_there_are():
    counts = resample(14, 1000, 3)
    assert counts.shape == (1000, 14)
    assert (counts.sum(axis=1) == 14).all()
    assert counts.mean() == 1


def test_many_predictors_and_targets_at_once_get_what_each_gets_alone():
    counts = resample(6, 300, 0)
    predicted = {"some": PREDICTED, "none": np.full(6, np.nan), "constant": np.ones(6), "others": -PREDICTED[::-1]}
    found = agreements(predicted, REFERENCE, counts, 0.9)
    assert list(found) == list(predicted)
    for name, own in predicted.items():
        assert found[name] == agreement(own, REFERENCE, counts, 0.9), name
    targets = np.stack([REFERENCE, REFERENCE[::-1] ** 2, np.round(REFERENCE)])
    for entry, target in zip(random_agreements(targets, counts, 0.9, 3), targets, strict=True):
        for name, alone in random_agreement(target, counts, 0.9, 3).items():
            assert entry[name] == pytest.approx(alone), name


def test_random_orders_are_judged_as_predictors_are():
    counts, draws = resample(6, 20, 0), np.random.default_rng(2).random((20, 6))
    for reference in (REFERENCE, np.round(REFERENCE)):
        found = random_orders._resampled(draws, reference[None], counts)
        for row, draw in enumerate(draws):
            for name, each in _resampled(draw[None], reference, counts[row : row + 1]).items():
                assert found[name][0, row] == pytest.approx(each[0, 0], nan_ok=True), name
