"""`hf-ablate effects`, its files, the Python API and the figure, on a study whose predictor is fitted."""

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from analytic_predictor import curved_study, linear_study
from synthetic_study import DOMAINS, UNITS, make_study

import hf_ablate as ha
from hf_ablate.ablation.arguments import EffectsArguments, EffectsSettings
from hf_ablate.ablation.content import effects_content
from hf_ablate.ablation.question import find_question
from hf_ablate.ablation.tables import effects_tables
from hf_ablate.ablation.written import read_effects
from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.manifest import MANIFEST, read_manifest, write_json
from hf_ablate.mixtures.ranked import read_ranking
from hf_ablate.prediction.fitted import fit_evidence
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.read_evidence import read_evidence
from hf_ablate.report.effects_figure import having_records, unit_map, whole_unit_map


@pytest.fixture(scope="module")
def ranked(tmp_path_factory):
    """A ranked study; what it is given is added, not changed."""
    folder = make_study(tmp_path_factory.mktemp("study"), proxies=("merged", "ensemble"))
    assert main(["rank", "--run_dir", str(folder), "--bootstrap_samples", "100"]) == 0
    return folder


@pytest.fixture(scope="module", autouse=True)
def fitted_once(ranked):
    """All questions are about one study, so one fit answers them."""
    fitted = fit_evidence(read_evidence(ranked))
    with pytest.MonkeyPatch.context() as patch:
        for module in ("written", "comparison"):
            patch.setattr(f"hf_ablate.ablation.{module}.fit_evidence", lambda evidence: fitted)
        yield


@pytest.fixture(scope="module")
def uniform(ranked):
    """The effects of changes of the mixture of all units, as the command wrote them."""
    assert main(["effects", str(ranked), "--mixture", "uniform"]) == 0
    return read_effects(ranked)


def printed(capsys, *words) -> str:
    capsys.readouterr()
    assert main(["effects", *map(str, words)]) == 0
    return capsys.readouterr().out


def test_every_unit_is_dropped_swapped_and_upweighted_on_every_target(uniform):
    targets = ["mean", *(f"{source}/{domain}" for source, domain in DOMAINS)]
    found = [(row["change"], row["part"], row["other"], row["target"]) for row in uniform["effects"]]
    alone = [(change, unit, None, target) for change in ("drop", "upweight") for unit in UNITS for target in targets]
    pairs = [("swap", unit, other, target) for unit in UNITS for other in UNITS if other != unit for target in targets]
    assert sorted(found, key=str) == sorted(alone + pairs, key=str)
    assert [row["part"] for row in uniform["parts"]] == UNITS


def test_dropping_a_unit_costs_most_on_its_own_domain(uniform):
    for unit in UNITS:
        drops = [row for row in uniform["effects"] if (row["change"], row["part"]) == ("drop", unit)]
        worst = max(drops, key=lambda row: row["effect"])
        assert worst["target"] == f"in_domain/{unit}" and worst["told_apart"]


def test_shapley_values_and_comparisons_add_up(uniform, ranked):
    """The empty set is the average unit alone."""
    study = ha.Study.open(ranked)
    total = sum(row["value"] for row in uniform["shapley"])
    alone = [study.compare("uniform", unit).loc["predicted", "effect"] for unit in UNITS]
    assert total == pytest.approx(-sum(alone) / len(UNITS))
    forth, back = study.compare("uniform", "sympy"), study.compare("sympy", "uniform")
    assert forth.loc["predicted", "effect"] == pytest.approx(-back.loc["predicted", "effect"])
    assert forth.loc["predicted", "probability"] == pytest.approx(1 - back.loc["predicted", "probability"])


def test_the_best_mixture_is_that_of_the_ranking_on_the_target(ranked, capsys):
    ranking = read_ranking(ranked)
    for words, target in (((), "mean"), (("--target", "sympy"), "in_domain/sympy")):
        content = json.loads(printed(capsys, ranked, *words, "--output_format", "json"))
        assert content["target"] == target
        assert content["mixtures"][0]["mixture_id"] == ranking.entries(target)[0]["mixture_id"]


def test_the_same_question_is_answered_from_the_file(ranked, uniform, capsys, monkeypatch):
    words = (ranked, "--mixture", "uniform", "--confidence", "0.8", "--output_format", "json")
    first = printed(capsys, *words)

    def refuse(*_):
        raise InputError("a predictor is fitted again")

    monkeypatch.setattr("hf_ablate.ablation.written.fit_evidence", refuse)
    assert printed(capsys, *words) == first
    assert main(["effects", str(ranked), "--mixture", "uniform", "--confidence", "0.81"]) == 2
    assert "fitted again" in capsys.readouterr().err


def test_the_table_says_first_what_people_would_say(ranked, capsys):
    lines = printed(capsys, ranked, "--mixture", "uniform").splitlines()
    (first,) = [number for number, line in enumerate(lines) if line.startswith("- dropping")][:1]
    assert first < lines.index("On the mean of domains:")
    assert max(map(len, lines)) <= 100
    assert sum(line.startswith("- dropping") for line in lines) == len(UNITS)


def large_study(units: int):
    """A study of runs alone, in which no unit ever gets more than a third of the weight."""
    study = curved_study(units)
    weights = np.random.default_rng(0).dirichlet(np.full(units, 5.0), 40)
    assert weights.max() < 1 / 3
    losses = study.predictor.predict(weights).mean
    references = Observations(tuple(f"run-{number}" for number in range(40)), weights, losses)
    return replace(study, evidence=replace(study.evidence, references=references))


def content_of(study, settings: EffectsSettings) -> dict:
    return effects_content(study, find_question(Path("nowhere"), study.evidence, settings), settings)


def test_many_units_are_sampled_swapped_on_the_target_alone_and_extrapolated_with_a_word():
    study = large_study(14)
    content = content_of(study, EffectsArguments(mixture="uniform").settings)
    assert {row["target"] for row in content["effects"] if row["change"] == "swap"} == {"mean"}
    assert content["interactions"] == [] and all(row["sampling_error"] > 0 for row in content["shapley"])
    assert all(row["sd"] > row["sampling_error"] for row in content["shapley"])
    total = sum(row["value"] for row in content["shapley"])
    alone, together = study.predictor.predict(np.eye(14)).mean, study.predictor.predict(np.full((1, 14), 1 / 14)).mean
    assert total == pytest.approx(alone.mean() - together.mean())
    text = effects_tables(content)
    assert "Extrapolated: no mixture that was measured gives more than this weight to u" in text
    assert "Where the weight of one" not in text
    drops = {row["part"]: row for row in content["effects"] if (row["change"], row["target"]) == ("drop", "mean")}
    told_apart = [part for part, row in drops.items() if row["told_apart"]]
    assert 0 < len(told_apart) < 14
    assert text.count("- dropping u") == min(len(told_apart), 8) and "- dropping any of the others" in text


def test_far_too_many_units_have_effects_but_no_shapley_values():
    content = content_of(large_study(46), EffectsArguments(mixture="uniform").settings)
    assert content["shapley"] == [] and len(content["effects"]) == 46 * 2 * 3 + 46 * 45
    assert "No Shapley values: they are of at most 45 parts; name a field" in effects_tables(content)


def test_effects_need_two_units():
    with pytest.raises(InputError, match="the study has one unit, a; effects need mixtures of two units or more"):
        content_of(linear_study([[1.0]]), EffectsArguments(mixture="uniform").settings)


def test_imported_runs_are_named_by_their_mixtures():
    study = large_study(14)
    mixture = study.evidence.mixture_of(study.evidence.references.weights[7])
    for asked in (mixture.id, mixture.name, json.dumps(mixture.weights)):
        assert content_of(study, EffectsArguments(mixture=asked).settings)["mixtures"][0]["mixture_id"] == mixture.id
    with pytest.raises(InputError, match="none of the 40 mixtures with runs has the id or name 'm-1'; expected"):
        content_of(study, EffectsArguments(mixture="m-1").settings)


def test_csv_is_the_table_of_effects(ranked, uniform, capsys):
    rows = list(csv.DictReader(io.StringIO(printed(capsys, ranked, "--mixture", "uniform", "--output_format", "csv"))))
    assert [float(row["effect"]) for row in rows] == [row["effect"] for row in uniform["effects"]]


def test_python_gives_the_numbers_of_the_command(ranked, uniform):
    study = ha.Study.open(ranked)
    frame = study.effects(ha.Mixture.uniform(UNITS))
    assert list(frame["effect"]) == [row["effect"] for row in uniform["effects"]]
    assert list(frame.index)[0] == ("drop", UNITS[0], "", "mean")
    assert list(study.shapley(dict.fromkeys(UNITS, 1.0))["value"]) == [row["value"] for row in uniform["shapley"]]
    by_weights = study.effects("uniform", target={"in_domain": 5, "out_of_domain": 3})
    assert list(by_weights["effect"].xs("drop"))[0] == pytest.approx(frame["effect"].iloc[0])


def test_reference_models_of_both_mixtures_are_measured(ranked, capsys):
    first, second = [row["mixture_id"] for row in read_ranking(ranked).entries() if row["reference"] is not None][:2]
    references = {row["mixture_id"]: row["reference"] for row in read_ranking(ranked).entries()}
    content = json.loads(printed(capsys, ranked, "--compare", first, second, "--output_format", "json"))
    measured, predicted = content["comparison"]
    assert (measured["basis"], predicted["basis"]) == ("references", "predicted")
    assert measured["effect"] == pytest.approx(references[first] - references[second])
    assert measured["sentence"] in " ".join(printed(capsys, ranked, "--compare", first, second).split())


def test_groups_of_the_corpus_are_changed_as_one(ranked, tmp_path, capsys):
    grouped = shutil.copytree(ranked, tmp_path / "grouped")
    numeric = ("pandas", "scipy", "sympy")
    kinds = {unit: {"fields": {"kind": "numeric" if unit in numeric else "other"}} for unit in UNITS}
    write_json(grouped / "corpus" / MANIFEST, read_manifest(grouped / "corpus") | {"groups": kinds})
    words = (grouped, "--mixture", "uniform", "--output_format", "json")
    besides = json.loads(printed(capsys, *words))
    groups = json.loads(printed(capsys, *words, "--groups", "kind"))
    names = ["kind=numeric", "kind=other"]
    assert sorted(row["part"] for row in besides["parts"]) == sorted([*UNITS, *names])
    assert sorted(row["part"] for row in groups["parts"]) == sorted(row["part"] for row in groups["shapley"]) == names
    assert {row["part"] for row in groups["changes"]} == set(names)
    on_mean = {(row["change"], row["part"]): row["effect"] for row in groups["effects"] if row["target"] == "mean"}
    assert on_mean["swap", "kind=other"] == pytest.approx(on_mean["drop", "kind=other"])  # as there are but two


def test_effects_that_were_not_computed(tmp_path):
    with pytest.raises(InputError, match="effects is not finished"):
        read_effects(tmp_path)


def test_the_figure_has_a_number_for_every_unit_and_target(uniform):
    drawing = unit_map(uniform)
    (panel,) = drawing.figure.axes
    assert len(panel.texts) == len(UNITS) * (1 + len(DOMAINS))
    told_apart = [row["told_apart"] for row in uniform["effects"] if row["change"] == "drop"]
    assert (panel.images[0].get_array() != 0).sum() == sum(told_apart) < len(told_apart)
    assert unit_map(uniform | {"effects": []}) is None
    assert whole_unit_map(uniform) is None  # which the other shows already
    dropped = {(row["part"], row["target"]): row for row in uniform["effects"] if row["change"] == "drop"}
    for row in drawing.rows:  # having a unit is not dropping it
        other = dropped[row["part"], row["target"]]
        assert (row["effect"], row["low"], row["high"]) == (-other["effect"], -other["high"], -other["low"])


def test_a_unit_outside_the_mixture_is_one_that_is_added():
    row = {"target": "mean", "effect": -0.2, "sd": 0.1, "low": -0.3, "high": -0.1, "told_apart": True}
    changes = [("drop", "a"), ("add", "b"), ("add", "a"), ("upweight", "a")]
    records = having_records({"effects": [{"change": change, "part": part, **row} for change, part in changes]})
    assert [(one["part"], one["in_mixture"], one["effect"]) for one in records] == [
        ("a", True, 0.2),
        ("b", False, -0.2),
    ]
