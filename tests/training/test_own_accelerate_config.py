"""Where models are trained when the recipe leaves it open."""

from pathlib import Path

import pytest
import torch
from tiny_corpus import tiny_arguments

from hf_ablate.cli import main
from hf_ablate.commands import find_command
from hf_ablate.training import train
from hf_ablate.training.train import accelerate_config_for


def arguments_with_gpus(run_dir, gpus, monkeypatch, **changes):
    arguments = tiny_arguments(run_dir, **changes)
    arguments.trainer["use_cpu"] = False
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    return arguments


@pytest.mark.parametrize(
    ("gpus", "small", "batch", "expected"),
    [
        (4, 1000, 16, "multi_gpu"),
        (2, 1000, 16, "multi_gpu"),
        (4, 100_000, 16, None),  # the model is small
        (4, 1000, 8, None),  # 4 blocks on each of 4 GPUs are more than the batch
        (4, 1000, None, None),  # the batch would depend on the number of GPUs
        (1, 1000, 16, None),
        (0, 1000, 16, None),
    ],
)
def test_a_large_model_takes_all_gpus_if_its_batch_stays_the_same(run_dir, monkeypatch, gpus, small, batch, expected):
    monkeypatch.setattr(train, "_SMALL", small)
    arguments = arguments_with_gpus(run_dir, gpus, monkeypatch, global_batch_size=batch)
    assert accelerate_config_for(arguments) == expected
    assert find_command("train").launch_config(arguments) == expected


def test_gpus_that_are_not_used_are_reported_with_what_would_use_them(run_dir, monkeypatch, caplog):
    monkeypatch.setattr(train, "_SMALL", 1000)
    with caplog.at_level("INFO", "hf_ablate"):
        accelerate_config_for(arguments_with_gpus(run_dir, 8, monkeypatch))
    assert "8 GPUs here, and one is used: give a global_batch_size that is a multiple of 32" in caplog.text


def test_a_named_configuration_wins_and_processes_that_were_launched_launch_none(run_dir, monkeypatch):
    monkeypatch.setattr(train, "_SMALL", 1000)
    arguments = arguments_with_gpus(run_dir, 2, monkeypatch, global_batch_size=16, accelerate_config="fsdp2")
    assert find_command("train").launch_config(arguments) == "fsdp2"
    arguments.dry_run = True
    assert find_command("train").launch_config(arguments) is None
    arguments.dry_run = False
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "no")
    assert find_command("train").launch_config(arguments) is None


def test_nothing_is_started_where_nothing_is_missing(trained, monkeypatch):
    monkeypatch.setattr(train, "_SMALL", 1000)
    changes = {"per_device_train_batch_size": 1, "global_batch_size": 4}
    assert accelerate_config_for(arguments_with_gpus(trained, 2, monkeypatch, **changes)) is None
    changes["component_tokens"] = 64
    assert accelerate_config_for(arguments_with_gpus(trained, 2, monkeypatch, **changes)) == "multi_gpu"


def test_the_command_starts_the_processes(run_dir, monkeypatch):
    import accelerate.commands.launch

    started = []
    monkeypatch.setattr(train, "_SMALL", 1000)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(accelerate.commands.launch, "launch_command", started.append)
    words = ["train", "--run_dir", str(run_dir), "--per_device_train_batch_size", "2", "--global_batch_size", "8"]
    assert main(words) == 0
    assert (started[0].num_processes, Path(started[0].config_file).stem) == (2, "multi_gpu")
