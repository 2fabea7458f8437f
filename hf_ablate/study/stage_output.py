"""What stages print and log, hidden while a whole study runs, which says it in a line."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout


@contextmanager
def no_output() -> Iterator[None]:
    """Within the block, nothing is shown that this process, or a process that it starts, prints on stdout.

    Of the log, only that there was nothing to do is left out.
    """
    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(_is_news)
    sys.stdout.flush()
    shown, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        os.dup2(shown, 1)
        os.close(shown)
        os.close(nowhere)
        for handler in handlers:
            handler.removeFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return not record.getMessage().endswith(("unchanged, nothing to do", "is up to date"))
