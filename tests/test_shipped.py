"""The studies that come with the package, studies written from them, and where the paths in recipes lead."""

import json
import os
import shlex
from pathlib import Path

import pytest
import yaml
from tiny_study import RECIPES, write_documents

from hf_ablate.cli import main
from hf_ablate.commands import COMMANDS, find_command
from hf_ablate.errors import InputError
from hf_ablate.recipe import read_recipe
from hf_ablate.shipped import find_recipe, find_study, shipped_studies
from hf_ablate.study.run import RunArguments, parse_stages


ROOT = Path(__file__).parent.parent
EXAMPLES = [(command.name, example) for command in COMMANDS for example in command.examples]


@pytest.fixture(autouse=True)
def in_an_empty_folder(monkeypatch, tmp_path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_study_of_the_repository_comes_with_the_package():
    folders = {path.parent for path in (ROOT / "recipes").glob("**/*.yaml")}
    assert shipped_studies() == sorted(str(folder.relative_to(ROOT / "recipes")) for folder in folders)
    assert {"quickstart", "paper/pool/miniature"} <= set(shipped_studies())


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=str)
def test_every_example_of_help_is_valid_wherever_it_is_typed(name, example):
    Path("runs/quickstart").mkdir(parents=True)  # of the first example
    arguments = find_command(name).parse(shlex.split(example))
    if isinstance(arguments, RunArguments):
        parse_stages(arguments)


def test_a_study_is_a_folder_or_comes_with_the_package():
    assert find_study(Path("quickstart")).samefile(ROOT / "recipes/quickstart")
    assert find_recipe(Path("quickstart/rank.yaml")).samefile(ROOT / "recipes/quickstart/rank.yaml")
    Path("quickstart").mkdir()
    assert find_study(Path("quickstart")) == Path("quickstart")
    assert find_study(Path("paper/pool/miniature")).samefile(ROOT / "recipes/paper/pool/miniature")
    recipe = Path("paper/pool/miniature/train.yaml")
    assert find_recipe(recipe).samefile(ROOT / "recipes" / recipe)


@pytest.mark.parametrize(
    ("study", "message"),
    [
        ("quickstrat", "unknown study 'quickstrat'; did you mean 'quickstart'"),
        ("recipes/quickstart", "is not a folder of recipes .*`quickstart` alone is the study that comes with"),
        ("paper/pool/minature", "unknown study .*; did you mean .paper/pool/miniature."),
        (
            "../recipes/paper/pool/miniature",
            "is not a folder of recipes .*`paper/pool/miniature` alone is the study that comes with",
        ),
        ("../quickstrat", "is not a folder of recipes .looked for [^`]*$"),
    ],
)
def test_a_study_that_is_not_there(study, message):
    with pytest.raises(InputError, match=message):
        find_study(Path(study))


@pytest.mark.parametrize("origin", [*(name for name in shipped_studies() if "/" not in name), "paper/pairs/miniature"])
def test_a_study_is_written_to_be_edited(origin, capsys):
    assert main(["init", "recipes/mine", "--from", origin]) == 0
    assert "hf-ablate validate recipes/mine" in capsys.readouterr().out
    written = {path.name: path.read_text() for path in Path("recipes/mine").iterdir()}
    recipes = {path.name: path for path in (ROOT / "recipes" / origin).glob("*.yaml")}
    assert {name: yaml.safe_load(text) for name, text in written.items()} == {
        name: read_recipe(path) | {"run_dir": "runs/mine"} for name, path in recipes.items()
    }
    for name, path in recipes.items():
        assert written[name].startswith(path.read_text().partition("run_dir:")[0]), "comments are kept"
    assert all(yaml.safe_load(text)["run_dir"] == "runs/mine" for text in written.values())
    assert main(["validate", "recipes/mine"]) == 0


def test_a_study_is_written_from_one_of_ones_own(capsys):
    Path("old").mkdir()
    Path("old/rank.yaml").write_text("metric: ppl_byte\n")
    assert main(["init", "a: b", "--from", "old", "--output_format", "json", "--dry_run"]) == 0
    expected = {"study": "a: b", "from": "old", "run_dir": "runs/a: b", "recipes": ["rank.yaml"]}
    assert json.loads(capsys.readouterr().out) == expected
    assert not Path("a: b").exists()
    assert main(["init", "a: b", "--from", "old"]) == 0
    assert yaml.safe_load(Path("a: b/rank.yaml").read_text()) == {"metric": "ppl_byte", "run_dir": "runs/a: b"}


def test_a_study_is_written_into_the_working_directory():
    Path("mine").mkdir()
    os.chdir("mine")
    assert main(["init", "."]) == 0
    assert yaml.safe_load(Path("rank.yaml").read_text())["run_dir"] == "runs/mine"


def test_init_overwrites_nothing(capsys):
    Path("mine").mkdir()
    Path("mine/notes").touch()
    assert main(["init", "mine"]) == 2
    assert "mine exists already; name a folder that does not" in capsys.readouterr().err
    assert [path.name for path in Path("mine").iterdir()] == ["notes"]


PARTITION = RECIPES["partition"] | {"run_dir": "runs/mine", "roots": ["data"]}


def write_recipe(path: Path, **values) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))
    return path


def test_paths_in_recipes_are_relative_to_their_project(tmp_path, monkeypatch):
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project / "data", project / "seed", elsewhere / "data", elsewhere / "only_here"):
        folder.mkdir(parents=True)
    recipe = write_recipe(
        project / "recipes/mine/train.yaml", run_dir="runs/mine", seed_model="seed", eval_data=["data", "ORG/NAME"]
    )
    monkeypatch.chdir(elsewhere)
    arguments = find_command("train").parse(["--config", str(recipe)])
    assert arguments.run_dir == project / "runs/mine" and arguments.seed_model == str(project / "seed")
    assert arguments.eval_data == [str(project / "data"), "ORG/NAME"]
    assert find_command("train").parse(["--config", str(recipe), "--run_dir", "x"]).run_dir == Path("x")
    recipe = write_recipe(recipe, seed_model="only_here", run_dir="/absolute")
    arguments = find_command("train").parse(["--config", "../project/recipes/mine/train.yaml"])
    assert arguments.seed_model == str(elsewhere / "../project/only_here") and arguments.run_dir == Path("/absolute")
    monkeypatch.chdir(recipe.parent)
    assert find_command("train").parse(["--config", "train.yaml"]).run_dir == Path("/absolute")
    nested = write_recipe(project / "recipes/paper/mine/small/train.yaml", run_dir="runs/mine", seed_model="seed")
    monkeypatch.chdir(elsewhere)
    arguments = find_command("train").parse(["--config", str(nested)])
    assert (arguments.run_dir, arguments.seed_model) == (project / "runs/mine", str(project / "seed"))
    recipe = write_recipe(tmp_path / "loose/train.yaml", run_dir="runs/mine", seed_model="seed")
    arguments = find_command("train").parse(["--config", str(recipe)])
    assert (arguments.run_dir, arguments.seed_model) == (Path("runs/mine"), "seed")


def test_a_study_is_the_same_from_any_folder(tmp_path, monkeypatch, capsys):
    project = tmp_path / "project"
    write_documents(project / "data")
    write_recipe(project / "recipes/mine/partition.yaml", **PARTITION)
    monkeypatch.chdir(project)
    assert main(["run", "recipes/mine"]) == 0
    manifest = project / "runs/mine/corpus/manifest.json"
    before = manifest.read_bytes()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["run", "../project/recipes/mine"]) == 0
    assert manifest.read_bytes() == before and not list(Path().iterdir())


def test_a_study_in_another_run_folder_may_partition_there(in_an_empty_folder):
    pairs = ROOT / "recipes/paper/pairs/miniature"
    stages = parse_stages(RunArguments(study=pairs))
    assert stages["partition"].run_dir == ROOT / "runs/paper-miniature"
    assert stages["rank"].run_dir == ROOT / "runs/paper-miniature/studies/pairs"
    stages = parse_stages(RunArguments(study=pairs, run_dir=Path("mine/studies/few")))
    assert (stages["partition"].run_dir, stages["rank"].run_dir) == (Path("mine"), Path("mine/studies/few"))
    write_recipe(Path("other/partition.yaml"), **PARTITION | {"run_dir": "runs/other"})
    write_recipe(Path("other/rank.yaml"), run_dir="runs/mine/studies/other")
    with pytest.raises(InputError, match="name different run folders: runs/mine/studies/other, runs/other"):
        parse_stages(RunArguments(study=Path("other")))
