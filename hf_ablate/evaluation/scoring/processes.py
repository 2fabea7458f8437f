"""Several processes that share the models to score, as `accelerate launch` starts them, on one machine or more."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from ...errors import InputError
from ...launch import process_count
from ..models.loading import default_device


Item = TypeVar("Item")
# Processes wait for the slowest of them; a sweep takes hours, and the default is ten minutes.
_PATIENCE = timedelta(days=30)


@dataclass(frozen=True)
class Processes:
    """This process, and how many there are.

    Args:
        index (`int`): from 0.
        count (`int`): how many share the work.

    Example:

    ```python
    >>> Processes(1, 3).share(["a", "b", "c", "d", "e"])
    ['b', 'e']
    >>> Processes().share(["a", "b"])
    ['a', 'b']

    ```
    """

    index: int = 0
    count: int = 1

    def share(self, items: list[Item]) -> list[Item]:
        """This process's part of the work; every item is in exactly one share."""
        return items[self.index :: self.count]

    def file_name(self, stem: str) -> str:
        """A file of this process alone: `rows.jsonl` for the first, `rows-00001.jsonl` for the second."""
        return f"{stem}-{self.index:05}.jsonl" if self.index else f"{stem}.jsonl"

    def wait(self) -> None:
        """Wait until all processes that accelerate started have reached this point."""
        if self.count > 1:
            from accelerate import PartialState

            PartialState().wait_for_everyone()


ALONE = Processes()


def launched_processes() -> Processes:
    """The processes that `accelerate launch` (or torchrun) started; one if it did not.

    Raises:
        `InputError`: if it started several that are not connected: each would do all the work.
    """
    expected = process_count()
    if expected == 1:
        return ALONE
    from accelerate import PartialState

    remedy = "start them by `accelerate launch`, on a machine without GPUs with `use_cpu: true`"
    try:
        state = PartialState(cpu=default_device() == "cpu", timeout=_PATIENCE)
    except ValueError as error:
        raise InputError(
            f"{expected} processes were started that cannot find each other ({error}); {remedy}"
        ) from error
    if state.num_processes != expected:
        raise InputError(f"{expected} processes were started, and each believes that it is alone; {remedy}")
    return Processes(state.process_index, state.num_processes)
