"""Rounds of reference models: what they train, when they end, and that an interrupted run ends as an undisturbed one.

Training is made up: the scores of a reference model are written at once, by a law of its mixture.
"""

import json
from dataclasses import replace

import pytest
from linear_predictor import fitted_on
from synthetic_study import DOMAINS, FLOPS_PER_TOKEN, UNIT_TOKENS, UNITS, World, make_study, score_rows, subsets

from hf_ablate.errors import InputError
from hf_ablate.manifest import read_manifest, write_manifest
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.enumerate import read_mixtures
from hf_ablate.mixtures.enumerate import run as enumerate_mixtures
from hf_ablate.prediction.read_evidence import read_evidence
from hf_ablate.ranking.arguments import RankArguments
from hf_ablate.run_folder import RunFolder
from hf_ablate.study.rounds import RoundSettings, check_rounds, run_rounds


FLOPS, SECONDS = UNIT_TOKENS * FLOPS_PER_TOKEN, 9.5  # of a reference model, as the study records them


@pytest.fixture(autouse=True)
def linear_predictor(monkeypatch):
    """Fits take no time."""
    monkeypatch.setattr("hf_ablate.prediction.fitted.fit_study", lambda run_dir, *_: fitted_on(read_evidence(run_dir)))


def start(run_dir):
    """A study of three units with two reference models, and the arguments of its stages."""
    make_study(run_dir, subsets(UNITS), references=2)
    return {
        "enumerate": EnumerateArguments(run_dir=run_dir, num_references=2),
        "train": None, "evaluate": None, "rank": RankArguments(run_dir=run_dir),
    }  # fmt: skip


def run_stages(stages, most=100):
    """Enumerate, and train and score at most so many of the reference models that are missing."""
    enumerate_mixtures(stages["enumerate"])
    folder = RunFolder(stages["rank"].run_dir)
    missing = [
        (model, each.mixture)
        for each in read_mixtures(folder.path)
        for model in each.reference_models
        if not folder.model(model).is_dir()
    ]
    for model, mixture in missing[:most]:
        write_manifest(
            folder.model(model), "train", {}, {}, model=model, mixture=mixture.weights, tokens=UNIT_TOKENS,
            flops=FLOPS, seconds=SECONDS,
        )  # fmt: skip
        law = World(noise=0.0)
        rows = score_rows(model, mixture, {domain: law.reference(mixture, domain) for domain in DOMAINS})
        with open(folder.scores / "rows.jsonl", "a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        scored = read_manifest(folder.scores)
        scored["models"][model] = {"kind": "reference", "digest": f"digest-{model}", "mixture": mixture.weights}
        (folder.scores / "manifest.json").write_text(json.dumps(scored))
    if len(missing) > most:
        raise KeyboardInterrupt


def go(run_dir, settings, stages=None, most=100):
    """Run the stages and rounds; the lines and records."""
    stages, lines = stages or start(run_dir), []
    run_stages(stages)
    found = run_rounds(settings, stages, lambda: run_stages(stages, most), lines.append)
    return lines, found


ALWAYS = RoundSettings(rounds=2, references=2, until_regret=0.0)


def test_rounds_train_what_they_propose_and_the_regret_falls(tmp_path):
    lines, found = go(tmp_path, ALWAYS)
    assert [record["round"] for record in found["rounds"]] == [1, 2]
    assert found["rounds"][-1]["regret_after"] < found["rounds"][0]["regret_now"] / 2
    assert [record["flops"] for record in found["rounds"]] == [2 * FLOPS] * 2
    assert lines[0].startswith("round 1: 2 reference models (1.45e+13 FLOPs, 19 s); the expected regret goes from ")
    assert lines[-1] == "rounds: ended after 2, as many as were asked for"
    trained = read_evidence(tmp_path).references
    assert len(trained) == 6 == len(set(trained.ids))


@pytest.mark.parametrize("most", [0, 1], ids=["before any model", "between two models"])
def test_an_interrupted_run_ends_as_an_undisturbed_one(tmp_path, most):
    undisturbed = go(tmp_path / "undisturbed", ALWAYS)
    stages = start(tmp_path / "interrupted")
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path, ALWAYS, stages, most)
    assert go(tmp_path, ALWAYS, stages) == undisturbed
    files = [RunFolder(tmp_path / name) for name in ("undisturbed", "interrupted")]
    assert files[0].proposed_file.read_text() == files[1].proposed_file.read_text()
    assert files[0].mixtures_file.read_text() == files[1].mixtures_file.read_text()


def test_a_finished_run_says_the_same_again_and_trains_nothing(tmp_path):
    stages = start(tmp_path)
    once = go(tmp_path, ALWAYS, stages)
    assert go(tmp_path, ALWAYS, stages, most=0) == once
    fewer = go(tmp_path, replace(ALWAYS, rounds=1), stages, most=0)
    assert fewer[1]["rounds"] == once[1]["rounds"]


def test_enumerating_something_else_keeps_what_rounds_asked_for(tmp_path):
    stages = start(tmp_path)
    go(tmp_path, replace(ALWAYS, rounds=1), stages)
    before = {each.mixture.id for each in read_mixtures(tmp_path) if each.reference}
    run_stages(stages | {"enumerate": EnumerateArguments(run_dir=tmp_path, methods=["leave_one_out"])})
    after = {each.mixture.id for each in read_mixtures(tmp_path) if each.reference}
    proposed = [json.loads(line) for line in RunFolder(tmp_path).proposed_file.read_text().splitlines()]
    assert len(proposed[0]["mixtures"]) == 2
    assert len(before & after) >= 2


def test_rounds_end_when_the_regret_is_below_the_noise_of_one_training(tmp_path):
    lines, found = go(tmp_path, RoundSettings(rounds=9, references=4))
    assert len(found["rounds"]) < 9
    assert "is below the noise of one training" in lines[-1]


@pytest.mark.parametrize(
    ("budget", "models"),
    [({"max_flops": 3.5 * FLOPS}, 3), ({"max_gpu_hours": 1.5 * SECONDS / 3600}, 1), ({"max_flops": 0.9 * FLOPS}, 0)],
)
def test_rounds_end_within_the_budget(tmp_path, budget, models):
    lines, found = go(tmp_path, replace(ALWAYS, rounds=9, **budget))
    assert sum(record["references"] for record in found["rounds"]) == models
    assert lines[-1].endswith("because the next reference model does not fit the budget that is left")


def test_rounds_end_when_the_stages_do_not_train_what_they_ask_for(tmp_path):
    stages, lines = start(tmp_path), []
    run_stages(stages)
    run_rounds(ALWAYS, stages, lambda: None, lines.append)
    assert "left reference models of earlier rounds untrained" in lines[-1]
    assert lines[-1].startswith("rounds: ended after 1")


def test_a_study_without_the_stages_that_rounds_need_is_refused():
    with pytest.raises(InputError, match="rounds need the stage 'evaluate'"):
        check_rounds(ALWAYS, {"enumerate": None, "train": None, "rank": None})
    check_rounds(replace(ALWAYS, rounds=0), {})
