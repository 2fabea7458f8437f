import pytest
from tiny_pool import make_study


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """A run folder as it is before `hf-ablate evaluate`; tests write into folders of their own."""
    return make_study(tmp_path_factory.mktemp("study"))
