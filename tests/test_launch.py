"""Commands under `accelerate launch`: configurations, options, and what several processes give."""

import argparse
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hf_ablate import launch
from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.launch import accelerate_config_path, split_tokens


SHIPPED = sorted((Path(__file__).parent.parent / "accelerate_configs").glob("*.yaml"))
NAMES = ["cpu", "fsdp2", "multi_gpu", "multi_node", "single_gpu", "zero2", "zero3"]


def test_all_configurations_are_shipped():
    assert [path.stem for path in SHIPPED] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_accelerate_itself_reads_every_configuration(name):
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser

    path = str(accelerate_config_path(name))
    values = load_config_from_file(path)
    words = ["--config_file", path, "--num_processes", "2", "--module", "hf_ablate"]
    arguments, _, _ = _validate_launch_command(launch_command_parser().parse_args(words))
    assert arguments.num_processes == 2
    assert arguments.mixed_precision == "no"  # precision is the recipe's
    assert values.use_cpu == (name == "cpu")
    assert arguments.use_deepspeed == name.startswith("zero") and arguments.use_fsdp == (name == "fsdp2")
    if name.startswith("zero"):
        assert values.deepspeed_config["zero_stage"] == int(name[-1])
        assert not {"gradient_accumulation_steps", "gradient_clipping"} & values.deepspeed_config.keys()


def test_whatever_is_sharded_is_saved_as_one_complete_folder():
    from accelerate.commands.config.config_args import load_config_from_file

    zero3, fsdp2 = (load_config_from_file(str(accelerate_config_path(name))) for name in ("zero3", "fsdp2"))
    assert zero3.deepspeed_config["zero3_save_16bit_model"] is True
    assert (fsdp2.fsdp_config["fsdp_version"], fsdp2.fsdp_config["fsdp_state_dict_type"]) == (2, "FULL_STATE_DICT")


def test_an_existing_file_wins_over_a_shipped_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert accelerate_config_path("zero2").name == "zero2.yaml"
    (tmp_path / "zero2").write_text("distributed_type: 'NO'\n")
    assert accelerate_config_path("zero2") == Path("zero2")


def test_an_unknown_configuration_has_a_suggestion():
    with pytest.raises(InputError, match="'zero4'; did you mean 'zero3'"):
        accelerate_config_path("zero4")


def test_options_of_accelerate_are_told_from_the_commands_own():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mixed_precision")
    parser.add_argument("--model", nargs="*")
    words = [
        "--model",
        "a",
        "b",
        "--num_processes=2",
        "--mixed_precision",
        "bf16",
        "--main_process_port",
        "0",
        "--typo",
    ]
    assert split_tokens(parser, words) == (
        ["--model", "a", "b", "--mixed_precision", "bf16", "--typo"],
        ["--num_processes=2", "--main_process_port", "0"],
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--num_processes", "2"], "--num_processes is an option of accelerate; name an --accelerate_config"),
        (["--accelerate_config", "multi_gpu"], "multi_gpu is for GPUs, and there is none here; use `cpu`"),
        (["--accelerate_config", "fsdp2", "--num_processes", "2"], "fsdp2 is for GPUs, and there is none here"),
        (["--accelerate_config", "cpu", "--num_processes", "0"], "--num_processes is 0; expected 1 or more"),
        (["--accelerate_config", "cpu", "--num_processes", "two"], "accelerate launch: argument --num_processes"),
        (["--accelerate_config", "zero9"], "did you mean 'zero3'"),
        (["--accelerate_config", "cpu", "--num_proceses", "2"], "unknown option 'num_proceses'"),
    ],
    ids=str,
)
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_mistakes_are_told_in_a_line_before_any_process_starts(command, words, message, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert main([command, "--run_dir", str(tmp_path), *words]) == 2
    assert message in capsys.readouterr().err


def test_a_configuration_for_deepspeed_says_how_to_get_it(tmp_path, capsys, monkeypatch):
    import accelerate.utils

    monkeypatch.setattr(accelerate.utils, "is_deepspeed_available", lambda: False)
    assert main(["train", "--run_dir", str(tmp_path), "--accelerate_config", "zero2", "--num_processes", "2"]) == 2
    assert "pip install deepspeed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config", "gpus", "options", "expected"),
    [
        ("multi_gpu", 4, [], 4),
        ("multi_gpu", 4, ["--num_processes", "3"], 3),
        ("multi_node", 8, [], 16),
        ("multi_node", 8, ["--num_machines", "3"], 24),
        ("cpu", 0, [], None),
    ],
)
def test_there_are_as_many_processes_as_gpus(config, gpus, options, expected, monkeypatch):
    import accelerate.commands.launch

    seen = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(accelerate.commands.launch, "launch_command", seen.append)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "false")  # restored at the end
    launch.launch("train", ["--model", "seed"], options, config)
    assert seen[0].num_processes == expected
    assert (seen[0].training_script, seen[0].training_script_args) == ("hf_ablate", ["train", "--model", "seed"])


def test_the_exit_code_of_a_process_that_failed_is_handed_on(tmp_path, monkeypatch):
    import accelerate.commands.launch

    def fail(arguments):
        raise subprocess.CalledProcessError(3, "python")

    monkeypatch.setattr(accelerate.commands.launch, "launch_command", fail)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "false")
    assert main(["train", "--run_dir", str(tmp_path), "--accelerate_config", "cpu"]) == 3


def test_a_signal_to_the_launcher_ends_in_its_exit_code(tmp_path, monkeypatch):
    import accelerate.commands.launch
    from torch.distributed.elastic.multiprocessing.api import SignalException

    def interrupted(arguments):
        raise SignalException("got signal", signal.SIGINT)

    monkeypatch.setattr(accelerate.commands.launch, "launch_command", interrupted)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "false")
    assert main(["train", "--run_dir", str(tmp_path), "--accelerate_config", "cpu"]) == 130


@pytest.mark.skipif(sys.platform != "linux", reason="the system call is Linux's")
def test_a_process_ends_with_the_launcher_that_was_killed():
    child = (
        "import time; from hf_ablate.launch import end_with_parent; "
        "end_with_parent(); print('ready', flush=True); time.sleep(60)"
    )
    starter = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.kill()
    assert process.stdout.read() == ""  # comes when the child, too, has closed its end
    process.wait()
