"""Pushing and pulling as the tests do: in this process, with a client that talks to the Hub on the loopback."""

import os
import re

from huggingface_hub import constants, hf_api

from hf_ablate.cli import main


TOKEN = "hf_LoopbackTokenThatNobodyMaySee00000"
PREFIX = "ada/tiny"


def talk_to(loopback, setattr, folder):
    """Point the client, which reads its settings when imported, to this Hub, with a cache of its own."""
    setattr(constants, "ENDPOINT", loopback.endpoint)
    setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", loopback.endpoint + "/{repo_id}/resolve/{revision}/{filename}")
    setattr(hf_api.api, "endpoint", loopback.endpoint)
    setattr(constants, "HF_HUB_OFFLINE", False)
    setattr(constants, "HF_HUB_DISABLE_XET", True)
    setattr(constants, "HF_HUB_CACHE", str(folder / "hub-cache"))


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
