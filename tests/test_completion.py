"""What the shell offers to complete; it asks as `register-python-argcomplete hf-ablate` has it ask."""

import os
import subprocess
import sys

import pytest

from hf_ablate.completion import make_parser
from hf_ablate.training.arguments import TrainArguments
from hf_ablate.training.options import option_table


def offered(line: str, folder, *options: str) -> tuple[set[str], str]:
    """What is offered after a command line, and what the process prints on stderr."""
    asks = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(folder / ".offered"), "_ARGCOMPLETE_IFS": "\n"}
    asks |= {"COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
    command = [sys.executable, *options, "-m", "hf_ablate"]
    result = subprocess.run(command, cwd=folder, env=os.environ | asks, capture_output=True, text=True)
    return {word.strip() for word in (folder / ".offered").read_text().split("\n")}, result.stderr


def test_commands_studies_files_options_and_choices(tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "mine.yaml").touch()
    assert {"partition", "predict", "propose", "push", "pull"} == offered("hf-ablate p", tmp_path)[0]
    assert {"quickstart", "recipes/"} <= offered("hf-ablate run ", tmp_path)[0]
    assert {"corpus-s2orc", "corpus-seed", "corpus-m2d2-wiki"} == offered("hf-ablate init x --from c", tmp_path)[0]
    assert {"mine.yaml", "recipes/"} == offered("hf-ablate rank --config ", tmp_path)[0]
    assert {"files", "jsonl", "parquet", "hub", "tokens"} <= offered("hf-ablate partition --source ", tmp_path)[0]


@pytest.mark.parametrize("words", ["evaluate --pr", "train --learning"])
def test_options_come_without_torch_or_transformers(tmp_path, words):
    option_table(TrainArguments)  # as after the first use of train
    found, imported = offered(f"hf-ablate {words}", tmp_path, "-X", "importtime")
    assert found and found <= {"--proxy", "--prefix", "--learning_rate", "--learning-rate"}
    modules = {line.rpartition("|")[2].strip() for line in imported.splitlines()}
    assert "argcomplete" in modules and not {"torch", "transformers", "datasets"} & modules


def test_train_before_its_first_use_offers_no_options_rather_than_importing_transformers(tmp_path, monkeypatch):
    monkeypatch.setattr("hf_ablate.training.options.recalled", lambda name, key: None)
    parser = make_parser(["hf-ablate", "train"])
    assert "--config" in parser._subparsers._group_actions[0].choices["train"].format_help()
