"""The page's predictor gives the numbers of the study's, whichever it is."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up_evidence import COMPONENTS, losses_of, made_up_evidence, observed, with_tasks
from pool_scores import read_pool
from regmix_runs import larger, own_units, swarm

from hf_ablate.explorer import mixture_table, scores_payload
from hf_ablate.explorer.arrays import packed
from hf_ablate.explorer.mixture_table import MixtureTable
from hf_ablate.explorer.predictor_payload import predictor_payload
from hf_ablate.prediction.candidates import Candidate, candidates, find_candidate
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.features import FeatureTable, fit_features
from hf_ablate.prediction.fitted import FittedStudy, fit_evidence
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.predictors import Calibrated
from hf_ablate.prediction.soft_minimum import SHARPNESS, soft_minimum
from hf_ablate.prediction.stack_fit import fit_stack


SCRIPTS = (
    "page_text arrays linear_algebra mixtures kernels components scores surrogate laws features own_errors stack "
    "predictor"
).split()
# Text of numbers, since JSON has no NaN.
ASK = """async ([text, list, targets]) => {
    const payload = await unpackArrays(JSON.parse(text));
    const predictor = await makePredictor(payload.predictor, mixturesOf(payload.table), payload.components.data);
    const weights = list.map((row) => Float64Array.from(row));
    const texts = (numbers) => Array.from(numbers, String);
    return {
        expected: texts(predictor.expected(weights)),
        predictions: weights.map((row) => predictor.predict(row)).map(({ mean, sd }) => [texts(mean), texts(sd)]),
        joints: targets.map((target) => weights.map((row) => {
            const { mean, sd } = predictor.joint(row, Float64Array.from(target));
            const difference = predictor.difference(row, weights[0], Float64Array.from(target));
            return texts([mean, sd, difference.mean, difference.sd]);
        })),
    };
}"""


@pytest.fixture(scope="module")
def page(load_scripts):
    """A page with the scripts of the predictor alone."""
    return load_scripts(*(f"{name}.js" for name in SCRIPTS))


def payload_of(fitted: FittedStudy) -> dict[str, Any]:
    """The parts of a page's data that its predictor is made of."""
    evidence = fitted.evidence
    table = MixtureTable.of([evidence.known_mixtures, np.eye(len(evidence.units))])
    predictor = predictor_payload(fitted, table)
    return {"table": table.payload(), "components": packed(evidence.components), "predictor": predictor}


def assert_same_numbers(page, fitted: FittedStudy, weights: np.ndarray, size: float = 1.0) -> None:
    """To a millionth of losses of this size: on domains, on a target of all and of one, and between mixtures."""
    payload, domains = payload_of(fitted), len(fitted.evidence.domains)
    targets = [np.full(domains, 1 / domains), np.eye(domains)[-1]]
    answer = page.evaluate(ASK, [json.dumps(payload), weights.tolist(), [list(target) for target in targets]])
    near = {"rtol": 0, "atol": 1e-6 * size}
    there = np.array(answer["predictions"], dtype=float)
    here = fitted.predictor.predict(weights)
    np.testing.assert_allclose(there[:, 0], here.mean, **near)
    np.testing.assert_allclose(there[:, 1], here.sd, **near)
    expected = np.array(answer["expected"], dtype=float).reshape(here.mean.shape)
    np.testing.assert_allclose(expected, fitted.predictor.expected(weights), **near)
    for target, numbers in zip(targets, np.array(answer["joints"], dtype=float), strict=True):
        joint = fitted.predictor.joint(weights, target)
        differences = [(0.0, 0.0)] + [joint.difference(row, 0) for row in range(1, len(weights))]
        np.testing.assert_allclose(numbers, np.column_stack([joint.mean, joint.sd, differences]), **near)


def mixtures_of(evidence: Evidence, several: int = 4) -> np.ndarray:
    """Mixtures to ask about: single units, references, some that proxies were scored for, and new ones."""
    units = len(evidence.units)
    scored = [runs.weights[-several:] for runs in evidence.proxies.values()]
    drawn = np.random.default_rng(5).dirichlet(np.full(units, 0.7), several)
    pair = np.isin(np.arange(units), [0, 1]) / 2
    mixtures = np.vstack([drawn, np.eye(units)[:several], evidence.references.weights[:several], *scored, pair])
    return mixtures[np.sort(np.unique(mixtures, axis=0, return_index=True)[1])]


@pytest.fixture(scope="module")
def made_up() -> Evidence:
    """Three units in two groups, four domains."""
    return replace(made_up_evidence(), groups={"field": np.array([[1.0, 0], [1, 0], [0, 1]])})


@pytest.fixture(scope="module")
def table(made_up) -> FeatureTable:
    """All its predictors but trees."""
    return fit_features(made_up)


def calibrated(table: FeatureTable, candidate: Candidate) -> FittedStudy:
    """A candidate on all references, without a choice among several."""
    features, several = table.at_references(candidate.features), len(candidate.features) > 1
    slopes = table.expected_slopes(candidate.features, candidate.expected)
    stack = fit_stack(features, table.references.losses, slopes, several, candidate.is_bounded)
    predictor = Calibrated(table, candidate, stack.inflated(1.3))
    return FittedStudy(table.evidence, table, predictor, candidate.name, None, None)


NAMES = (
    "stack merged ensemble laws exponential_law power_law process soft_minimum component_mean component_min "
    "own_domain_weight number_of_units merged_by_field ensemble_by_field"
).split()


@pytest.mark.parametrize("name", NAMES)
def test_each_predictor_calibrated_on_references(page, table, name):
    known = {candidate.name: candidate for candidate in candidates(table.names)}
    assert set(known) == set(NAMES)
    assert_same_numbers(page, calibrated(table, known[name]), mixtures_of(table.evidence))


@pytest.mark.parametrize("name", [None, "merged", "soft_minimum", "ensemble_by_field"])
def test_a_study_without_references_gets_what_the_feature_says(page, made_up, name):
    evidence = made_up.with_references(np.arange(0))
    assert_same_numbers(page, fit_evidence(evidence, name), mixtures_of(evidence))


def imported_runs(references: Observations, other: dict[str, Observations]) -> Evidence:
    """RegMix's runs on three of its domains, without components and proxies."""
    units = references.weights.shape[1]
    keep = {name: replace(runs, losses=runs.losses[:, :3]) for name, runs in other.items()}
    return Evidence(
        tuple(f"unit-{unit}" for unit in range(units)),
        ("d/0", "d/1", "d/2"),
        own_units()[:3],
        replace(references, losses=references.losses[:, :3]),
        np.full((units, 3), np.nan),
        other_scales=keep,
        scale="60m",
    )


@pytest.mark.parametrize(
    "references,other",
    [(swarm().only(range(24)), {}), (larger().only(range(8)), {"1m": swarm().only(range(20))})]
    + [(larger().only([]), {"1m": swarm().only(range(18))})],
    ids=["laws", "other scale", "other scale alone"],
)
def test_imported_runs(page, references, other):
    evidence = imported_runs(references, other)
    assert_same_numbers(page, fit_evidence(evidence), mixtures_of(evidence))


@pytest.mark.parametrize("scored", [0, 20])
def test_tasks_that_not_all_proxies_take(page, made_up, scored):
    evidence = replace(with_tasks(scored), groups=made_up.groups)
    table = fit_features(evidence)
    for candidate in [candidates(table.names)[0], *map(find_candidate, ("ensemble", "merged_by_field"))]:
        assert_same_numbers(page, calibrated(table, candidate), mixtures_of(evidence))


def test_a_unit_that_nothing_is_known_of(page):
    weights = np.random.default_rng(1).dirichlet(np.ones(2), 12) @ np.eye(2, 3)
    evidence = replace(
        made_up_evidence(references=0),
        components=np.vstack([COMPONENTS[:2], np.full((1, 4), np.nan)]),
        proxies={"merged": observed(weights, losses_of(weights), "m")},
    )
    fitted = fit_evidence(evidence)
    asked = np.array([[0.5, 0.5, 0], [0.2, 0.3, 0.5], [0, 0, 1]])
    assert np.isnan(fitted.predictor.predict(asked).sd[1:]).all()
    assert_same_numbers(page, fitted, asked)


def test_scores_that_lack_a_domain_and_mixtures_of_nine_equal_decimals(page):
    evidence = made_up_evidence()
    losses = evidence.proxies["ensemble"].losses.copy()
    losses[-2:, 1] = np.nan
    evidence = replace(evidence, proxies={"ensemble": replace(evidence.proxies["ensemble"], losses=losses)})
    shifted = evidence.proxies["ensemble"].weights[-4:] + np.array([2e-10, -2e-10, 0])
    assert_same_numbers(page, fit_evidence(evidence), np.vstack([shifted, mixtures_of(evidence)]))


def test_a_score_of_many_takes_fourteen_bits(monkeypatch):
    draws = np.random.default_rng(0)
    weights, components = draws.dirichlet(np.full(8, 0.3), 2000), draws.uniform(1, 3, (8, 10))
    scores = soft_minimum(weights, components) - 0.2 * (1 - (weights**2).sum(axis=1, keepdims=True))
    scores += draws.normal(0, 0.001, scores.shape)
    monkeypatch.setattr(scores_payload, "_MOST_EXACT", 0)
    packed_scores = scores_payload.scores_payload(weights, scores, np.full(2000, 1e-6), components, SHARPNESS)
    assert len(packed_scores["parts"][0]["codes"]["data"]) * 6 < 14 * scores.size


@pytest.mark.parametrize("columns", [0, 3])
def test_the_formula_of_scores_leaves_as_little_as_least_squares(columns):
    draws = np.random.default_rng(1)
    shared, values = draws.normal(size=(300, 20)), draws.normal(size=(300, 4))
    shared[:, 19] = shared[:, :19].sum(axis=1)  # as shares, which add up to 1
    own = draws.normal(size=(300, 4, columns))
    found = scores_payload._least_squares(shared, own, values)
    assert found.shape == (20 + columns, 4)
    for domain in range(4):
        whole = np.hstack([shared, own[:, domain]])
        best = whole @ np.linalg.lstsq(whole, values[:, domain])[0]
        np.testing.assert_allclose(whole @ found[:, domain], best, atol=1e-9)


@pytest.mark.parametrize("metric", ["bits_per_byte", "ppl_token"])
def test_a_real_pool_with_scores_as_they_are_and_rounded_as_far_as_predictions_bear(page, monkeypatch, metric):
    evidence = read_pool(metric).with_references(np.arange(0, 70, 7))
    losses = evidence.proxies["merged"].losses.copy()
    losses[-1, 1] = np.nan
    merged = replace(evidence.proxies["merged"], losses=losses)
    fitted = fit_evidence(replace(evidence, proxies={**evidence.proxies, "merged": merged}))
    assert fitted.name == "stack" and len(fitted.predictor.candidate.features) == 3
    asked, size = mixtures_of(fitted.evidence, several=8), evidence.components.max() if metric == "ppl_token" else 1.0
    assert_same_numbers(page, fitted, asked, size)
    exact = payload_of(fitted)["predictor"]["features"]
    monkeypatch.setattr(scores_payload, "_MOST_EXACT", 0)
    monkeypatch.setattr(mixture_table, "_MOST_EXACT", 0)
    rounded = payload_of(fitted)
    for feature, whole in zip(rounded["predictor"]["features"][:2], exact, strict=False):
        parts = [part["codes"]["data"] for part in feature["scores"]["parts"]]
        assert sum(map(len, parts)) < 0.5 * len(whole["scores"]["exact"]["data"])
    assert "weights" not in rounded["table"]
    assert_same_numbers(page, fitted, asked, size)


def test_a_study_of_one_domain(page):
    evidence = made_up_evidence()
    only = replace(
        evidence,
        domains=evidence.domains[:1],
        own_units=evidence.own_units[:1],
        components=evidence.components[:, :1],
        references=replace(evidence.references, losses=evidence.references.losses[:, :1]),
        proxies={kind: replace(runs, losses=runs.losses[:, :1]) for kind, runs in evidence.proxies.items()},
    )
    assert_same_numbers(page, fit_evidence(only), mixtures_of(only))


def test_trees_are_no_part_of_a_page(table):
    fitted = calibrated(table, find_candidate("merged"))
    trees = replace(fitted, predictor=replace(fitted.predictor, candidate=find_candidate("trees")))
    payload = predictor_payload(trees, MixtureTable.of([np.eye(3)]))
    assert payload["label"] == "gradient-boosted trees" and "gradient-boosted trees" in payload["reason"]
