"""Without a network, a Hub id costs one attempt and one line that says what to do."""

import os
import socket

import pytest
from huggingface_hub import constants, hf_api, set_client_factory
from huggingface_hub.utils import _http, httpx
from loopback_hub import LoopbackHub, Repo
from tiny_pool import save_model, tiny_model
from tiny_study import write_study

from hf_ablate import hub_client
from hf_ablate.cli import main
from hf_ablate.evaluation.models.external import external_models


def talk_to(monkeypatch, endpoint: str) -> None:
    """Have the client, which reads its settings when it is imported, ask there."""
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(hf_api.api, "endpoint", endpoint)


@pytest.fixture
def attempts(monkeypatch, tmp_path) -> list[str]:
    """The connections that are tried, to a port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    tried = []
    send = httpx.HTTPTransport.handle_request

    def count(transport, request):
        tried.append(str(request.url))
        return send(transport, request)

    def sleep(seconds):
        raise AssertionError(f"waits for {seconds} s")

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", count)
    monkeypatch.setattr(_http.time, "sleep", sleep)
    talk_to(monkeypatch, endpoint)
    monkeypatch.setattr(hub_client, "_failed", {})  # later tests may serve at this port
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tried


COMMANDS = {
    "model": "evaluate --model ORG/NAME --data data --output_dir out",
    "evaluation data": "evaluate --model seed --data ORG/NAME --output_dir out",
    "tokenizer": "partition --config recipes/partition.yaml --tokenizer ORG/NAME",
    "data set": "partition --source hub --roots ORG/NAME --partition_by config --run_dir run",
    "files": "partition --source jsonl --roots hf://datasets/ORG/NAME --partition_by part --run_dir run",
    "checkpoint": "convert ORG/NAME out",
    "pull": "pull ORG/NAME-pool run",
}


@pytest.mark.parametrize("what", COMMANDS)
def test_one_attempt_and_one_line(attempts, tmp_path, capsys, what):
    write_study(tmp_path)
    save_model(tmp_path / "seed", tiny_model(0))
    assert main(COMMANDS[what].split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hf-ablate: error: ") and "ORG/NAME" in line
    assert f"cannot reach the Hub at {constants.ENDPOINT} (ConnectError: " in line
    assert line.endswith("check the network, or work with local folders")
    assert len(attempts) == 1


def test_what_is_in_the_cache_is_found_after_one_attempt(attempts, tmp_path, monkeypatch):
    folder = save_model(tmp_path / "model", tiny_model(0))
    with LoopbackHub({}) as hub:
        hub.repos["model", "ada/m"] = repo = Repo("model", "ada/m", private=False)
        repo.commit("main", {path.name: path.read_bytes() for path in folder.iterdir()})
        talk_to(monkeypatch, hub.endpoint)
        (online,) = external_models(["ada/m"])
    monkeypatch.setattr(hub_client, "_answered", set())  # as in a new process
    attempts.clear()
    (offline,) = external_models(["ada/m"])
    assert offline == online and len(attempts) == 1


def test_a_client_of_ones_own_is_kept(attempts):
    own = httpx.Client()
    set_client_factory(lambda: own)
    try:
        hub_client.give_up_at_once()
        assert _http.get_session() is own
    finally:
        set_client_factory(_http.default_client_factory)


def test_a_server_that_comes_up_is_asked_again(attempts, monkeypatch):
    hub_client.give_up_at_once()
    client = _http.get_session()
    with pytest.raises(hub_client.NoNetwork):
        client.get(constants.ENDPOINT)
    monkeypatch.setattr(hub_client, "_SECONDS", 0)
    port = int(constants.ENDPOINT.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)) as server:
        pid = os.fork()
        if pid == 0:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            os._exit(0)
        assert client.get(constants.ENDPOINT).status_code == 200
        os.waitpid(pid, 0)
    with pytest.raises(httpx.ConnectError):  # which the library tries again
        client.get(constants.ENDPOINT)
