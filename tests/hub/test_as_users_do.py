"""What the cards tell people to run, run as they do: in processes of their own, over `HF_ENDPOINT`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from loopback_hub import TOKEN
from safetensors.torch import load_file
from to_and_fro import snippet


@pytest.fixture
def environment(pushed, tmp_path):
    """The environment of somebody who is logged in to this Hub and has nothing in a cache."""
    kept = {name: value for name, value in os.environ.items() if name not in ("HF_HUB_OFFLINE", "HF_HUB_CACHE")}
    own = {"HF_ENDPOINT": pushed.endpoint, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "home")}
    return {**kept, **own, "HF_HUB_DISABLE_XET": "1"}


def run(words, environment):
    result = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_snippets_of_the_cards_and_the_yaml_of_a_merge(pushed, finished, environment, tmp_path):
    parts = [
        snippet(pushed.model("ada/tiny-component-english")),
        "print('parameters', model.num_parameters())",
        snippet(pushed.dataset("ada/tiny-corpus")),
        "print('blocks', len(blocks), len(blocks[0]['input_ids']))",
        snippet(pushed.dataset("ada/tiny-eval")),
        "print('documents', documents.column_names)",
        snippet(pushed.dataset("ada/tiny-scores")),
        "print('scores', len(scores), min(scores['bits_per_byte']) > 0)",
        *(
            f"print('{table}', len(load_dataset('ada/tiny-scores', '{table}', split='train')))"
            for table in ("ranking", "agreement", "mixtures", "models")
        ),
        "print('members', len(load_dataset('ada/tiny-pool', split='train')))",
    ]
    printed = run([sys.executable, "-c", "\n".join(parts)], environment)
    for line in ("blocks 64 32", "documents ['text'", "mixtures 7", "models 8", "members 14"):
        assert line in printed
    assert re.search(r"^parameters \d+$", printed, re.MULTILINE)
    assert re.search(r"^scores \d+ True$", printed, re.MULTILINE)

    (folder,) = (finished / "models/merged").iterdir()
    config = tmp_path / "mergekit_config.yml"
    config.write_bytes(pushed.model(f"ada/tiny-merged-{folder.name}")["mergekit_config.yml"])
    command = Path(sys.executable).with_name("mergekit-yaml")
    run([command, config, tmp_path / "merged"], environment)
    found, expected = load_file(tmp_path / "merged/model.safetensors"), load_file(folder / "model.safetensors")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_the_commands_over_the_environment(pushed, finished, environment, tmp_path):
    command = [sys.executable, "-m", "hf_ablate"]
    printed = run([*command, "pull", "ada/tiny-pool", tmp_path / "pulled", "--what", "seed"], environment)
    assert "models/seed" in printed and "pulled" in printed
    words = [*command, "push", tmp_path / "pulled", "--repo_prefix", "ada/tiny"]
    refused = subprocess.run(words, env=environment | {"HF_HUB_OFFLINE": "1"}, capture_output=True, text=True)
    assert refused.returncode == 2 and refused.stdout == ""
    assert refused.stderr.startswith("hf-ablate: error: HF_HUB_OFFLINE is set") and refused.stderr.count("\n") == 1
