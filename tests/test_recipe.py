"""Recipes and the command line go through one strict parser."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from hf_ablate.arguments import StageArguments, make_parser
from hf_ablate.errors import InputError
from hf_ablate.recipe import flat_text, parse_with_recipe, stage_recipes


@dataclass
class Example(StageArguments):
    learning_rate: float = 0.1
    steps: int | None = None
    method: Literal["linear", "mean"] = "linear"
    names: list[str] = field(default_factory=list)
    share: dict[str, float] = field(default_factory=dict)
    shares: list[dict] = field(default_factory=list)
    shuffle: bool = True


def parse(tmp_path, yaml, *tokens):
    recipe = tmp_path / "x.yaml"
    recipe.write_text(yaml)
    return parse_with_recipe(make_parser(Example, "hf-ablate x", "Help."), ["--config", str(recipe), *tokens], Example)


def test_values_have_their_types(tmp_path):
    arguments = parse(
        tmp_path,
        "learning_rate: 2e-5\nsteps: 3\nmethod: mean\nnames: [a, 'b c']\nshare: {a: 1}\nshuffle: false\n"
        "shares: [{a: 1, b: 2}, {a: 3}]\nrun_dir: runs/y\n",
    )
    assert arguments == Example(
        run_dir=Path("runs/y"), learning_rate=2e-5, steps=3, method="mean", names=["a", "b c"], share={"a": 1},
        shares=[{"a": 1, "b": 2}, {"a": 3}], shuffle=False,
    )  # fmt: skip


def test_a_recipe_has_the_values_of_its_base_but_those_of_its_own(tmp_path):
    (tmp_path / "pool").mkdir()
    (tmp_path / "pool/first.yaml").write_text("# The first.\nsteps: 1\nmethod: mean\nnames: [\n  a,\n  b,\n  ]\n")
    (tmp_path / "pool/second.yaml").write_text("base: first.yaml\nsteps: 2\nlearning_rate: 2\n")
    own = "# Mine.\nbase: pool/second.yaml\nlearning_rate: 3  # more\nnames: null\n"
    expected = Example(steps=2, method="mean", learning_rate=3.0)
    assert parse(tmp_path, own) == expected
    flat = flat_text(tmp_path / "x.yaml")
    assert flat.startswith("# Mine.\nlearning_rate: 3  # more\n") and "# The first." in flat and "base" not in flat
    assert parse(tmp_path, flat) == expected


def test_a_base_is_another_recipe(tmp_path):
    with pytest.raises(InputError, match="`base` of recipe .*x.yaml is 'pool.yaml', and .* is not a file"):
        parse(tmp_path, "base: pool.yaml\n")
    with pytest.raises(InputError, match="x.yaml is its own `base`, by way of .*y.yaml"):
        (tmp_path / "y.yaml").write_text("base: x.yaml\n")
        parse(tmp_path, "base: y.yaml\n")


def test_text_in_quotes_and_numbers_that_are_written_as_they_are_read_are_text(tmp_path):
    arguments = parse(
        tmp_path, "names: ['no', '0123', 2012, 1.5, 'null', '2012-05-30']\nshare: {2012: 1, null: 2}\nsteps: 1_000\n"
    )
    assert arguments.names == ["no", "0123", "2012", "1.5", "null", "2012-05-30"]
    assert (arguments.share, arguments.steps) == ({"2012": 1, "null": 2}, 1000)


def test_null_leaves_the_default_and_the_command_line_wins(tmp_path):
    arguments = parse(
        tmp_path, "steps: null\nlearning_rate: 1\nnames: [a, b]\n", "--learning_rate", "3", "--names", "c"
    )
    assert (arguments.steps, arguments.learning_rate, arguments.names) == (None, 3.0, ["c"])


@pytest.mark.parametrize("null", [["--steps=null", "--names=null"], ["--steps", "null", "--names", "null"]])
def test_null_on_the_command_line_gives_the_default_whatever_the_recipe_says(tmp_path, null):
    arguments = parse(tmp_path, "steps: 3\nlearning_rate: 1\nnames: [a, b]\n", *null)
    assert (arguments.steps, arguments.learning_rate, arguments.names) == (None, 1.0, [])


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("learning_rat: 1", "unknown key 'learning_rat' .*did you mean 'learning_rate'"),
        ("steps: three", "steps.*three"),
        ("steps: 2.5", "steps.*2.5"),
        ("method: men", "method.*men"),
        ("shuffle: maybe", "neither true nor false"),
        ("share: 3", "not a mapping"),
        ("steps: 1\nsteps: 2", "duplicate key"),
        ("steps: [1, 2]", r"`steps` is a list, \[1, 2\]; expected a single value"),
        ("- 1", "expected `key: value`"),
        ("a: [", "not valid YAML: line 1: "),
        ("steps: 1:99:x\nnames: [a\nb: c", "not valid YAML: line 3: "),
        ("names: [a, no]", "`names` holds False, as which YAML reads no, off and false; if it is text, quote it"),
        ("names: [on]", "`names` holds True, as which YAML reads yes, on and true; .* quote it"),
        ("names: [0123]", "`names` holds 0123, which YAML reads as the number 83; .* quote it"),
        ("names: [1.10]", "`names` holds 1.10, which YAML reads as the number 1.1; .* quote it"),
        ("names: [12:30]", "`names` holds 12:30, which YAML reads as the number 750; .* quote it"),
        ("names: [null]", "`names` holds nothing, as which YAML reads null and ~; .* quote it"),
        ("names: 2012-05-30", "`names` holds 2012-05-30, which YAML reads as a date; .* quote it"),
        ("method: no", "`method` holds False, .* quote it"),
        ("run_dir: off", "`run_dir` holds False, .* quote it"),
        ("share: {no: 1}", "`share` holds False, .* quote it"),
        ("share: {0x1f: 1}", "`share` holds 0x1f, which YAML reads as the number 31; .* quote it"),
        ("share: {2012-13-45: 1}", "`share` holds 2012-13-45, which YAML reads as a date; .* quote it"),
        ("share: {a: [2012-05-30]}", "`share` holds 2012-05-30, which YAML reads as a date; .* quote it"),
        ("shares: [{a: 1, yes: 2}]", "`shares` holds True, .* quote it"),
    ],
)
def test_mistakes_are_found_before_anything_runs(tmp_path, yaml, message):
    with pytest.raises(InputError, match=message):
        parse(tmp_path, yaml)


def test_unknown_option_on_the_command_line_has_a_suggestion(tmp_path):
    with pytest.raises(InputError, match="unknown option 'stepz'; did you mean 'steps'"):
        parse(tmp_path, "", "--stepz", "3")


def test_missing_recipe_is_named_with_its_resolved_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=str(tmp_path / "no.yaml")):
        parse_with_recipe(make_parser(Example, "x", ""), ["--config", "no.yaml"], Example)


def test_study_folder_holds_stages_only(tmp_path):
    for name in ("train", "partition"):
        (tmp_path / f"{name}.yaml").write_text("")
    assert list(stage_recipes(tmp_path)) == ["partition", "train"]
    (tmp_path / "trian.yaml").write_text("")
    with pytest.raises(InputError, match="trian.yaml does not belong to a stage"):
        stage_recipes(tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        stage_recipes(tmp_path / "missing")
