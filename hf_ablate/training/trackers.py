"""The trackers that `report_to` names: at wandb, trackio and tensorboard every model of a pool is a run of its own."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from ..errors import InputError


if TYPE_CHECKING:
    from .arguments import TrainArguments


def check_tracker(arguments: "TrainArguments") -> None:
    """Raise `InputError` if a tracker in `report_to` is not installed."""
    from transformers.integrations import get_available_reporting_integrations

    for name in arguments.report_to:
        if name not in get_available_reporting_integrations():
            raise InputError(f"report_to names {name}, which is not installed: pip install {name}")


@contextmanager
def own_run(arguments: "TrainArguments") -> Iterator[None]:
    """What trackers print goes to stderr, and a run that a model has opened at wandb ends with the model.

    Otherwise the next model of the process would be logged to it. Trackio and tensorboard end their runs with the
    training. A run that was open before is its owner's.
    """
    with redirect_stdout(sys.stderr), ExitStack() as at_end:
        if "wandb" in arguments.report_to:
            import wandb

            if wandb.run is None:
                at_end.push(lambda kind, *_: wandb.run and wandb.finish(exit_code=int(kind is not None)))
        yield
