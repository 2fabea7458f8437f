"""The merge that comes next, made while the present one is scored."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch


class MergeAhead:
    """The next merge, summed beside the parameters, and copied into them when it is due.

    On a GPU that is done on a stream of its own: components come over the bus while the device computes.

    Args:
        targets (`Mapping[str, torch.Tensor]`): what merges are written into.
    """

    def __init__(self, targets: Mapping[str, torch.Tensor]) -> None:
        self._targets = targets
        self._summed = {name: torch.empty_like(target) for name, target in targets.items()}
        device = next(iter(targets.values())).device
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._key: object = None

    def begin(self, key: object, sum_into: Callable[[Mapping[str, torch.Tensor]], None]) -> None:
        """Begin a merge.

        Args:
            key (`object`): of the merge.
            sum_into (`Callable`): makes it in tensors like the targets.
        """
        self._key = None
        with self._aside():
            sum_into(self._summed)
        self._key = key

    @contextmanager
    def _aside(self) -> Iterator[None]:
        if self._stream is None:
            yield
            return
        self._stream.wait_stream(torch.cuda.current_stream(self._stream.device))  # which may copy the last one still
        with torch.cuda.stream(self._stream):
            yield

    def finish(self, key: object) -> bool:
        """Write the merge that was begun into the targets; returns whether it was this one."""
        if self._key is None or key != self._key:
            return False
        self._key = None
        if self._stream is not None:
            torch.cuda.current_stream(self._stream.device).wait_stream(self._stream)
        for name, target in self._targets.items():
            target.copy_(self._summed[name])
        return True
