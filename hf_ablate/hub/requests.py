"""Asking the Hub, and asking again where that helps."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from ..errors import InputError, causes, reason
from ..hub_errors import TRANSIENT_STATUSES, hub_failures, hub_status, is_broken_connection


logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

_RESUMES = "What was pushed or pulled is kept; the same command resumes from there"
_ATTEMPTS = 5


def call(what: str, ask: Callable[[], Answer]) -> Answer:
    """Ask the Hub; ask again, after the time that it asks for, while it is busy or the connection breaks.

    Args:
        what (`str`): what is asked for; messages start with it.
        ask (`Callable`): asks; called again from the start.

    Returns:
        What `ask` returns.

    Raises:
        `InputError`: says what went wrong and what to do. Other errors are failures of ours and pass.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with hub_failures(what):
                return ask()
        except InputError as error:
            cause = error.__cause__
            if cause is None or not _is_transient(cause):
                raise
            if attempt == _ATTEMPTS:
                raise InputError(f"{error}. {_RESUMES}") from cause
            seconds = _seconds_to_wait(cause) or 2 ** (attempt - 1)
            status = hub_status(cause)
            what_failed = f"status {status}" if status else reason(cause)
            logger.warning("%s: %s; asking the Hub again in %d s", what, what_failed, seconds)
            time.sleep(seconds)
    raise AssertionError("unreachable")


def _is_transient(error: BaseException) -> bool:
    return hub_status(error) in TRANSIENT_STATUSES or is_broken_connection(error)


def _seconds_to_wait(error: BaseException) -> int | None:
    """How long the Hub asks us to wait, by its rate limit's own header or the standard one."""
    from huggingface_hub.utils import parse_ratelimit_headers

    for link in causes(error):
        if getattr(link, "response", None) is not None:
            headers = link.response.headers
            limit = parse_ratelimit_headers(headers)
            if limit and limit.remaining == 0:
                return limit.reset_in_seconds
            if headers.get("Retry-After", "").isdigit():
                return int(headers["Retry-After"])
    return None
