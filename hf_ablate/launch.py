"""Several processes for one command: `accelerate launch`, with the project's own accelerate configurations.

`hf-ablate train --accelerate_config zero2 --num_processes 4 --config …` starts `accelerate launch` with the named
configuration; options that the command does not have (here `--num_processes`) are accelerate's.
"""

import argparse
import atexit
import ctypes
import os
import signal
import subprocess
import sys
import sysconfig
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NoReturn

from .arguments import option_names
from .errors import InputError, ReportedError, unknown_name


_PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>
# Next to the package in a checkout and its editable install; a wheel puts them among the environment's data files.
_PLACES = (
    Path(__file__).parent.parent / "accelerate_configs",
    Path(sysconfig.get_path("data")) / "share" / "hf_ablate" / "accelerate_configs",
)


def is_launched() -> bool:
    """Whether accelerate or torchrun started this process, as one of a group."""
    return "ACCELERATE_MIXED_PRECISION" in os.environ or "WORLD_SIZE" in os.environ


def process_count() -> int:
    """How many processes accelerate or torchrun started for the work; one without them."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent exits; on Linux only.

    Otherwise processes whose launcher was killed would keep training next to those of the same command run again.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_process(code: int) -> NoReturn:
    """End this process; one of a group at once, after what was registered for its exit.

    The threads of a group's communication (gloo's, DeepSpeed's) outlive the work. While the interpreter is torn down
    one of them may abort it ("terminate called without an active exception"), and a finished training would count as
    failed. A group is left only after success: after an error other processes may still be in a collective, and
    leaving would wait for them.
    """
    if not is_launched():
        sys.exit(code)
    if code == 0:
        _leave_group()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _leave_group() -> None:
    import torch

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def accelerate_config_path(name: str) -> Path:
    """The accelerate configuration: an existing file, or one that the project ships.

    Raises:
        `InputError`: for a name that is neither; with the nearest shipped one.
    """
    if Path(name).is_file():
        return Path(name)
    shipped = {path.stem: path for place in _PLACES for path in sorted(place.glob("*.yaml"))}
    if name not in shipped:
        raise unknown_name("accelerate configuration (or file)", name, sorted(shipped))
    return shipped[name]


def split_tokens(parser: argparse.ArgumentParser, tokens: list[str]) -> tuple[list[str], list[str]]:
    """Split a command line into the command's own tokens and the options of `accelerate launch`.

    Example:

    ```python
    >>> parser = argparse.ArgumentParser()
    >>> _ = parser.add_argument("--learning_rate")
    >>> split_tokens(parser, ["--learning_rate", "1", "--num_processes", "2"])
    (['--learning_rate', '1'], ['--num_processes', '2'])

    ```
    """
    own: list[str] = []
    others: list[str] = []
    known = {"--help", "--config", *(f"--{name}" for name in option_names(parser))}
    accelerates: set[str] | None = None
    target = own
    for token in tokens:
        if token.startswith("--"):
            name = token.partition("=")[0]
            if name not in known and accelerates is None:
                accelerates = _options_of_accelerate()
            target = others if name not in known and name in accelerates else own
        target.append(token)
    return own, others


def _options_of_accelerate() -> set[str]:
    from accelerate.commands.launch import launch_command_parser

    return {option for action in launch_command_parser()._actions for option in action.option_strings}


def launch(command: str, tokens: list[str], launch_tokens: list[str], config: str) -> None:
    """Run `hf-ablate COMMAND` under `accelerate launch`, and wait for it.

    Args:
        command (`str`): the command.
        tokens (`list[str]`): its own tokens.
        launch_tokens (`list[str]`): options of `accelerate launch`; they override the configuration.
        config (`str`): name or path of the accelerate configuration.

    Raises:
        `InputError`: for a configuration that this machine cannot run.
        `ReportedError`: with the exit code of the process that failed, which has printed why.
    """
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    path = accelerate_config_path(config)
    parser = launch_command_parser()
    parser.error = _refuse
    values = load_config_from_file(str(path))
    words = ["--config_file", str(path), *launch_tokens]
    given = parser.parse_args([*words, "script"])
    if given.num_processes is not None and given.num_processes < 1:
        raise InputError(f"--num_processes is {given.num_processes}; expected 1 or more")
    if values.distributed_type == "FSDP":
        _count_gpus(config)
    if values.num_processes == -1 and given.num_processes is None:
        machines = given.num_machines or values.num_machines
        words += ["--num_processes", str(_count_gpus(config) * machines)]
    _check_deepspeed(config, values)
    if values.use_cpu:
        os.environ["ACCELERATE_USE_CPU"] = "true"  # accelerate sets it only for a single process
    try:
        with redirect_stdout(sys.stderr):  # DeepSpeed prints its device; the processes have a stdout of their own
            launch_command(parser.parse_args([*words, "--module", __package__, command, *tokens]))
    except subprocess.CalledProcessError as error:
        raise ReportedError(error.returncode) from error
    except SignalException as error:  # the signal was passed on to the processes, which have reported it
        raise ReportedError(128 + error.sigval) from error
    except ChildFailedError as error:
        raise ReportedError(error.get_first_failure()[1].exitcode) from error


def _refuse(message: str) -> None:
    raise InputError(f"accelerate launch: {message}")


def _count_gpus(config: str) -> int:
    import torch

    count = torch.cuda.device_count()
    if count == 0:
        raise InputError(
            f"the accelerate configuration {config} is for GPUs, and there is none here; use `cpu` "
            "(--num_processes 2 for two processes)"
        )
    return count


def _check_deepspeed(config: str, values: Any) -> None:
    from accelerate.utils import is_deepspeed_available

    if values.deepspeed_config and not is_deepspeed_available():
        raise InputError(f"the accelerate configuration {config} needs DeepSpeed: pip install deepspeed")
