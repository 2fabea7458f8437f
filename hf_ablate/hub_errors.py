"""What went wrong between us and the Hub, and what to do about it: one translation of its client's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import InputError, causes, reason


LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"
OFFLINE = "HF_HUB_OFFLINE is set, and this needs the Hub; unset it"
TRANSIENT_STATUSES = (408, 429, 500, 502, 503, 504)


@contextmanager
def hub_failures(what: str, *refusals: type[Exception]) -> Iterator[None]:
    """Turn a failure to get something from the Hub, or to send something to it, into an [`InputError`].

    Args:
        what (`str`): what failed; the message starts with it.
        refusals (`type[Exception]`): further errors by which the library that is called refuses what it is given. All
            others pass: they are failures of ours.

    Example:

    ```python
    >>> with hub_failures("model 'a b' cannot be fetched"):
    ...     from huggingface_hub import hf_hub_download
    ...     path = hf_hub_download("a b", "config.json")
    Traceback (most recent call last):
    hf_ablate.errors.InputError: model 'a b' cannot be fetched: it is not a valid id on the Hub; expected ORG/NAME

    ```
    """
    from .hub_client import give_up_at_once

    give_up_at_once()
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if hub_problem(error) is None and not isinstance(error, refusals):
            raise
        raise hub_error(what, error) from error


def hub_error(what: str, error: BaseException) -> InputError:
    """The [`InputError`] for an error that is known not to be a failure of ours.

    Args:
        what (`str`): what failed; the message starts with it.
        error (`BaseException`): the Hub's client's, or that of a library that wraps it or reads other places.
    """
    return InputError(f"{what}: {hub_problem(error) or f'{reason(error)} ({type(error).__name__})'}")


def hub_problem(error: BaseException) -> str | None:
    """What an error of the Hub's client, or of a library that wraps it, means and what to do about it.

    Returns:
        `str` or `None`: in one line; `None` for an error that has nothing to do with the Hub.
    """
    from huggingface_hub import constants, is_offline_mode
    from huggingface_hub import errors as hub
    from huggingface_hub.utils import httpx

    is_offline = _first(error, hub.OfflineModeIsEnabled) and not is_network_failure(error)
    if is_offline or (is_offline_mode() and _first(error, hub.LocalEntryNotFoundError, ConnectionError)):
        return OFFLINE
    if gated := _first(error, hub.GatedRepoError):
        return f"it is gated: accept its conditions on {_page(gated)}, then {LOG_IN}"
    if _first(error, hub.DisabledRepoError):
        return "it has been disabled by its owner or by the Hub"
    if _first(error, hub.RevisionNotFoundError):
        return "there is no such branch, tag or commit"
    if _first(error, hub.RepositoryNotFoundError):
        return f"it does not exist on {constants.ENDPOINT}, or it is private and you may not see it; {LOG_IN}"
    if _first(error, hub.RemoteEntryNotFoundError):
        return "the repository has no such file"
    if _first(error, hub.HFValidationError, hub.HfUriError):
        return "it is not a valid id on the Hub; expected ORG/NAME"
    status = hub_status(error)
    if status is not None:
        return _problem_of_status(status, _server_message(error))
    if failure := _first(error, httpx.TransportError) or _first(error, ConnectionError):  # datasets keeps only its own
        what = f"{type(failure).__name__}: {failure}"
        return f"cannot reach the Hub at {constants.ENDPOINT} ({what}); check the network, or work with local folders"
    return None


def hub_status(error: BaseException) -> int | None:
    """The HTTP status that the Hub answered with; `None` if it did not answer or was not asked."""
    from huggingface_hub.errors import HfHubHTTPError

    answer = _first(error, HfHubHTTPError)
    return None if answer is None or answer.response is None else answer.response.status_code


def is_network_failure(error: BaseException) -> bool:
    """Whether the connection failed before the Hub had answered."""
    from huggingface_hub.utils import httpx

    return hub_status(error) is None and _first(error, httpx.TransportError) is not None


def is_broken_connection(error: BaseException) -> bool:
    """Whether a connection failed that may work at the next attempt, because the Hub has answered before."""
    from .hub_client import NoNetwork

    return is_network_failure(error) and _first(error, NoNetwork) is None


def _problem_of_status(status: int, message: str) -> str:
    if status == 401:
        return f"the Hub does not accept your token: it is wrong or expired; {LOG_IN}"
    if status == 403:
        return f"your token does not allow this ({message}); use another token or repository"
    if status == 412:
        return "somebody else changed it at the same time; look at it and run the same command again"
    advice = "; try again later" if status in TRANSIENT_STATUSES else ""
    return f"the Hub answered with status {status} ({message}){advice}"


def _first(error: BaseException, *types: type[BaseException]):
    """The outermost of an error and its causes that has one of these types; `None` if there is none.

    Libraries raise an `OSError` of their own while they handle the Hub's, and do not always say that it is the cause.
    """
    return next((link for link in causes(error, during=(OSError,)) if isinstance(link, types)), None)


def _server_message(error: BaseException) -> str:
    """What the Hub said, in one line."""
    messages = (getattr(link, "server_message", None) for link in causes(error, during=(OSError,)))
    return " ".join(next(filter(None, messages), "no reason given").split())


def _page(error: BaseException) -> str:
    """The address of a repository's page."""
    from huggingface_hub import constants

    if not error.repo_id:
        return "its page"
    folder = "" if error.repo_type in (None, "model") else f"{error.repo_type}s/"
    return f"{constants.ENDPOINT}/{folder}{error.repo_id}"
