"""Results of downstream tasks as targets of a ranking, and of what follows from it."""

import json
import logging

import numpy as np
import pytest
from made_up_tasks import HARD, loss, write_tasks
from synthetic_study import DOMAINS, UNITS, make_study

from hf_ablate.ablation.arguments import EffectsSettings
from hf_ablate.ablation.asked import asked_mixture
from hf_ablate.ablation.content import effects_content
from hf_ablate.ablation.question import find_question
from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.mixtures.choose import choose_mixtures
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import read_ranking
from hf_ablate.prediction.read_evidence import read_evidence
from hf_ablate.ranking import rank
from hf_ablate.ranking.arguments import RankArguments
from hf_ablate.ranking.measured import read_agreement
from hf_ablate.ranking.refit import fit_ranked
from hf_ablate.search.arguments import ProposeArguments
from hf_ablate.search.best import propose_best
from hf_ablate.search.judge import Judge
from hf_ablate.search.read_constraints import read_constraints


ARITHMETIC, READING = "tasks/arithmetic", "tasks/reading"


def made(folder, references=2, **tasks):
    """A synthetic study with results of tasks; too few references to fit laws and a stack on, which takes long."""
    write_tasks(make_study(folder, proxies=("merged", "ensemble"), references=references), **tasks)
    return folder


@pytest.fixture(scope="module")
def ranked(tmp_path_factory):
    """One whose target is a task."""
    folder = made(tmp_path_factory.mktemp("tasks"), references=6)
    rank.run(RankArguments(run_dir=folder, target="arithmetic", predictor="stack", bootstrap_samples=100))
    return folder


def test_tasks_are_targets_that_no_mean_of_domains_contains(ranked):
    ranking, plain = read_ranking(ranked), 8
    levels = {name: facts["level"] for name, facts in ranking.targets.items() if facts["source"] == "tasks"}
    assert levels == {"tasks": "task_mean", ARITHMETIC: "task", READING: "task"}
    assert ranking.members["tasks"] == [ARITHMETIC, READING]
    assert len(ranking.members["mean"]) == plain and not {ARITHMETIC, READING} & set(ranking.members["mean"])
    assert ranking.unit_of("tasks") == ranking.unit_of("mean") == "bits per byte"


def test_the_studys_target_is_the_default_of_all_that_reads_the_ranking(ranked):
    best = choose_mixtures(ranked, ["best"])[0]
    assert best == Mixture.uniform([HARD]) and read_ranking(ranked).study_target == ARITHMETIC
    evidence = read_evidence(ranked)
    assert evidence.target().name == ARITHMETIC and evidence.target("mean").weights[-2:].tolist() == [0, 0]
    asked = EffectsSettings(mixture="best", target=None, scale=None, groups=None, confidence=0.9, random_seed=0)
    question = find_question(ranked, evidence, asked)
    assert (question.base, question.target.name) == (best, ARITHMETIC)
    assert asked_mixture(ranked, "best", evidence, evidence.target("mean")) != best  # an explicit target wins
    assert read_agreement(ranked).group() == read_agreement(ranked).group(ARITHMETIC)


@pytest.fixture(scope="module")
def fitted(ranked):
    return fit_ranked(ranked)


def test_the_best_mixture_for_a_task_has_the_units_that_it_gains_from(ranked, fitted):
    asked = ProposeArguments(ranked, starts=2, most={HARD: 0.8})
    judge = Judge(fitted, fitted.evidence.target(asked.target), asked.search)
    content = propose_best(judge, read_constraints(asked, fitted.evidence.units))
    assert (content["target"], content["unit_of_measure"]) == (ARITHMETIC, "bits per byte")
    weights = content["proposed"][0]["mixture"]
    # the loss is 2 - 0.8 sqrt(scipy) - 0.3 sqrt(sympy): the rest is best spent on sympy
    assert weights[HARD] == pytest.approx(0.8, abs=1e-3) and weights["sympy"] == pytest.approx(0.2, abs=0.05)
    least = content["expected"][0]["score"]
    assert least == pytest.approx(loss("arithmetic", Mixture.of({HARD: 0.8, "sympy": 0.2})), abs=0.05)


def test_what_dropping_a_unit_does_to_a_task_and_what_each_is_worth(ranked, fitted):
    asked = EffectsSettings("uniform", target=None, scale=None, groups=None, confidence=0.9, random_seed=0)
    content = effects_content(fitted, find_question(ranked, fitted.evidence, asked), asked)
    drops = {row["part"]: row for row in content["effects"] if (row["change"], row["target"]) == ("drop", ARITHMETIC)}
    others = Mixture.uniform([unit for unit in UNITS if unit != HARD])
    expected = loss("arithmetic", others) - loss("arithmetic", Mixture.uniform(UNITS))
    assert drops[HARD]["effect"] == pytest.approx(expected, abs=0.05) and drops[HARD]["told_apart"]
    assert max(drops, key=lambda part: drops[part]["effect"]) == HARD == content["shapley"][0]["part"]
    assert "bits per byte on arithmetic" in next(row["sentence"] for row in content["changes"] if row["part"] == HARD)


def test_averaged_probabilities_are_not_defined_on_tasks_and_merged_weights_are(ranked):
    predictors = read_agreement(ranked).group(ARITHMETIC)["predictors"]
    assert predictors["ensemble"]["pearson"]["reason"] == "not defined for this target"
    assert predictors["merged"]["pearson"]["value"] > 0.99
    assert read_agreement(ranked).group("mean")["predictors"]["ensemble"]["pearson"]["value"] > 0.5


def test_results_on_text_are_as_without_tasks_where_a_proxy_answers(tmp_path):
    scores = {}
    for name in ("plain", "tasks"):
        folder = make_study(tmp_path / name, proxies=("merged", "ensemble"), references=2)
        if name == "tasks":
            write_tasks(folder)
        rank.run(RankArguments(run_dir=folder, predictor="merged"))
        entries = read_ranking(folder).entries("in_domain/scipy", "merged")
        scores[name] = {entry["mixture_id"]: entry["as_scored"] for entry in entries}
    assert scores["plain"] == scores["tasks"]


def test_error_rates_beside_bits_are_said_to_be_added(tmp_path, caplog, capsys):
    folder = made(tmp_path, tasks=("arithmetic",), metrics=("acc",))
    write_tasks(folder, tasks=("reading",))
    rank.run(RankArguments(run_dir=folder, target='{"arithmetic": 1, "reading": 3}', predictor="merged"))
    assert "task arithmetic counts by error rate: no bits per byte" in caplog.text
    ranking = read_ranking(folder)
    assert ranking.unit_of(ARITHMETIC, READING) == ranking.unit_of_measure == "error rate and bits per byte"
    said = " ".join(capsys.readouterr().out.split())
    assert f"different units: 0.25 of error rate ({ARITHMETIC}) and 0.75 of bits per byte ({READING})." in said
    rank.run(RankArguments(run_dir=folder, task_metric="error_rate", predictor="merged"))
    ranking = read_ranking(folder)
    assert {ranking.unit_of(target) for target in (ARITHMETIC, READING)} == {"error rate"}
    reference = next(row for row in ranking.entries(READING) if row["reference"] is not None)
    bits = loss("reading", Mixture.of(ranking.mixtures[reference["mixture_id"]]["mixture"]))
    assert reference["reference"] == pytest.approx(1 - round(1 - bits / 2.5, 2))
    assert read_evidence(folder).tasks[READING] == "error rate"  # as it was ranked


@pytest.mark.parametrize("kind", ["component", "reference"])
def test_a_task_that_models_lack_is_left_out_and_no_reference_model_is(tmp_path, caplog, kind):
    folder = make_study(tmp_path, references=6)
    models = json.loads((folder / "scores" / "manifest.json").read_text())["models"]
    without = next(model for model in models if model.startswith(f"{kind}:"))
    write_tasks(folder, tasks=("arithmetic",), without=[without])
    write_tasks(folder, tasks=("reading",))
    with caplog.at_level(logging.WARNING):
        evidence = read_evidence(folder)
    assert f"task arithmetic is left out: 1 {kind} model without its result ({without});" in caplog.text
    assert "`hf-ablate evaluate --tasks arithmetic`" in caplog.text
    assert list(evidence.tasks) == [READING] and len(evidence.references.complete()) == 6
    with pytest.raises(InputError, match="unknown target 'arithmetic'"):
        rank.run(RankArguments(run_dir=folder, target="arithmetic"))


def test_merges_without_results_are_predicted_and_old_or_other_results_do_not_count(tmp_path, caplog):
    folder = make_study(tmp_path, references=6)
    models = json.loads((folder / "scores" / "manifest.json").read_text())["models"]
    merges = [model for model in models if model.startswith("merged:")]
    write_tasks(folder, tasks=("arithmetic",), without=merges[:5])
    path = folder / "scores" / "tasks.jsonl"
    old = [json.loads(line) | {"model_digest": "before", "value": 9.0} for line in path.read_text().splitlines()]
    few = [json.loads(line) | {"limit": 3, "value": 7.0} for line in path.read_text().splitlines()[:20]]
    with open(path, "a") as file:
        file.writelines(json.dumps(row) + "\n" for row in [*old, *few])
    evidence = read_evidence(folder)
    assert (
        "task arithmetic: 5 of 31 scored mixtures have no result of kind merged, predicted from those" in caplog.text
    )
    losses = evidence.references.losses[:, -1]
    expected = [loss("arithmetic", evidence.mixture_of(weights)) for weights in evidence.references.weights]
    np.testing.assert_allclose(losses, expected)


def test_a_source_may_not_be_called_tasks(tmp_path):
    folder = make_study(tmp_path, references=2)
    path = folder / "scores" / "rows.jsonl"
    path.write_text(path.read_text().replace('"in_domain"', '"tasks"').replace("data-in_domain", "data-tasks"))
    manifest = json.loads((folder / "scores" / "manifest.json").read_text())
    manifest["measurement"]["data"]["tasks"] = "data-tasks"
    (folder / "scores" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="a source is called 'tasks', which names the mean of downstream tasks"):
        read_evidence(folder)


def test_reference_models_of_another_run_folder_judge_tasks_that_were_asked_alike(tmp_path, caplog):
    small, large = (make_study(tmp_path / name, references=count) for name, count in (("small", 4), ("large", 6)))
    write_tasks(small)
    write_tasks(large, tasks=("arithmetic",))
    write_tasks(large, tasks=("reading",), limit=9)
    evidence = read_evidence(small, references_from=large)
    assert list(evidence.tasks) == [ARITHMETIC] and len(evidence.references.complete()) == 6
    assert "task reading is left out: in" in caplog.text and "it was run differently" in caplog.text
    expected = [loss("arithmetic", evidence.mixture_of(weights)) for weights in evidence.references.weights]
    np.testing.assert_allclose(evidence.references.losses[:, -1], expected)


@pytest.mark.parametrize("has_tasks", [False, True])
def test_imported_runs_judge_tasks_that_they_have_losses_on(tmp_path, caplog, has_tasks):
    folder = made(tmp_path / "run")
    names = ["/".join(domain) for domain in DOMAINS] + ["arithmetic"] * has_tasks
    (tmp_path / "w.csv").write_text("id,pandas,scipy\nx,1,1\ny,1,3\n")
    rows = [[name, *(f"{number}" for number in range(1, len(names) + 1))] for name in "xy"]
    (tmp_path / "l.csv").write_text("\n".join(",".join(row) for row in [["id", *names], *rows]) + "\n")
    given = ["--mixtures", str(tmp_path / "w.csv"), "--losses", str(tmp_path / "l.csv"), "--loss_columns", "*"]
    assert main(["import", *given, "--unit_of_measure", "bits per byte", str(folder)]) == 0
    evidence = read_evidence(folder)
    assert len(evidence.references.complete()) == 2 + 2
    assert list(evidence.tasks) == [ARITHMETIC] * has_tasks
    assert "tasks are left out, since the imported runs have no losses on them: tasks/" in caplog.text
