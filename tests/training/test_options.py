"""The options of `train`, parsed from a table without transformers: the same as transformers' own parser takes."""

import json
import subprocess
import sys

import pytest
from tiny_corpus import tiny_arguments

from hf_ablate.arguments import parse
from hf_ablate.cache import cache_folder
from hf_ablate.errors import InputError
from hf_ablate.training.arguments import TrainArguments
from hf_ablate.training.optimizer_settings import optimizer_settings
from hf_ablate.training.options import make_train_parser, option_table, transformers_parser
from hf_ablate.training.trainer_arguments import trainer_arguments


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A cache of this test alone."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "cache"))
    option_table.cache_clear()
    yield tmp_path / "cache" / "hf_ablate"
    option_table.cache_clear()


def actions(parser):
    return [action for action in parser._actions if action.dest not in ("help", "trainer")]


def test_the_table_has_the_options_of_transformers_parser():
    ours, theirs = make_train_parser(TrainArguments), transformers_parser(TrainArguments)
    for one, other in zip(actions(ours), actions(theirs), strict=True):
        assert (type(one), one.option_strings, one.dest) == (type(other), other.option_strings, other.dest)
        assert (one.nargs, one.const, one.help) == (other.nargs, other.const, other.help)
        assert one.choices == other.choices or one.choices == list(other.choices)
    theirs.set_defaults(trainer={})
    assert vars(ours.parse_args([])) | {"trainer": {}} == vars(theirs.parse_args([]))


def outcome(parser, words):
    """What a parser makes of the words: values, or its message."""
    try:
        return {name: repr(value) for name, value in parse(parser, words, dict).items() if name != "trainer"}
    except InputError as error:
        return str(error)
    except (ValueError, TypeError) as error:
        return type(error)


@pytest.mark.parametrize("value", ["many", "-1", "", "1.5", "yes", "no", "cosine", "h100", '{"a": 1}', None])
def test_every_value_gives_what_transformers_parser_gives(value):
    ours, theirs = make_train_parser(TrainArguments), transformers_parser(TrainArguments)
    for row in option_table(TrainArguments):
        for flag in row["flags"] if row["type"] != "mapping" else ():  # transformers' parser takes no mapping
            words = [flag] if value is None else [flag, value]
            assert outcome(ours, words) == outcome(theirs, words), words


def test_a_mapping_is_given_as_json():
    parser = make_train_parser(TrainArguments)
    assert parser.parse_args(["--probes", '{"own": 0.5, "rest": "uniform"}']).probes == {"own": 0.5, "rest": "uniform"}
    assert "'many' is not a mapping in JSON" in outcome(parser, ["--probes", "many"])


def test_unknown_options_are_reported_with_the_nearest():
    assert "did you mean 'learning_rate'" in outcome(make_train_parser(TrainArguments), ["--learning_rat", "1"])


def test_a_damaged_table_is_made_anew(empty_cache):
    table = option_table(TrainArguments)
    (path,) = (empty_cache / "options").glob("*.json")
    good = path.read_text()
    for damaged in ("", "[]", good[: len(good) // 2], good.replace('"learning_rate"', '"learning_rat"', 1)):
        path.write_text(damaged)
        option_table.cache_clear()
        assert option_table(TrainArguments) == table
        assert path.read_text() == good


def test_a_cache_that_cannot_be_written_is_not_an_error(empty_cache):
    empty_cache.parent.mkdir()
    empty_cache.write_text("a file in the place of the folder")
    assert option_table(TrainArguments)


def test_what_transformers_refuses_is_reported_every_time_and_what_it_accepts_is_remembered(empty_cache, tmp_path):
    for _ in range(2):
        with pytest.raises(InputError, match="logging strategy .* requires non-zero --logging_steps"):
            tiny_arguments(tmp_path, logging_steps=0)
    assert not (empty_cache / "accepted").exists()
    tiny_arguments(tmp_path)
    (accepted,) = (empty_cache / "accepted").glob("*.json")
    tiny_arguments(tmp_path / "elsewhere")
    assert list((empty_cache / "accepted").glob("*.json")) == [accepted]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"lr_scheduler_type": "cosine_with_min_lr", "lr_scheduler_kwargs": '{"min_lr": "0.01", "a": {"b": "True"}}'},
        {"bf16": True, "optim": "sgd", "warmup_steps": 0.1},
        {"tf32": False, "data_seed": 3, "neftune_noise_alpha": 0.5},
    ],
)
def test_manifests_record_the_values_that_transformers_reads(tmp_path, changes):
    arguments = tiny_arguments(tmp_path, **changes)
    args = trainer_arguments(arguments.trainer_options, {})
    for name, value in optimizer_settings(arguments.trainer).items():
        read = getattr(args, name)
        assert value == getattr(read, "value", read), name


def test_trackers_see_our_own_arguments_too(tmp_path):
    arguments = tiny_arguments(tmp_path, component_tokens=64)
    values = trainer_arguments(arguments.trainer_options, arguments.study_options).to_dict()
    assert values["component_tokens"] == 64 and values["learning_rate"] == 1e-2
    assert json.loads(json.dumps(values))["run_dir"] == str(tmp_path)


def test_the_cache_is_in_the_home_of_the_hugging_face_libraries(tmp_path):
    code = "from hf_ablate.cache import cache_folder\nprint(cache_folder('options'))"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"HF_HOME": str(tmp_path)}
    )
    assert printed.stdout.strip() == str(tmp_path / "hf_ablate" / "options")
    assert cache_folder("options").parts[-2:] == ("hf_ablate", "options")
