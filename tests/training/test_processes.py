"""Several processes train the same model as one."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from accelerate.utils import is_deepspeed_available
from pool_files import ALPHA_GAMMA, manifests, same_weights, weights
from safetensors.torch import load_file
from tiny_corpus import TINY, UNITS, make_corpus, make_mixtures, tiny_arguments
from transformers import AutoConfig, AutoModelForCausalLM

from hf_ablate.errors import InputError
from hf_ablate.launch import accelerate_config_path
from hf_ablate.training.train import run


# DeepSpeed compiles its part for the CPU when it is first used.
CONFIGS = ["cpu", "fsdp2", *(["zero2", "zero3"] if is_deepspeed_available() and shutil.which("g++") else [])]
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


def logged(run_dir, model):
    """The measurements of a model that do not depend on the clock, by step and name.

    The Trainer's last row (`train_loss`) is about the steps since it was started, so it is left out.
    """
    kind, _, name = model.partition(":")
    folder = f"{kind}s/{name}" if name else kind
    rows = map(json.loads, (run_dir / "models" / folder / "metrics.jsonl").read_text().splitlines())
    return {
        f"{row['step']} {name}": value
        for row in rows
        for name, value in row.items()
        if name in ("loss", "grad_norm", "learning_rate") or name.startswith("eval_")
    }


def launch_words(config, run_dir, words):
    """The words after `accelerate launch` for `hf-ablate train` in two processes under one of the configurations."""
    recipe = run_dir.with_suffix(".yaml")
    recipe.write_text(f"run_dir: {run_dir}{RECIPE}")
    launcher = ["--config_file", str(accelerate_config_path(config)), "--num_processes", "2"]
    script = str(Path(__file__).parent / "launched_train.py")
    return [*launcher, "--main_process_port", "0", script, "--config", str(recipe), *words]


def launch_environment(config):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # ninja, for DeepSpeed
    return {"PATH": path} if config.startswith("zero") else {"PATH": path, "ACCELERATE_USE_CPU": "true"}


def launch_as_users_do(config, run_dir, *words):
    """`accelerate launch` from a shell: new interpreters, started and ended as users' are."""
    command = [sys.executable, "-m", "accelerate.commands.launch", *launch_words(config, run_dir, words)]
    environment = {**os.environ, **launch_environment(config)}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    """The input and the answers of the process that forks launches, see `forked_launcher.py`."""
    answers = tmp_path_factory.mktemp("launcher") / "answers"
    os.mkfifo(answers)
    command = [sys.executable, str(Path(__file__).parent / "forked_launcher.py"), str(answers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process, answers.open() as lines:
        yield process.stdin, lines
        process.stdin.close()


@pytest.fixture
def launch(launcher, tmp_path):
    jobs, answers = launcher

    def launch(config, run_dir, *words, **environment):
        outputs = {name: tmp_path / name for name in ("stdout", "stderr")}
        job = {"words": launch_words(config, run_dir, words), "environment": launch_environment(config) | environment}
        print(json.dumps(job | {name: str(path) for name, path in outputs.items()}), file=jobs, flush=True)
        code = int(answers.readline())
        return SimpleNamespace(returncode=code, **{name: path.read_text() for name, path in outputs.items()})

    return launch


@pytest.fixture
def alone(tmp_path):
    """A run folder with a corpus of one unit: a seed and a component are all that there is to train."""
    make_corpus(tmp_path / "alone", {"alpha": UNITS["alpha"]})
    make_mixtures(tmp_path / "alone", [])
    return tmp_path / "alone"


@pytest.mark.parametrize("config", CONFIGS)
def test_two_processes_give_the_losses_scores_and_weights_of_one_also_after_a_kill(launch, tmp_path, config):
    run_dir = tmp_path / "run"
    make_corpus(run_dir, {unit: UNITS[unit] for unit in ("alpha", "gamma")})
    make_mixtures(run_dir, [{"alpha": 3, "gamma": 1}])
    two, again = (shutil.copytree(run_dir, tmp_path / name) for name in ("two", "again"))
    scored = {"eval_strategy": "steps", "eval_steps": 3}
    words = [f"--{name}={value}" for name, value in scored.items()]
    result = launch(config, two, *words)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("component:alpha") == 1  # one process prints
    run(tiny_arguments(run_dir, **scored))
    assert set(manifests(two)) == set(manifests(run_dir))
    for model, manifest in manifests(run_dir).items():
        assert logged(two, model) == pytest.approx(logged(run_dir, model), rel=1e-5)
        for tensor, value in weights(two, model).items():
            torch.testing.assert_close(
                value, weights(run_dir, model)[tensor], rtol=0, atol=2e-4
            )  # a fiftieth of a step
        assert {key: manifests(two)[model][key] for key in SAME} == {key: manifest[key] for key in SAME}
    AutoModelForCausalLM.from_pretrained(two / "models/references" / ALPHA_GAMMA.partition(":")[2])

    shutil.copytree(two / "models/seed", again / "models/seed")
    words += ["--model", "component:gamma"]
    assert "SIGKILL" in launch(config, again, *words, TEST_KILL_AT_STEP="5").stderr
    assert not (again / "models/components/gamma/manifest.json").exists()
    resumed = launch(config, again, *words)
    assert resumed.returncode == 0, resumed.stderr
    assert "component:gamma: resuming from checkpoint-4" in resumed.stderr
    assert same_weights(weights(again, "component:gamma"), weights(two, "component:gamma"))
    assert logged(again, "component:gamma") == logged(two, "component:gamma")


@pytest.mark.parametrize("config", CONFIGS[1:])
def test_with_bf16_the_float32_weights_are_saved_and_the_scores_are_those_of_one_process(
    launch, alone, tmp_path, config
):
    two = shutil.copytree(alone, tmp_path / "two")
    changes = {"eval_strategy": "steps", "eval_steps": 1, "bf16": True, "peft": "lora", "lora_r": 2}
    result = launch(config, two, *(f"--{name}={value}" for name, value in changes.items()))
    assert result.returncode == 0, result.stderr
    run(tiny_arguments(alone, **changes))
    for model in ("seed", "component:alpha"):
        one_score, two_score = (logged(folder, model)["1 eval_bits_per_byte"] for folder in (alone, two))
        assert two_score == pytest.approx(one_score, rel=1e-3)
    for folder in ("seed", "components/alpha", "components/alpha/adapter"):
        (file,) = (two / "models" / folder).glob("*.safetensors")
        trained = load_file(file)
        assert {weight.dtype for weight in trained.values()} == {torch.float32}
        assert not any(torch.equal(weight, weight.bfloat16().float()) for weight in trained.values())
    assert AutoConfig.from_pretrained(two / "models/seed").dtype == torch.float32


@pytest.mark.parametrize("config", [config for config in CONFIGS if config != "zero2"])
def test_adapters_of_two_processes_are_those_of_one(launch, alone, tmp_path, config):
    two = shutil.copytree(alone, tmp_path / "two")
    adapted = {"peft": "lora", "lora_r": 2, "eval_strategy": "steps", "eval_steps": 3}
    result = launch(config, two, *(f"--{name}={value}" for name, value in adapted.items()))
    assert result.returncode == 0, result.stderr
    run(tiny_arguments(alone, **adapted))
    assert logged(two, "component:alpha") == pytest.approx(logged(alone, "component:alpha"), rel=1e-5)
    for tensor, value in weights(two, "component:alpha").items():
        torch.testing.assert_close(value, weights(alone, "component:alpha")[tensor], rtol=0, atol=2e-4)
    folder = "models/components/alpha/adapter"
    assert sorted(path.name for path in (two / folder).iterdir()) == sorted(
        path.name for path in (alone / folder).iterdir()
    )


@pytest.mark.parametrize("config", [config for config in CONFIGS if config != "zero2"])
def test_what_one_process_finds_wrong_stops_all_with_a_line(launch, run_dir, config):
    spoiled = {"TEST_SPOIL_LOSS_OF": "1 2"} if config == "cpu" else {"TEST_SPOIL_WEIGHT_OF": "1 4"}
    message = (
        "seed: the loss is not a finite number at step 2" if config == "cpu" else "seed: a weight is not a finite"
    )
    result = launch(config, run_dir, "--model", "seed", "--save_strategy", "no", **spoiled)
    assert result.returncode != 0
    assert result.stderr.count(message) == 2  # one line of each process
    assert not (run_dir / "models/seed/manifest.json").exists()


def test_a_model_that_brings_its_code_is_saved_with_it_from_shards(run_dir, tmp_path):
    two = shutil.copytree(run_dir, tmp_path / "two")
    changes = {"model_type": "hf_olmo", "config_overrides": "d_model=16,n_heads=2,n_layers=1", "model": "seed"}
    result = launch_as_users_do("fsdp2", two, *(f"--{name}={value}" for name, value in changes.items()))
    assert result.returncode == 0, result.stderr
    run(tiny_arguments(run_dir, **changes))
    names = {path.name for path in (run_dir / "models/seed").iterdir()}
    assert "modeling_hf_olmo.py" in names and names == {path.name for path in (two / "models/seed").iterdir()}
    one_config, two_config = ((folder / "models/seed/config.json").read_text() for folder in (run_dir, two))
    assert two_config == one_config


def test_the_package_is_the_command(run_dir, tmp_path, monkeypatch, capsys):
    (tmp_path / "train.yaml").write_text(f"run_dir: {run_dir}{RECIPE}")
    words = ["--config", str(tmp_path / "train.yaml"), "--model", "seed", "--output_format", "json"]
    monkeypatch.setattr(sys, "argv", ["hf_ablate", "train", *words])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("hf_ablate", run_name="__main__")
    assert end.value.code == 0
    assert [row["model"] for row in json.loads(capsys.readouterr().out)] == ["seed"]
    assert set(manifests(run_dir)) == {"seed"}


def test_processes_that_do_not_know_of_each_other_stop(run_dir, monkeypatch):
    arguments = tiny_arguments(run_dir, use_cpu=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="2 processes were started, and each would train alone"):
        run(arguments)
    assert not (run_dir / "models").exists()
