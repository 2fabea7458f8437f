"""`hf-ablate train` in a process that accelerate starts: sharded on a CPU too, and broken where a test says.

Accelerate shards with FSDP2 on GPUs alone and falls back to data parallelism elsewhere; torch can do it on a CPU.
"""

import os
import signal
import sys

from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType

from hf_ablate.cli import main as command_line
from hf_ablate.launch import end_process
from hf_ablate.training import callbacks
from hf_ablate.training.trainer import PoolTrainer
from hf_ablate.training.unsharded import local_part


_original_state, _original_step = AcceleratorState.__init__, callbacks.ProgressCallback.on_step_end
_original_loss = PoolTrainer.compute_loss


def _state_that_shards(self, *args, fsdp_plugin=None, **kwargs):
    _original_state(self, *args, fsdp_plugin=fsdp_plugin, **kwargs)
    if fsdp_plugin is not None:
        self.distributed_type = PartialState._shared_state["distributed_type"] = DistributedType.FSDP
        self.fsdp_plugin = fsdp_plugin
        if self._mixed_precision != "no":
            fsdp_plugin.set_mixed_precision(self._mixed_precision)


def _step_that_may_be_the_last(self, args, state, control, model, **kwargs):
    _original_step(self, args, state, control, **kwargs)
    if str(state.global_step) == os.environ.get("TEST_KILL_AT_STEP"):
        os.kill(os.getpid(), signal.SIGKILL)
    if f"{args.process_index} {state.global_step}" == os.environ.get("TEST_SPOIL_WEIGHT_OF"):
        local_part(next(model.parameters())).data.fill_(float("inf"))


def _loss_that_may_be_no_number(self, *args, **kwargs):
    loss = _original_loss(self, *args, **kwargs)
    at = f"{self.args.process_index} {self.state.global_step + 1}"
    return loss * float("nan") if at == os.environ.get("TEST_SPOIL_LOSS_OF") else loss


def main(words):
    """Run `hf-ablate train` with the changes of this module, and return its exit code."""
    AcceleratorState.__init__ = _state_that_shards
    callbacks.ProgressCallback.on_step_end = _step_that_may_be_the_last
    PoolTrainer.compute_loss = _loss_that_may_be_no_number
    return command_line(["train", *words])


if __name__ == "__main__":
    end_process(main(sys.argv[1:]))
