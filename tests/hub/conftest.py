"""A finished tiny study, and a Hub on the loopback that the real client talks to."""

import copy
import os
import re
import shutil
import time

import pytest
import tiny_study
from huggingface_hub import constants, hf_api
from huggingface_hub.utils import close_session
from loopback_hub import LoopbackHub

from hf_ablate.cli import main


TOKEN = "hf_LoopbackTokenThatNobodyMaySee00000"
PREFIX = "ada/tiny"


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A run folder with everything that a study makes; only to be read."""
    folder = tmp_path_factory.mktemp("study")
    assert main(["run", str(tiny_study.write_study(folder))]) == 0
    return folder / "run"


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


def talk_to(loopback, setattr, folder):
    """Point the client, which reads its settings when imported, to this Hub, with a cache of its own."""
    setattr(constants, "ENDPOINT", loopback.endpoint)
    setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", loopback.endpoint + "/{repo_id}/resolve/{revision}/{filename}")
    setattr(hf_api.api, "endpoint", loopback.endpoint)
    setattr(constants, "HF_HUB_OFFLINE", False)
    setattr(constants, "HF_HUB_DISABLE_XET", True)
    setattr(constants, "HF_HUB_CACHE", str(folder / "hub-cache"))


@pytest.fixture(scope="session")
def pushed_state(finished, tmp_path_factory):
    """What the Hub holds after a push of everything."""
    with pytest.MonkeyPatch.context() as patch, LoopbackHub({TOKEN: "ada"}) as loopback:
        talk_to(loopback, patch.setattr, tmp_path_factory.mktemp("push"))
        patch.setenv("HF_TOKEN", TOKEN)
        assert push(finished) == 0
        close_session()
        return loopback.repos, loopback.blobs, loopback.collections


@pytest.fixture
def pushed(hub, pushed_state):
    """The Hub with everything pushed."""
    hub.repos, hub.blobs, hub.collections = copy.deepcopy(pushed_state)
    return hub


def push(run_dir, *words):
    return main(["push", str(run_dir), "--repo_prefix", PREFIX, *words])


def pull(source, run_dir, *words):
    return main(["pull", source, str(run_dir), *words])


def snippet(files):
    """The Python code of a card."""
    return re.search(r"```python\n(.*?)```", files["README.md"].decode(), re.DOTALL)[1]


def files_below(folder):
    """Path in the folder → content, without what only a process or a cache needs."""
    return {
        os.path.relpath(os.path.join(root, name), folder): open(os.path.join(root, name), "rb").read()
        for root, _, names in os.walk(folder)
        for name in names
        if not name.startswith(".lock")
    }
