"""Macro proxies beside the plain ones: judged on the same reference models, and chosen where they are nearer."""

import json

import numpy as np
import pytest
from synthetic_study import UNITS, World, make_study, score_rows, subsets

from hf_ablate.cli import main
from hf_ablate.manifest import read_manifest, write_manifest
from hf_ablate.mixtures.grouping import Grouping, regroup
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import read_ranking
from hf_ablate.ranking.agreement_tables import agreement_tables
from hf_ablate.ranking.measured import read_agreement


DOMAINS = [("in_domain", "networkx"), ("out_of_domain", "cpython")]  # a quarter of the study's
TRAINED = 5  # reference models of mixtures for whose groups there are models
GROUPING = Grouping(dict(zip(UNITS, ["data", "data", "maths", "maths", "models"], strict=True)))


def gain(mixture: Mixture) -> float:
    """Made up: what a merge of these weights gains; data and maths differ less than both from models."""
    each = dict(zip(UNITS, [0.1, 0.2, -0.1, 0.0, 0.9], strict=True))
    return sum(each[unit] * weight for unit, weight in mixture.items)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study whose reference models are what its macro-merges say; merges are scored by units and by groups."""
    run_dir = make_study(tmp_path_factory.mktemp("study"), references=9)
    manifest, world = read_manifest(run_dir / "scores"), World()
    models, rows = {}, []
    everything = {mixture.id: mixture for some in subsets(UNITS) for mixture in (some, GROUPING.regrouped(some))}
    references = {
        model: Mixture.of(entry["mixture"]) for model, entry in manifest["models"].items() if "reference" in model
    }
    values = {f"merged:{name}": (mixture, gain(mixture)) for name, mixture in everything.items()}
    values |= {model: (mixture, gain(GROUPING.regrouped(mixture))) for model, mixture in references.items()}
    values |= {
        f"merged_trained_by_field:{mixture.id}": (mixture, value)
        for mixture, value in list(values.values())[-TRAINED:]
    }
    for model, (mixture, value) in values.items():
        own = {domain: world.base[domain] - value for domain in DOMAINS}
        rows += score_rows(model, mixture, own)
        models[model] = {"kind": model.partition(":")[0], "digest": f"digest-{model}", "mixture": mixture.weights}
    kept = {model: entry for model, entry in manifest["models"].items() if entry["kind"] in ("seed", "component")}
    earlier = map(json.loads, (run_dir / "scores/rows.jsonl").read_text().splitlines())
    rows += [row for row in earlier if row["model"] in kept and (row["source"], row["domain"]) in DOMAINS]
    (run_dir / "scores/rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_manifest(
        run_dir / "scores", "evaluate", {"split": "val"}, {}, models=kept | models, digest="with groups",
        measurement=manifest["measurement"], cost=manifest["cost"], groups={"field": dict(GROUPING.groups)},
    )  # fmt: skip
    assert main(["rank", "--run_dir", str(run_dir), "--bootstrap_samples", "100"]) == 0
    return run_dir


def test_regrouping_arrays_is_regrouping_mixtures():
    mixtures = [*subsets(UNITS), Mixture.of({"pandas": 1, "networkx": 4, "scipy": 2, "sympy": 1})]
    weights, expected = (
        np.array([[mixture.weights.get(unit, 0) for unit in UNITS] for mixture in some])
        for some in (mixtures, [GROUPING.regrouped(mixture) for mixture in mixtures])
    )
    np.testing.assert_allclose(regroup(weights, GROUPING.members(UNITS)), expected, atol=1e-15)


def test_both_proxies_are_judged_on_the_same_reference_models(study):
    predictors = read_agreement(study).group()["predictors"]
    assert predictors["merged_by_field"]["pearson"]["value"] == pytest.approx(1)
    assert 0 < predictors["merged"]["pearson"]["value"] < 0.98
    facts = read_agreement(study).predictors["merged_by_field"]
    assert facts["proxy"] and facts["label"] == "proxy: merged weights, by field"


def test_merges_of_trained_models_are_compared_with_all_predictors_on_the_mixtures_that_have_them(study):
    agreement = read_agreement(study)
    everywhere = agreement.group()["predictors"]["merged_trained_by_field"]["pearson"]
    assert everywhere["value"] is None and everywhere["reason"] == "4 of 9 mixtures have no score"
    group = agreement.group(group="merged_trained_by_field")
    assert group["n"] == TRAINED and group["predictors"].keys() == agreement.predictors.keys()
    assert group["predictors"]["merged_trained_by_field"]["pearson"]["value"] == pytest.approx(1)
    assert group["predictors"]["merged"]["pearson"]["value"] < 0.99
    assert f"The same on the n = {TRAINED} mixtures that have merged weights of models" in agreement_tables(agreement)


def test_the_macro_proxy_answers_only_where_it_is_asked_for(study):
    ranking = read_ranking(study)
    assert ranking.answered_by != "merged_by_field"
    assert "(merged weights, by field: less than half of it, but only answers" in ranking.content["reason"]
    assert ranking.ranked_by["merged_by_field"]["scored"] == 31
    facts = read_agreement(study).predictors
    errors = {name: entry["error"] for name, entry in facts.items() if entry["error"] is not None}
    assert min(errors, key=errors.get) == "merged_by_field"  # so it is judged, and `--predictor` takes it
