"""The Hub's client, which gives up at once where there is no network; it would ask six times, for half a minute."""

import time
from functools import partial
from typing import Any

from huggingface_hub import set_client_factory
from huggingface_hub.errors import OfflineModeIsEnabled
from huggingface_hub.utils import _http, httpx


_SECONDS = 30  # for which a server that could not be connected to is not tried again

_answered: set[str] = set()
_failed: dict[str, tuple[float, httpx.TransportError]] = {}


class NoNetwork(OfflineModeIsEnabled):
    """No connection to a server that has never answered this process; libraries then look into their caches."""


def give_up_at_once() -> None:
    """Have the client of this process give up after one attempt at a server that has not answered before.

    A connection that breaks later is still tried again. Whoever has given the client another factory keeps it.
    """
    if _http._GLOBAL_CLIENT_FACTORY is _http.default_client_factory:  # which has no public name
        set_client_factory(_make_client)


def _make_client() -> httpx.Client:
    client = _http.default_client_factory()
    client.send = partial(_send, client.send)
    return client


def _send(send: Any, request: httpx.Request, **options: Any) -> httpx.Response:
    server = f"{request.url.host}:{request.url.port}"
    failed_at, failure = _failed.get(server, (-_SECONDS, None))
    if failure is not None and time.monotonic() - failed_at < _SECONDS:
        raise NoNetwork(f"cannot connect to {server}") from failure
    try:
        response = send(request, **options)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        if server in _answered:
            raise
        _failed[server] = time.monotonic(), error
        raise NoNetwork(f"cannot connect to {server}") from error
    _answered.add(server)
    _failed.pop(server, None)
    return response
