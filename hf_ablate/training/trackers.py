"""The trackers that `report_to` names: at wandb, trackio and tensorboard every model of a pool is a run of its own."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout

from ..errors import InputError


def check_trackers(names: Sequence[str]) -> None:
    """Raise `InputError` if one of the trackers is not installed."""
    from transformers.integrations import get_available_reporting_integrations

    for name in names:
        if name not in get_available_reporting_integrations():
            raise InputError(f"report_to names {name}, which is not installed: pip install {name}")


@contextmanager
def own_run(trackers: Sequence[str]) -> Iterator[None]:
    """Send what trackers print to stderr, and end a run that a model has opened at wandb with the model.

    Otherwise the next model of the process would be logged to it. Trackio and tensorboard end their runs with the
    training. A run that was open before stays open.
    """
    with redirect_stdout(sys.stderr), ExitStack() as at_end:
        if "wandb" in trackers:
            import wandb

            if wandb.run is None:
                at_end.push(lambda kind, *_: wandb.run and wandb.finish(exit_code=int(kind is not None)))
        yield
