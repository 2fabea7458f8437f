"""Pushing and pulling as the tests do: in this process, with a client that talks to the Hub on the loopback."""

import os
import re

from hf_ablate.cli import main


PREFIX = "ada/tiny"


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
