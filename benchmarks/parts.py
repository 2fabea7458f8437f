"""The parts of a program's time: functions that are replaced by ones that measure themselves."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch


class Parts:
    """Processor seconds by part. A part that another one calls counts for itself alone."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Count the block for a part."""
        self._inner.append(0.0)
        began = time.process_time()
        try:
            yield
        finally:
            taken = time.process_time() - began
            self.seconds[part] += taken - self._inner.pop()
            self._inner[-1] += taken

    @contextmanager
    def measuring(self, parts: Mapping[str, list[tuple[Any, str]]]) -> Iterator[None]:
        """Within the block, functions count for parts.

        Args:
            parts (`Mapping[str, list[tuple[Any, str]]]`): part → its functions, each as a module or class and a name.
        """
        with ExitStack() as stack:
            for part, functions in parts.items():
                for owner, name in functions:
                    stack.enter_context(patch.object(owner, name, self._counting(part, getattr(owner, name))))
            yield

    def _counting(self, part: str, function: Callable) -> Callable:
        @wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            with self.timed(part):
                return function(*args, **kwargs)

        return measured
