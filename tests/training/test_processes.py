"""Several processes train the same model as one."""

import json
import runpy
import subprocess
import sys

import pytest
import torch
import yaml
from accelerate.utils import is_deepspeed_available
from pool_files import ALPHA_GAMMA, manifests, weights
from tiny_corpus import TINY, make_mixtures, make_run_dir, tiny_arguments
from transformers import AutoModelForCausalLM

from hf_ablate.errors import InputError
from hf_ablate.training.train import run


SAME = ("arguments", "blocks", "tokens", "flops", "tokenizer_digest")
RECIPE = f"""
use_cpu: true
config_overrides: {TINY}
per_device_train_batch_size: 2
global_batch_size: 4
learning_rate: 1e-2
logging_steps: 2
save_steps: 2
"""


def logged(run_dir, folder):
    """The measurements of a model that do not depend on the clock, by step and name."""
    rows = map(json.loads, (run_dir / "models" / folder / "metrics.jsonl").read_text().splitlines())
    return {
        f"{row['step']} {name}": value
        for row in rows
        for name, value in row.items()
        if name in ("loss", "grad_norm", "learning_rate", "train_loss") or name.startswith("eval_")
    }


@pytest.mark.parametrize("config", ["cpu", *(["zero2", "zero3"] if is_deepspeed_available() else [])])
def test_two_processes_give_the_losses_scores_and_weights_of_one(run_dir, tmp_path, config):
    make_mixtures(run_dir, [{"alpha": 3, "gamma": 1}])
    scored = {} if config == "zero3" else {"eval_strategy": "steps", "eval_steps": 3}
    (tmp_path / "train.yaml").write_text(f"run_dir: {run_dir}{RECIPE}{yaml.safe_dump(scored) if scored else ''}")
    words = ["--config", str(tmp_path / "train.yaml"), "--accelerate_config", config, "--num_processes", "2"]
    result = subprocess.run(
        [sys.executable, "-m", "hf_ablate.cli", "train", *words, "--main_process_port", "0"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("component:alpha") == 1  # one process prints
    two = run_dir.rename(tmp_path / "two")
    make_run_dir(run_dir)
    make_mixtures(run_dir, [{"alpha": 3, "gamma": 1}])
    run(tiny_arguments(run_dir, **scored))
    assert set(manifests(two)) == set(manifests(run_dir))
    for model, manifest in manifests(run_dir).items():
        kind, _, name = model.partition(":")
        folder = f"{kind}s/{name}" if name else kind
        assert logged(two, folder) == pytest.approx(logged(run_dir, folder), rel=1e-5)
        for tensor, value in weights(two, model).items():
            torch.testing.assert_close(
                value, weights(run_dir, model)[tensor], rtol=0, atol=2e-4
            )  # a fiftieth of a step
        assert {key: manifests(two)[model][key] for key in SAME} == {key: manifest[key] for key in SAME}
    AutoModelForCausalLM.from_pretrained(two / "models/references" / ALPHA_GAMMA.partition(":")[2])


def test_the_module_is_the_command(run_dir, tmp_path, monkeypatch, capsys):
    (tmp_path / "train.yaml").write_text(f"run_dir: {run_dir}{RECIPE}")
    words = ["--config", str(tmp_path / "train.yaml"), "--model", "seed", "--output_format", "json"]
    monkeypatch.setattr(sys, "argv", ["train", *words])
    monkeypatch.delitem(sys.modules, "hf_ablate.training.train")  # `python -m` is the first to import it
    with pytest.raises(SystemExit) as end:
        runpy.run_module("hf_ablate.training.train", run_name="__main__")
    assert end.value.code == 0
    assert [row["model"] for row in json.loads(capsys.readouterr().out)] == ["seed"]
    assert set(manifests(run_dir)) == {"seed"}


def test_processes_that_each_believe_they_are_alone_stop(run_dir, monkeypatch):
    arguments = tiny_arguments(run_dir)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="2 processes were started, and each believes that it is alone"):
        run(arguments)
    assert not (run_dir / "models").exists()
