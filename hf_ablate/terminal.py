"""What the command line shows: log lines without other libraries' remarks, colours, what stdout's encoding lacks."""

import codecs
import io
import json
import logging
import os
import sys
import warnings
from typing import TextIO


HEADING, BEST, WARNING = "1", "1;32", "33"  # codes of ANSI terminals: bold, bold green, yellow


def set_up_logging(debug: bool) -> None:
    """Show our log lines, of process 0 alone, and other libraries' warnings once.

    Without `debug`, what they deprecate, which is for developers, and what DeepSpeed says of a machine without a GPU
    whenever it is imported are left out.
    """
    level = logging.DEBUG if debug else logging.INFO if os.environ.get("RANK", "0") == "0" else logging.ERROR
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(__package__).setLevel(level)
    for library in ("huggingface_hub", "datasets"):  # which print by a handler of their own
        logging.getLogger(library).propagate = False
    if debug:
        return
    logging.getLogger("DeepSpeed").addFilter(lambda record: "Setting accelerator to" not in record.getMessage())
    if not sys.warnoptions:
        for category in (FutureWarning, DeprecationWarning):
            warnings.simplefilter("ignore", category)


class _Formatter(logging.Formatter):
    """Warnings stand out."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return painted(text, WARNING, sys.stderr) if record.levelno >= logging.WARNING else text


def painted(text: str, style: str | None, stream: TextIO | None = None) -> str:
    """A text in a style, where it is shown on a terminal that has colours and nobody set `NO_COLOR`.

    Args:
        text (`str`): of one line or several.
        style (`str`, *optional*): `HEADING`, `BEST` or `WARNING`; default: none.
        stream (`TextIO`, *optional*): where it is shown; default: stdout.
    """
    stream = stream or sys.stdout
    has_colours = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\033[{style}m{text}\033[0m" if style and text and has_colours else text


def set_up_stdout() -> None:
    r"""Print characters that stdout's encoding lacks as in JSON (`\u00e9`), instead of failing after the work."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error("json_escape", _escaped)
        sys.stdout.reconfigure(errors="json_escape")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
