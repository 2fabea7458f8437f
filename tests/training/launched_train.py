"""`hf-ablate train` in a process that accelerate starts: sharded on a CPU too, and killed where a test says.

Accelerate shards with FSDP2 on GPUs alone and falls back to data parallelism elsewhere; torch can do it on a CPU.
"""

import os
import signal
import sys

from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType

from hf_ablate.cli import main
from hf_ablate.training import callbacks


_original_state, _original_step = AcceleratorState.__init__, callbacks.ProgressCallback.on_step_end


def _state_that_shards(self, *args, fsdp_plugin=None, **kwargs):
    _original_state(self, *args, fsdp_plugin=fsdp_plugin, **kwargs)
    if fsdp_plugin is not None:
        self.distributed_type = PartialState._shared_state["distributed_type"] = DistributedType.FSDP
        self.fsdp_plugin = fsdp_plugin
        if self._mixed_precision != "no":
            fsdp_plugin.set_mixed_precision(self._mixed_precision)


def _step_that_may_be_the_last(self, args, state, control, **kwargs):
    _original_step(self, args, state, control, **kwargs)
    if str(state.global_step) == os.environ.get("TEST_KILL_AT_STEP"):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    AcceleratorState.__init__ = _state_that_shards
    callbacks.ProgressCallback.on_step_end = _step_that_may_be_the_last
    sys.exit(main(["train", *sys.argv[1:]]))
