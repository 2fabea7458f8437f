"""A whole study through the command line: what it leaves, what it redoes, what survives kills and mistakes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_study import write_recipes, write_study

from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.lock import run_folder_lock
from hf_ablate.manifest import fingerprint
from hf_ablate.report.curves import evaluation_curves
from hf_ablate.report.ranked_study import read_ranked_study


@pytest.fixture
def study(finished_study, tmp_path, blank_figures) -> Path:
    """A copy of the finished study, in which a test may change what it likes."""
    shutil.copytree(finished_study, tmp_path, dirs_exist_ok=True)
    write_recipes(tmp_path)
    for config in (tmp_path / "run/models/merged").glob("*/mergekit_config.yml"):
        config.write_text(config.read_text().replace(str(finished_study), str(tmp_path)))
    return tmp_path


def run(study: Path, *words: str) -> int:
    return main(["run", str(study / "recipes"), *words])


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file under a folder with what changes when it is written."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".lock")
    }


def rewritten(before: dict, after: dict) -> set[str]:
    """The first two parts of the paths of all files that were written, made or removed."""
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return {"/".join(Path(name).parts[:2]) if name.startswith("models") else Path(name).parts[0] for name in changed}


def contents(study: Path, name: str) -> bytes:
    return (study / "run" / name).read_bytes()


def test_stages_whose_recipes_name_an_accelerate_configuration_are_done_by_processes(finished_study, tmp_path):
    write_study(tmp_path)
    launched = {"accelerate_config": "cpu", "num_processes": 2, "main_process_port": 0}
    changes = {"train": launched | {"per_device_train_batch_size": 4}, "evaluate": launched}
    words = [f"--set={stage}.{key}={value}" for stage, own in changes.items() for key, value in own.items()]
    command = [sys.executable, "-m", "hf_ablate", "run", str(tmp_path / "recipes"), *words]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Setting accelerator to" not in result.stdout + result.stderr  # as DeepSpeed would say once per process
    assert result.stdout.count("Train on: ") == 1 and result.stdout.count("\nrank: ") == 1
    rankings = [json.loads(contents(study, "ranking/ranking.json")) for study in (finished_study, tmp_path)]
    one, two = (
        {row["mixture_id"]: row["score"] for row in ranking["ranking"] if row["target"] == "mean"}
        for ranking in rankings
    )
    assert one == pytest.approx(two, rel=1e-4)


def test_a_finished_study_says_a_line_per_stage_and_its_answer(study, capsys):
    assert run(study) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    stages = ("partition", "enumerate", "train", "evaluate", "rank", "merge", "report")
    assert lines[:8] == [*(f"{stage}: unchanged" for stage in stages), ""]
    assert lines[8].startswith("Train on: ") and "reference models" in shown.out and len(lines) < 25
    assert "nothing to do" not in shown.err


def test_without_a_terminal_every_model_has_a_line_when_it_is_trained_and_when_it_is_scored(
    study_without_report, caplog
):
    for name in ("scores", "models/references"):
        shutil.rmtree(study_without_report / "run" / name)
    assert run(study_without_report) == 0
    lines = [record.getMessage() for record in caplog.records]
    assert len([line for line in lines if "reference " in line and ": trained on 2,048 tokens in" in line]) == 4
    scored = [line.partition("] ")[2] for line in lines if line.endswith(": scored")]
    assert scored[:4] == ["seed: scored", *(f"component {unit}: scored" for unit in ("counting", "english", "python"))]
    assert len([line for line in scored if line.startswith("reference ")]) == 4
    assert any(line.startswith("merged ") for line in scored)


def test_a_run_says_what_each_stage_did(study, capsys):
    for name in ("report", "ranking", "mixtures"):
        shutil.rmtree(study / "run" / name)
    assert run(study) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "enumerate: 7 mixtures, 4 of them with a reference model"
    assert lines[4] == "rank: by bits per byte on split val"
    assert f"report: {study / 'run/report/index.html'} " in " ".join(lines[6:])  # a long path has a line of its own


def test_as_json_a_run_is_one_object(study, capsys):
    assert run(study, "--output_format", "json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert {entry["did"] for entry in shown["stages"]} == {"unchanged"}
    assert set(shown["answer"]) == {
        "mixture", "score", "reach", "gain", "tied", "by", "unit_of_measure", "on", "trust",
    }  # fmt: skip


def test_a_verbose_study_ends_with_its_ranking_its_agreement_and_the_name_of_the_report(study, capsys):
    assert run(study, "--verbose") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Ranking of 7 mixtures by bits per byte" in shown
    assert "Agreement with 4 reference models" in shown
    assert shown.endswith("report: " + str(study / "run/report/index.html"))
    page = contents(study, "report/index.html").decode()
    assert "<link" not in page and "src=" not in page and page.count("<script") == 1
    for figure in ("ranking", "agreement", "proxies", "cost", "training"):
        assert contents(study, f"report/figures/{figure}.png").startswith(b"\x89PNG")
        assert contents(study, f"report/figures/{figure}.pdf").startswith(b"%PDF")


def test_evaluation_during_training_gives_the_report_its_curves(study_without_report):
    run_dir = study_without_report / "run"
    assert evaluation_curves(read_ranked_study(run_dir)) is None
    for name in ("models", "scores", "ranking"):
        shutil.rmtree(run_dir / name)
    assert run(study_without_report, "--set", "train.eval_strategy=steps", "train.eval_steps=2") == 0
    assert evaluation_curves(read_ranked_study(run_dir)) is not None


def test_the_best_mixtures_model_is_saved_with_its_yaml(study):
    ranking = json.loads(contents(study, "ranking/ranking.json"))
    best = ranking["ranking"][0]["mixture_id"]
    assert (study / "run/models/merged" / best / "model.safetensors").is_file()
    assert "merge_method: linear" in contents(study, f"models/merged/{best}/mergekit_config.yml").decode()


def test_no_file_of_a_study_but_mergekits_holds_an_absolute_path(study, finished_study):
    for path in (study / "run").rglob("*"):
        if path.is_file() and path.name != ".lock.owner":
            assert os.fsencode(finished_study) not in path.read_bytes(), path


def test_checks_and_dry_runs_of_a_finished_study_import_nothing_heavy(study):
    recipes = str(study / "recipes")
    assert run(study, "--set", "evaluate.top=1") == 0
    dry_run = ["run", recipes, "--dry_run"]
    for words in (["validate", recipes], dry_run, [*dry_run, "--set", "evaluate.top=1"]):
        code = (
            "import sys\nfrom hf_ablate.cli import main\n"
            f"code = main({words!r})\n"
            "heavy = ('torch', 'transformers', 'datasets', 'evaluate', 'pandas', 'matplotlib', 'scipy')\n"
            "sys.exit(code or str([name for name in heavy if name in sys.modules]))"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert result.stderr.splitlines()[-1] == "[]", result.stderr


def test_one_run_of_a_study_works_at_a_time(study, capsys):
    """Also where only the recipes name its run folder."""
    with run_folder_lock(study / "run"):
        assert run(study) == 2
    assert f"another run is working in {study / 'run'}" in capsys.readouterr().err


def test_a_second_run_writes_nothing(study):
    before = state(study / "run")
    assert run(study) == 0
    assert state(study / "run") == before


def test_dry_run_writes_nothing_and_shows_tokens_and_flops(study, capsys):
    shutil.rmtree(study / "run" / "models")
    before = state(study / "run")
    assert run(study, "--dry_run") == 0
    assert state(study / "run") == before
    shown = capsys.readouterr().out
    assert "10 models" not in shown and "8 models" in shown and "FLOPs" in shown and "component:python" in shown


# What components have learned, `updates`, comes from their weights.
ALL_MODELS = {"models/seed", "models/components", "models/references", "models/merged", "updates"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("report.title=Other", {"report"}),
        ("rank.metric=ppl_token", {"ranking", "report"}),
        ("evaluate.limit=5", {"scores", "ranking", "report"}),
        ("train.reference_tokens=1024", {"models/references", "scores", "ranking", "report"}),
        ("train.learning_rate=1e-3", ALL_MODELS | {"scores", "ranking", "report"}),
        ("train.seed_learning_rate=1e-3", ALL_MODELS | {"scores", "ranking", "report"}),
        ("enumerate.num_references=3", {"mixtures"}),
    ],
)
def test_a_change_redoes_exactly_what_depends_on_it_and_what_the_dry_run_named(study, capsys, change, expected):
    before = state(study / "run")
    done = done_and_planned(study, capsys, "--set", change)
    assert rewritten(before, state(study / "run")) - {"models/merged"} == expected - {"models/merged"}
    assert_as_planned(*done)


def done_and_planned(study: Path, capsys, *words: str) -> tuple[dict[str, Any], dict[str, set[str]]]:
    """Plan a run, then do it: stage → what the plan says of it, and stage → what it did."""
    before = things_made(study / "run")
    assert run(study, *words, "--dry_run", "--output_format", "json") == 0
    plan = {entry["stage"]: entry for entry in json.loads(capsys.readouterr().out)["stages"]}
    assert things_made(study / "run") == before
    assert run(study, *words) == 0
    after = things_made(study / "run")
    return plan, {stage: after[stage] - before[stage] for stage in after}


def things_made(run_dir: Path) -> dict[str, set[str]]:
    """Stage → what it has made: a name and, after a space, when."""

    def made(folder: str) -> set[str]:
        files = run_dir.glob(f"{folder}/manifest.json")
        return {f"{path.parent.relative_to(run_dir)} {path.stat().st_mtime_ns}" for path in files}

    rows = [json.loads(line) for path in run_dir.glob("scores/rows*.jsonl") for line in path.read_text().splitlines()]
    trained = {
        f"{json.loads(path.read_text())['model']} {path.stat().st_mtime_ns}"
        for folder in ("seed", "components/*", "references/*")
        for path in run_dir.glob(f"models/{folder}/manifest.json")
    }
    return {
        "partition": made("corpus"), "enumerate": made("mixtures"), "train": trained, "evaluate": made("scores"),
        "rows": {f"{row['model']} {json.dumps(row, sort_keys=True)}" for row in rows}, "rank": made("ranking"),
        "merge": made("models/merged/*"), "report": made("report"),
    }  # fmt: skip


def assert_as_planned(plan: dict[str, Any], done: dict[str, set[str]]) -> None:
    """What a run did is exactly what its plan named; where the plan did not know, it is among what it named."""
    for stage, entry in plan.items():
        if entry["state"] != "unknown":
            assert bool(done[stage]) == (entry["state"] == "to do"), stage
    for stage, key in (("train", "missing"), ("evaluate", "models")):
        names = {name.partition(" ")[0] for name in done["rows" if stage == "evaluate" else stage]}
        named = {entry["model"] if stage == "train" else entry for entry in plan[stage][key]}
        possible = {entry["model"] if stage == "train" else entry for entry in plan[stage]["possible"]}
        assert named <= names <= named | possible, stage


@pytest.fixture
def study_without_report(study) -> Path:
    """The study without its last stage, which takes longest."""
    (study / "recipes" / "report.yaml").unlink()
    return study


@pytest.mark.parametrize(
    "words",
    [
        ["partition.units=[counting, english, python, latin]", "partition.eval_partitions=[hex]",
         "enumerate.num_references=6"],
        ["partition.unit_tokens=1024"],
        ["partition.eval_bytes=2000"],
        ["enumerate.methods=[pairs, subsets]", "merge.mixture=[english + python]"],
        ["train.component_tokens=1024", "evaluate.proxy=merge"],
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_a_run_does_what_its_dry_run_named(study_without_report, capsys, words):
    assert_as_planned(*done_and_planned(study_without_report, capsys, "--set", *words))


@pytest.mark.parametrize(
    "folders",
    [["models/seed"], ["models/components/python", "ranking"], ["scores", "models/references"], ["mixtures"]],
    ids=" ".join,
)
def test_a_run_makes_again_what_was_lost_as_its_dry_run_named(study, capsys, folders):
    for folder in folders:
        shutil.rmtree(study / "run" / folder)
    plan, done = done_and_planned(study, capsys)
    assert_as_planned(plan, done)
    assert plan["partition"]["state"] == "unchanged" and bool(done["report"]) == bool(done["rows"])


def test_the_dry_run_of_a_finished_study_says_of_every_stage_that_it_is_unchanged(study, capsys):
    assert run(study, "--dry_run") == 0
    shown = capsys.readouterr()
    stages = ("partition", "enumerate", "train", "evaluate", "rank", "merge", "report")
    assert shown.out.splitlines() == [f"{stage}: unchanged, nothing to do" for stage in stages]
    assert shown.err == ""


@pytest.mark.parametrize(
    ("settings", "planned", "models"),
    [
        (["top=2"], "a race of 7 mixtures for the 2 best, on split val", 7),
        (
            ["mixture=[english + python]", "proxy=both", "output_dir={study}/apart"],
            "2 components, 1 proxy by merged weights, 1 proxy by averaged probabilities, on split val",
            4,
        ),
        (["proxy=merge", "output_dir={study}/run/apart", "split=test"], "the seed, 3 components, 4 reference", 15),
        (
            ["model={study}/apart", "data={study}/documents/documents.jsonl", "limit=2", "output_dir={study}/own"],
            "1 external model, on split val",
            1,
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_results_that_no_stage_reads_are_planned_as_what_is_missing_of_them(study, capsys, settings, planned, models):
    if settings[0].startswith("model"):
        shutil.copytree(study / "run/models/seed", study / "apart")
    recipe = ["--set", *(f"evaluate.{setting.format(study=study)}" for setting in settings)]
    assert run(study, "--dry_run", *recipe) == 0
    shown = capsys.readouterr().out.splitlines()
    assert next(line for line in shown if line.startswith("evaluate: ")).startswith(f"evaluate: {planned}")
    assert [line for line in shown if "unknown" in line] == []
    plan, done = done_and_planned(study, capsys, *recipe)
    assert plan["evaluate"]["state"] == "to do" and len(plan["evaluate"]["models"]) == models
    assert not any(done.values())  # nothing of the ranked study
    capsys.readouterr()
    assert run(study, "--dry_run", *recipe) == 0
    assert {line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()} == {"unchanged, nothing to do"}


def test_what_earlier_stages_may_change_is_unknown_and_what_they_do_not_make_is_not(study, capsys):
    shutil.copytree(study / "run/models/seed", study / "apart")

    def planned(*settings: str) -> str:
        recipe = [f"evaluate.{setting}" for setting in settings]
        assert run(study, "--dry_run", "--set", "train.learning_rate=1e-3", *recipe) == 0
        return next(line for line in capsys.readouterr().out.splitlines() if line.startswith("evaluate: "))

    race = "a race for the 2 best mixtures, on split val"
    assert planned("top=2") == f"evaluate: {race}"  # none has been
    assert run(study, "--set", "evaluate.top=2") == 0
    capsys.readouterr()
    assert planned("top=2") == f"evaluate: unknown until train has run: {race}"
    elsewhere = [f"data={study}/documents/documents.jsonl", f"output_dir={study}/own", "limit=2"]
    assert planned(f"model={study}/apart", *elsewhere) == "evaluate: 1 external model, on split val"
    own = planned(f"model={study}/run/models/seed", *elsewhere)
    assert own == "evaluate: the models that the recipe names, on split val"


def test_models_on_the_hub_are_taken_as_they_were_scored(study, capsys):
    """Nothing is fetched in a dry run."""
    shutil.copytree(study / "run/models/seed", study / "ab")
    own = [f"data={study}/documents/documents.jsonl", f"output_dir={study}/own", "limit=2"]
    recipe = ["--set", *(f"evaluate.{setting}" for setting in own)]
    assert run(study, *recipe, f"evaluate.model={study}/ab") == 0
    manifest = study / "own" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"ab"', '"somebody/ab"'))
    content = json.loads(manifest.read_text())
    content["fingerprint"] = fingerprint("evaluate", content["arguments"], content["inputs"])
    manifest.write_text(json.dumps(content))
    for name, expected in (("ab", "unchanged, nothing to do"), ("other", "unknown until the download of")):
        capsys.readouterr()
        assert run(study, "--dry_run", *recipe, f"evaluate.model=somebody/{name}") == 0
        assert f"evaluate: {expected}" in capsys.readouterr().out


def test_a_dry_run_plans_the_mixtures_once(tmp_path, monkeypatch):
    from hf_ablate.mixtures import enumerate as module

    calls = []
    plan = module.enumerate_mixtures
    monkeypatch.setattr(module, "enumerate_mixtures", lambda *given: calls.append(given) or plan(*given))
    write_study(tmp_path)
    assert run(tmp_path, "--dry_run") == 0
    assert len(calls) == 1


def test_trained_references_count_while_their_mixtures_are_candidates(study):
    assert run(study, "--set", "enumerate.num_references=3") == 0
    assert json.loads(contents(study, "ranking/agreement.json"))["references"] == 4
    assert run(study, "--set", "enumerate.methods=[pairs]", "enumerate.num_references=3") == 0
    assert json.loads(contents(study, "ranking/agreement.json"))["references"] == 3


def test_changing_back_gives_the_same_ranking(study, finished_study):
    assert run(study, "--set", "train.learning_rate=1e-3") == 0
    assert contents(study, "ranking/ranking.json") != contents(finished_study, "ranking/ranking.json")
    assert run(study) == 0
    assert contents(study, "ranking/ranking.json") == contents(finished_study, "ranking/ranking.json")


def test_union_budget_trains_on_k_times_the_tokens_and_says_so(study, capsys):
    assert run(study, "--verbose", "--set", "train.reference_budget=union") == 0
    assert "reference budget: union (k units give k times the tokens)" in capsys.readouterr().out
    for path in (study / "run/models/references").glob("*/manifest.json"):
        manifest = json.loads(path.read_text())
        assert manifest["tokens"] == 2048 * len(manifest["mixture"])


KILLS = """
import importlib, os, random, signal, sys, time
for name in ("training.train", "training.model", "training.held_out", "merging.merge", "evaluation.evaluate",
             "ranking.rank", "report.write", "report.scatters", "report.curves", "corpus.partition", "study.run"):
    importlib.import_module(f"hf_ablate.{name}")
import mergekit.merge, transformers.trainer
from hf_ablate.cli import main

recipes, seed = sys.argv[1], int(sys.argv[2])
generator = random.Random(seed)
killed = 0
while killed < 8:
    child = os.fork()
    if child == 0:
        os._exit(main(["run", recipes]))
    time.sleep(generator.uniform(0.02, 2.5))
    os.kill(child, signal.SIGKILL)
    killed += 1
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
print("kills", killed, file=sys.stderr)
sys.exit(main(["run", recipes]))
"""


@pytest.mark.parametrize("seed", [0, 1])
def test_a_study_killed_at_random_points_ends_as_an_undisturbed_one(tmp_path, finished_study, seed):
    recipes = write_study(tmp_path)
    result = subprocess.run(
        [sys.executable, "-c", KILLS, str(recipes), str(seed)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert result.returncode == 0, result.stderr.decode()
    for name in ("ranking/ranking.json", "ranking/agreement.json"):
        assert contents(tmp_path, name) == contents(finished_study, name)
    assert not list((tmp_path / "run").rglob("*.partial"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.learning_rat=1", "unknown option 'learning_rat'; did you mean 'learning_rate'"),
        ("train.learning_rate=fast", "fast"),
        ("trian.learning_rate=1", "unknown stage 'trian'; did you mean 'train'"),
        ("partition.roots=nowhere", "root nowhere does not exist"),
        ("partition.globs=*.parquet", "matches no file"),
        ("partition.unit_tokens=40000", "unit 'counting' has"),
        ("partition.eval_partitions=Latin", "unknown partition 'Latin'; did you mean 'latin'"),
        ("partition.units=../x", "cannot be used"),
        ("enumerate.units=pyton", "unknown unit 'pyton'; did you mean 'python'"),
        ("enumerate.exclude_units=part=pyton", "unknown group 'part=pyton'; did you mean 'part=python'"),
        ('enumerate.mixtures={"pyton": 1}', "pyton"),
        ('enumerate.mixtures={"python": -1}', "not negative"),
        ("enumerate.mixtures={python: .nan}", "finite"),
        ('enumerate.mixtures={"python": 0}', "all weights of the mixture"),
    ],
)
def test_mistakes_end_with_2_and_a_sentence_and_change_nothing_that_is_finished(study, capsys, change, message):
    before = state(study / "run" / "models")
    words = ["--set", change]
    if change.startswith("enumerate.mixtures"):
        words += ["enumerate.methods=given"]
    assert run(study, *words) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown
    assert state(study / "run" / "models") == before


def test_a_unit_that_is_dropped_for_too_few_tokens_is_in_no_mixture(tmp_path, capsys):
    recipes = write_study(tmp_path)
    values = json.loads((recipes / "partition.yaml").read_text())
    lines = (tmp_path / "documents" / "documents.jsonl").read_text().splitlines(keepends=True)
    few = [line for line in lines if '"part": "english"' not in line] + [
        line for line in lines if '"part": "english"' in line
    ][:12]
    (tmp_path / "documents" / "documents.jsonl").write_text("".join(few))
    (recipes / "partition.yaml").write_text(json.dumps({**values, "max_epochs": 1.0, "on_small_unit": "drop"}))
    for stage in ("train", "evaluate", "rank", "merge", "report"):
        (recipes / f"{stage}.yaml").unlink()
    (recipes / "enumerate.yaml").write_text(json.dumps({"run_dir": str(tmp_path / "run"), "methods": ["subsets"]}))
    assert run(tmp_path) == 0
    shown = capsys.readouterr()
    mixtures = [json.loads(line) for line in contents(tmp_path, "mixtures/mixtures.jsonl").splitlines()]
    assert {unit for mixture in mixtures for unit in mixture["weights"]} == {"counting", "python"}, shown.out


def test_duplicate_unit_names_are_refused(study, capsys):
    recipe = study / "recipes" / "partition.yaml"
    recipe.write_text(recipe.read_text().replace('"english"', '"python"'))
    assert run(study) == 2
    assert "'python' is given twice" in capsys.readouterr().err


def test_a_corrupt_component_is_named(study, capsys):
    weights = study / "run/models/components/python/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    shutil.rmtree(study / "run" / "scores")
    assert run(study) == 2
    shown = capsys.readouterr().err
    assert "components/python" in shown and "corrupt" in shown


def test_components_of_other_shapes_are_refused(study, capsys):
    folder = study / "run/models/components/python"
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 32}))
    shutil.rmtree(study / "run" / "scores")
    assert run(study) == 2
    assert "cannot be averaged: configuration differ in 'hidden_size'" in capsys.readouterr().err


def test_every_step_is_also_a_command(tmp_path, finished_study, blank_figures):
    recipes = write_study(tmp_path)
    for stage in ("partition", "enumerate", "train", "evaluate", "rank", "merge", "report"):
        assert main([stage, "--config", str(recipes / f"{stage}.yaml")]) == 0
    assert contents(tmp_path, "ranking/ranking.json") == contents(finished_study, "ranking/ranking.json")


def planned_scoring(study: Path, capsys) -> dict[str, Any]:
    capsys.readouterr()
    assert run(study, "--dry_run", "--output_format", "json") == 0
    plan = json.loads(capsys.readouterr().out)
    return next(stage for stage in plan["stages"] if stage["stage"] == "evaluate").get("cost", {})


def test_a_dry_run_counts_what_scoring_then_costs(study, tmp_path_factory, capsys):
    assert planned_scoring(study, capsys) == {}
    spent = json.loads(contents(study, "scores/manifest.json"))["cost"]
    passes = sum(row["models"] for row in spent if row["tokens"])
    shutil.rmtree(study / "run/scores")
    cost = planned_scoring(study, capsys)
    assert cost["models"] == passes == 1 + 3 + 4 + 4
    assert all(cost[name] == sum(row[name] for row in spent) for name in ("tokens", "flops"))
    assert cost["seconds"] > 0 and cost["speed"] == "training"
    assert cost["every_mixture"]["flops"] == 7 * cost["flops"] / passes
    shutil.rmtree(study / "run/models")
    assert {name: planned_scoring(study, capsys)[name] for name in ("models", "flops")} == {
        name: cost[name] for name in ("models", "flops")
    }
    fresh = tmp_path_factory.mktemp("fresh")
    write_study(fresh)
    ahead = planned_scoring(fresh, capsys)
    assert ahead["models"] == passes and ahead["flops_per_token"] > 0
    assert run(fresh, "--dry_run") == 0
    assert "forward passes of 12 models: " in capsys.readouterr().out


def test_a_dry_run_before_anything_is_made_plans_what_one_does_after_the_corpus_is(study, tmp_path_factory, capsys):
    shutil.rmtree(study / "run" / "models")
    assert run(study, "--dry_run") == 0
    after = capsys.readouterr().out
    fresh = tmp_path_factory.mktemp("fresh")
    write_study(fresh)
    assert run(fresh, "--dry_run") == 0
    before = capsys.readouterr().out
    assert not (fresh / "run").exists()
    costs_after, costs_before = (
        [line for line in shown.splitlines() if "FLOPs" in line and not line.startswith("forward passes")]
        for shown in (after, before)
    )
    assert len(costs_after) == 10 and costs_after == costs_before


def test_a_dry_run_of_units_that_only_the_corpus_decides_says_so(tmp_path, capsys):
    recipes = write_study(tmp_path)
    values = json.loads((recipes / "partition.yaml").read_text())
    (recipes / "partition.yaml").write_text(json.dumps({**values, "units": None}))
    assert run(tmp_path, "--dry_run") == 0
    shown = capsys.readouterr().out
    assert "enumerate: unknown until partition has run" in shown
    assert all(f"\n{model} " in shown for model in ("the seed", "each component", "each reference model"))
    assert "The corpus decides how many models there are; their total follows when it is partitioned." in shown


def test_rounds_train_the_references_that_they_propose(study, capsys):
    for stage in ("merge", "report"):
        (study / "recipes" / f"{stage}.yaml").unlink()
    before = state(study / "run")
    words = ["--set", "enumerate.methods=[subsets, dirichlet]", "--set", "enumerate.samples=6", "--rounds", "1"]
    words += ["--references_per_round", "2", "--until_regret", "0", "--target", "english"]
    assert run(study, *words) == 0
    said = capsys.readouterr().out
    assert "round 1: 2 reference models (" in said
    assert "rounds: ended after 1, as many as were asked for" in said
    trained = {name for name in rewritten(before, state(study / "run")) if name.startswith("models")}
    assert trained == {"models/references"}
    (asked,) = [json.loads(line) for line in contents(study, "mixtures/proposed.jsonl").splitlines()]
    models = read_current_rows(study / "run/scores")
    assert [row.mixture for row in models if row.mixture in asked["mixtures"] and row.kind == "reference"]
