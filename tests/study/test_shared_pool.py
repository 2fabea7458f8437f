"""Studies and pools inside a run folder: they share its corpus, models and scores, and nothing is done twice."""

import json
import shutil
from pathlib import Path

import pytest
from tiny_study import RECIPES, UNITS, write_recipes

from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.evaluation.scoring.cost import read_costs
from hf_ablate.lock import run_folder_lock
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.run_folder import RunFolder


MISSING = Mixture.uniform(UNITS[:2])  # has no reference model in the pool until the study trains it


@pytest.fixture(scope="module")
def folder(finished_study, tmp_path_factory) -> Path:
    """Holds the run folder of a finished study with some of the references, and inside it that of a study of pairs."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(finished_study, folder, dirs_exist_ok=True)
    write_recipes(folder)
    pool = RunFolder(folder / "run")
    shutil.rmtree(pool.reference(MISSING.id))
    rows = pool.scores / "rows.jsonl"
    kept = [line for line in rows.read_text().splitlines(True) if f'"reference:{MISSING.id}"' not in line]
    rows.write_text("".join(kept))
    assert main(["run", str(write_pairs(folder, "run/studies/pairs"))]) == 0
    return folder


def write_pairs(folder: Path, run_dir: str) -> Path:
    """The recipes of a study of pairs without a corpus of its own, called as its run folder is."""
    recipes = folder / Path(run_dir).name
    recipes.mkdir(exist_ok=True)
    for stage in ("enumerate", "train", "evaluate", "rank"):
        (recipes / f"{stage}.yaml").write_text(json.dumps({"run_dir": str(folder / run_dir), **RECIPES[stage]}))
    change(recipes, "enumerate", methods=["pairs"], num_references=3)
    return recipes


def change(recipes: Path, stage: str, **values) -> None:
    path = recipes / f"{stage}.yaml"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_only_what_the_pool_lacks_is_trained_and_scored(folder):
    study = RunFolder(folder / "run/studies/pairs")
    assert {path.name for path in study.path.iterdir()} == {"mixtures", "scores", "ranking"}
    assert {row["model"] for row in read_costs(study.scores)} == {f"reference:{MISSING.id}"}


def test_scores_are_those_of_the_same_study_by_itself(folder, tmp_path):
    shutil.copytree(folder / "run/corpus", tmp_path / "alone/corpus")
    shutil.copytree(folder / "run/models", tmp_path / "alone/models")
    assert main(["run", str(write_pairs(tmp_path, "alone"))]) == 0
    alone = read_current_rows(tmp_path / "alone/scores")
    assert read_current_rows(folder / "run/studies/pairs/scores") == alone
    assert {row["model"] for row in read_costs(tmp_path / "alone/scores")} == {row.model for row in alone}


def test_a_finished_study_and_its_dry_run_find_nothing_to_do(folder, capsys):
    assert main(["run", str(folder / "pairs"), "--dry_run", "--output_format", "json"]) == 0
    assert {stage["state"] for stage in json.loads(capsys.readouterr().out)["stages"]} == {"unchanged"}


def test_models_of_a_shared_pool_are_not_trained_again(folder, capsys):
    assert main(["train", "--config", str(folder / "pairs/train.yaml"), "--learning_rate", "1e-4"]) == 2
    assert "trained with other arguments (learning_rate 0.003 -> 0.0001" in capsys.readouterr().err


def test_another_pool_trains_its_own_models_on_the_same_corpus(folder, capsys):
    run_dir = folder / "run/pools/slow"
    recipe = ["--config", str(folder / "recipes/train.yaml"), "--run_dir", str(run_dir), "--learning_rate", "1e-4"]
    assert main(["train", *recipe, "--model", "seed"]) == 0
    assert {path.name for path in run_dir.iterdir()} == {"models", ".lock"}
    study = RunFolder(run_dir / "studies/pairs")
    assert study.seed == run_dir / "models/seed" and study.corpus == folder / "run/corpus"


def test_the_corpus_is_partitioned_only_where_it_is(folder, capsys):
    recipe = ["--config", str(folder / "recipes/partition.yaml"), "--run_dir", str(folder / "run/studies/pairs")]
    assert main(["partition", *recipe]) == 2
    assert f"shares the corpus of {folder / 'run'}" in capsys.readouterr().err


def test_one_study_of_a_pool_works_at_a_time(folder, capsys):
    with run_folder_lock(folder / "run/studies/other"):
        assert main(["rank", "--run_dir", str(folder / "run/studies/pairs")]) == 2
    assert f"another run is working in {folder / 'run'}" in capsys.readouterr().err
