"""A finished tiny study, and a Hub on the loopback that the real client talks to."""

import copy
import shutil
import time

import pytest
from huggingface_hub.utils import close_session
from loopback_hub import TOKEN, LoopbackHub, talk_to
from to_and_fro import push


@pytest.fixture(scope="session")
def finished(finished_study):
    """A run folder with everything that a study makes; only to be read."""
    return finished_study / "run"


@pytest.fixture
def study(finished, tmp_path):
    """A copy of it, to be changed."""
    return shutil.copytree(finished, tmp_path / "study")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty Hub; the client is logged in as ada, and waits for nothing (`hub.waits` are the seconds it would)."""
    with LoopbackHub({TOKEN: "ada", "hf_bob": "bob"}, {"ada": ["lab"]}) as loopback:
        talk_to(loopback, monkeypatch.setattr, tmp_path)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        loopback.waits = []
        monkeypatch.setattr(time, "sleep", loopback.waits.append)
        yield loopback
        close_session()


@pytest.fixture(scope="session")
def pushed_state(finished, tmp_path_factory):
    """What the Hub holds after a push of everything."""
    with pytest.MonkeyPatch.context() as patch, LoopbackHub({TOKEN: "ada"}) as loopback:
        talk_to(loopback, patch.setattr, tmp_path_factory.mktemp("push"))
        patch.setenv("HF_TOKEN", TOKEN)
        assert push(finished) == 0
        close_session()
        return loopback.repos, loopback.blobs, loopback.collections, loopback.requests


@pytest.fixture
def pushed(hub, pushed_state):
    """The Hub with everything pushed."""
    hub.repos, hub.blobs, hub.collections = copy.deepcopy(pushed_state[:3])
    return hub
