"""`--set STAGE.KEY=VALUE`: values mean what they mean in a recipe."""

import json

import pytest
from tiny_study import write_study

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.study.run import RunArguments, parse_stages


@pytest.fixture(scope="module")
def recipes(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("changes"))


def changed(recipes, *changes):
    return parse_stages(RunArguments(study=recipes, set=list(changes)))


@pytest.mark.parametrize("text", ["[english, python]", '["english", "python"]', "[english,python]"])
def test_a_list_is_a_list(recipes, text):
    stages = changed(recipes, f"partition.units={text}", "enumerate.num_references=1")
    assert stages["partition"].units == ["english", "python"]


@pytest.mark.parametrize(
    ("change", "stage", "key"),
    [
        ("partition.unit_tokens=2_050", "partition", "unit_tokens"),
        ("partition.tokenizer=null", "partition", "tokenizer"),
        ("enumerate.mixtures=[{english: 1, python: 2}, {python: 1}]", "enumerate", "mixtures"),
        ("enumerate.exclude_units=[]", "enumerate", "exclude_units"),
        ("partition.value_map={part: {x: 'no'}}", "partition", "value_map"),
        ("train.component_tokens=1024", "train", "component_tokens"),
        ("report.title='Parts: a, b'", "report", "title"),
        ('partition.units=["english"]', "partition", "units"),
    ],
)
def test_a_value_is_the_one_that_a_recipe_with_it_has(recipes, tmp_path, change, stage, key):
    import shutil

    others = ["enumerate.num_references=0"]
    by_change = getattr(changed(recipes, change, *others)[stage], key)
    copy = shutil.copytree(recipes, tmp_path / "recipes")
    recipe = copy / f"{stage}.yaml"
    values = {name: value for name, value in json.loads(recipe.read_text()).items() if name != key}
    recipe.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())
                      + f"{key}: {change.partition('=')[2]}\n")  # fmt: skip
    assert by_change == getattr(changed(copy, *others)[stage], key)


def test_null_takes_back_what_the_recipe_says(recipes):
    assert changed(recipes, "train.save_steps=null")["train"].trainer["save_steps"] == 500
    assert changed(recipes, "partition.units=null")["partition"].units is None


def test_a_glob_needs_no_quotes(recipes):
    assert changed(recipes, "partition.globs=*.jsonl")["partition"].globs == ["*.jsonl"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["partition.units=english python"], r"a list is written '\[english, python\]'"),
        (["partition.units=english", "partition.units=python"], r"given twice; a list is written partition.units="),
        (["partition.units=[english, python"], "partition.units: .* is not valid YAML"),
        (["train.learning_rate=[1, 2]"], r"`learning_rate` is a list, \[1, 2\]; expected a single value"),
        (["learning_rate=1"], "expected STAGE.KEY=VALUE"),
    ],
)
def test_what_is_not_a_list_is_refused_with_the_way_to_write_one(recipes, changes, message):
    with pytest.raises(InputError, match=message):
        changed(recipes, *changes)


def test_the_command_takes_lists(recipes, capsys):
    words = ["--set", "partition.units=[english, python]", "enumerate.num_references=1"]
    assert main(["validate", str(recipes), *words]) == 0
    assert "are valid" in capsys.readouterr().out
