"""Every test runs offline, with caches of its own."""

import os
import tempfile

import pytest


# Before any import of the Hugging Face libraries: they read these when imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="hf-ablate-tests-")
os.environ["TQDM_DISABLE"] = "1"
os.environ["COLUMNS"] = "100"  # tables are as wide as the terminal, and tests may have one
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory):
    """The folder of a finished tiny study: `documents`, `recipes`, and its run folder `run`; only to be read."""
    from tiny_study import write_study

    from hf_ablate.cli import main

    folder = tmp_path_factory.mktemp("finished")
    assert main(["run", str(write_study(folder))]) == 0
    return folder
