"""The command line: exit codes, help, and that documented commands parse."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from hf_ablate.cli import main
from hf_ablate.commands import COMMANDS, find_command
from hf_ablate.errors import InputError, exit_code
from hf_ablate.lock import run_folder_lock


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_of_every_command_has_examples(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command.name, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"hf-ablate {command.name} {command.examples[0]}" in shown
    assert "--config" in shown or not command.takes_recipe


def test_overview_names_every_command(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {command.name} " in shown for command in COMMANDS)


def test_unknown_command_is_the_users_mistake(capsys):
    assert main(["evaluat"]) == 2
    assert "did you mean 'evaluate'" in capsys.readouterr().err


def test_mistake_shows_a_traceback_only_under_debug(capsys):
    assert main(["enumerate", "--samples", "0"]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert main(["enumerate", "--samples", "0", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_failure_of_ours_is_1_with_its_traceback(capsys):
    def fail():
        raise RuntimeError("a defect")

    assert exit_code(fail) == 1
    assert "a defect" in capsys.readouterr().err


@pytest.mark.parametrize("wrapped", [False, True])
def test_full_disk_is_told_in_one_line(capsys, wrapped):
    def fail():
        full = OSError(errno.ENOSPC, "No space left on device", "model.safetensors")
        raise RuntimeError("saving failed") from full if wrapped else full

    assert exit_code(fail) == 1
    shown = capsys.readouterr().err
    assert "no space left on the disk" in shown
    assert "Traceback" not in shown


def test_second_run_in_a_folder_stops(tmp_path):
    with run_folder_lock(tmp_path):
        with pytest.raises(InputError, match="another run is working"), run_folder_lock(tmp_path):
            pass
    with run_folder_lock(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_to_is_a_mistake(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write to .*file"), run_folder_lock(tmp_path / "file"):
        pass


def test_a_mistake_leaves_no_run_folder_that_was_not_there(tmp_path):
    assert main(["rank", "--run_dir", str(tmp_path / "typo")]) == 2
    assert not (tmp_path / "typo").exists()
    (tmp_path / "mine").mkdir()
    assert main(["rank", "--run_dir", str(tmp_path / "mine")]) == 2
    assert (tmp_path / "mine").is_dir()


def test_env_prints_versions(capsys):
    assert main(["env"]) == 0
    assert "transformers" in capsys.readouterr().out


def test_find_command():
    assert find_command("rank").name == "rank"


@pytest.mark.parametrize("words", [["--help"], ["rank", "--help"], ["init", "mine", "--dry_run"]], ids=" ".join)
def test_a_reader_who_has_seen_enough_is_no_failure(words):
    """As in `hf-ablate --help | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "hf_ablate", *words]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    result = subprocess.run(command, env=buffered, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, "")
