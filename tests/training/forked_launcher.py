"""`accelerate launch` of `launched_train.py` without the seconds in which every process imports torch.

The process imports what training takes once. Each line on its standard input is a launch; it forks accelerate's
launcher, which parses the command line, sets the environment and supervises as always, but forks its processes instead
of starting them. The exit code is the answer, a line in the file named on the command line: DeepSpeed prints to the
standard output.
"""

import json
import os
import sys
import traceback

import launched_train
from accelerate.commands.launch import launch_command, launch_command_parser
from accelerate.utils import is_deepspeed_available
from torch.distributed import run as distributed_run
from torch.distributed.launcher.api import elastic_launch

from hf_ablate.training import model  # noqa: F401  what a process would import before it trains


if is_deepspeed_available():
    import deepspeed  # noqa: F401


def _run_forked(args):
    config, _, _ = distributed_run.config_from_args(args)
    config.start_method = "fork"
    elastic_launch(config, _train)(*args.training_script_args)


def _train(*words):
    sys.exit(launched_train.main([*words]))


def _launch(job):
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.environ.update(job["environment"])
    distributed_run.run = _run_forked
    try:
        launch_command(launch_command_parser().parse_args(job["words"]))
        return 0
    except BaseException:
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    answers = open(sys.argv[1], "w")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = _launch(json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)
