"""Progress of long work: a bar where stderr is a terminal, lines in a log file, and a sign of life in between."""

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any


logger = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 50  # in a log file; a line at least every minute
_SECONDS_BETWEEN_REFRESHES = 2  # on a terminal
_running: list["Progress"] = []


class Progress:
    """Work of a known amount. On a terminal a bar shows it; otherwise what is finished is said in lines.

    Args:
        total (`int`, *optional*): the amount, where it is known.
        what (`str`): the work.
        unit (`str`): of the amount.
        enabled (`bool`): false for all but the first of several processes.

    Example:

    ```python
    >>> with Progress(2, "count", "number") as progress:
    ...     progress.advance(1)
    ...     progress.status
    'count, 1 of 2 numbers'

    ```
    """

    def __init__(self, total: int | None, what: str, unit: str, enabled: bool = True) -> None:
        from tqdm import tqdm

        # `disable=None` hides the bar where stderr is not a terminal
        scaled = total is None or total > 10_000
        hidden = None if enabled else True
        self._bar = tqdm(
            total=total, desc=what, unit=f" {unit}s", unit_scale=scaled, disable=hidden, smoothing=0.1
        )  # fmt: skip
        self._writes_lines = enabled and self._bar.disable
        self._total, self._done, self._what, self._unit = total, 0, what, unit
        _running.append(self)

    @property
    def status(self) -> str:
        """What has been done so far, in words."""
        total = "" if self._total is None else f" of {self._total:,}"
        return f"{self._what}, {self._done:,}{total} {self._unit}s"

    def start(self, what: str) -> None:
        """Name the part that is worked on now."""
        self._what = what
        self._bar.set_description(what, refresh=False)

    def advance(self, amount: int) -> None:
        """Count an amount as done."""
        self._done += amount
        self._bar.update(amount)

    def finished(self, line: str) -> None:
        """Say in a log file that a part is finished; a terminal has the bar."""
        if self._writes_lines:
            logger.info("%s", line)

    def refresh(self) -> None:
        """Show the time that has passed."""
        self._bar.refresh()

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
        if self in _running:
            _running.remove(self)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def sign_of_life(what: str) -> Iterator[None]:
    """Within the block, a terminal shows every few seconds, and a log file every minute, that there is work going on.

    Args:
        what (`str`): the work.
    """
    if os.environ.get("RANK", "0") != "0":
        yield
        return
    done = threading.Event()
    show = _show_on_terminal if sys.stderr.isatty() else _write_lines
    thread = threading.Thread(target=show, args=(what, done), daemon=True, name=f"sign of life of {what}")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _write_lines(what: str, done: threading.Event) -> None:
    started = time.monotonic()
    while not done.wait(_SECONDS_BETWEEN_LINES):
        status = f": {_running[-1].status}" if _running else ""
        logger.info("%s, %.0f s so far%s", what, time.monotonic() - started, status)


def _show_on_terminal(what: str, done: threading.Event) -> None:
    """Refresh the bar that is there; where there is none, show the time."""
    from tqdm import tqdm

    clock: Any = None
    while not done.wait(_SECONDS_BETWEEN_REFRESHES):
        if _running:
            if clock is not None:
                clock.close()
                clock = None
            _running[-1].refresh()
        elif clock is None:
            clock = tqdm(desc=what, bar_format="{desc}: {elapsed}", leave=False, disable=None)
        else:
            clock.refresh()
    if clock is not None:
        clock.close()
