"""A run folder with a tiny corpus, as it is before and after `hf-ablate train`."""

import shutil
from pathlib import Path

import pytest
from tiny_corpus import make_run_dir, tiny_arguments


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A corpus of three units and two reference mixtures, nothing trained."""
    return make_run_dir(tmp_path / "run")


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """A trained pool, only to be read."""
    from hf_ablate.training import train

    folder = make_run_dir(tmp_path_factory.mktemp("trained") / "run")
    train.run(tiny_arguments(folder))
    return folder


@pytest.fixture
def pool(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained pool, to be changed."""
    return Path(shutil.copytree(trained, tmp_path / "run"))
