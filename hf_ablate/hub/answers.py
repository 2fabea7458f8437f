"""Asking the Hub: again where that helps, and errors that say what to do."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from ..errors import InputError, causes


logger = logging.getLogger(__name__)
Result = TypeVar("Result")

LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"
_GO_ON = "What is pushed or pulled is kept; the same command goes on from there"
_ATTEMPTS = 5
_TRANSIENT = (408, 429, 500, 502, 503, 504)


def call(what: str, ask: Callable[[], Result]) -> Result:
    """Ask the Hub; ask again if it is busy or the connection breaks, after the time that it asks for.

    Args:
        what (`str`): what is asked, for the messages.
        ask (`Callable`): asks; called again from the start.

    Raises:
        `InputError`: says what went wrong and what to do.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return ask()
        except InputError:
            raise
        except Exception as error:
            if attempt == _ATTEMPTS or not _is_transient(error):
                explanation = explained(what, error)
                if explanation is None:
                    raise
                raise explanation from error
            seconds = _retry_after(error) or 2 ** (attempt - 1)
            logger.warning("%s: %s; asking the Hub again in %d s", what, _short(error), seconds)
            time.sleep(seconds)
    raise AssertionError("unreachable")


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it: libraries wrap the Hub's answers."""
    return list(causes(error))


def _status(error: BaseException) -> int | None:
    from huggingface_hub.errors import HfHubHTTPError

    for link in _chain(error):
        if isinstance(link, HfHubHTTPError) and getattr(link, "response", None) is not None:
            return link.response.status_code
    return None


def _is_network(error: BaseException) -> bool:
    from huggingface_hub.utils import httpx

    return any(isinstance(link, httpx.TransportError) for link in _chain(error))


def _is_transient(error: BaseException) -> bool:
    return _status(error) in _TRANSIENT or (_status(error) is None and _is_network(error))


def _retry_after(error: BaseException) -> int | None:
    """Seconds that the Hub asks to wait for; by its rate limit's own header, or the standard one."""
    from huggingface_hub.utils import parse_ratelimit_headers

    for link in _chain(error):
        if getattr(link, "response", None) is not None:
            headers = link.response.headers
            limit = parse_ratelimit_headers(headers)
            if limit and limit.remaining == 0:
                return limit.reset_in_seconds
            if headers.get("Retry-After", "").isdigit():
                return int(headers["Retry-After"])
    return None


def _short(error: BaseException) -> str:
    status = _status(error)
    return f"status {status}" if status else f"{type(_chain(error)[-1]).__name__}: {_chain(error)[-1]}"


def explained(what: str, error: Exception) -> InputError | None:
    """The `InputError` for an answer of the Hub; `None` where the error is a failure of ours."""
    from huggingface_hub import constants
    from huggingface_hub.errors import OfflineModeIsEnabled, RepositoryNotFoundError, RevisionNotFoundError

    links, status = _chain(error), _status(error)
    if any(isinstance(link, OfflineModeIsEnabled) for link in links):
        return InputError(f"HF_HUB_OFFLINE is set, and this needs the Hub ({what}); unset it")
    if any(isinstance(link, RevisionNotFoundError) for link in links):
        return InputError(f"{what}: there is no such branch, tag or commit")
    if any(isinstance(link, RepositoryNotFoundError) for link in links):
        return InputError(
            f"{what}: it does not exist on {constants.ENDPOINT}, or it is private and you may not see it; {LOG_IN}"
        )
    if status == 401:
        return InputError(f"the Hub does not accept your token ({what}): it is wrong or expired; {LOG_IN}")
    if status == 403:
        return InputError(
            f"your token has no right to do this ({what}): {_message(error)}; give another prefix or token"
        )
    if status == 412:
        return InputError(
            f"{what}: somebody else changed it at the same time; look at it and run the same command again"
        )
    if status is not None:
        return InputError(f"the Hub answered with status {status} ({what}: {_message(error)}). {_GO_ON}")
    if _is_network(error):
        return InputError(f"cannot reach the Hub at {constants.ENDPOINT} ({what}: {_short(error)}). {_GO_ON}")
    return None


def _message(error: BaseException) -> str:
    """What the Hub said, in one line."""
    for link in _chain(error):
        said = getattr(link, "server_message", None)
        if said:
            return " ".join(said.split())
    return "no reason given"
