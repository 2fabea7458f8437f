"""When a file here is the one that the Hub lists."""

import hashlib

import pytest
from huggingface_hub.hf_api import RepoFile

from hf_ablate.hub.remote import is_same


CONTENT = b"what is up, doc?"
GIT_BLOB = "bd9dbf5aae1a3862dd1526723246b20206e5fc37"  # of the example in the book "Pro Git"


def listed(size: int, digest: str, large: bool) -> RepoFile:
    """A file as the Hub lists it: in large file storage, the git blob is that of a pointer."""
    lfs = {"oid": digest, "size": size, "pointerSize": 130} if large else None
    return RepoFile(path="x", size=size, oid="0" * 40 if large else digest, lfs=lfs)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("on_disk", [False, True])
def test_the_same_size_and_digest(tmp_path, large, on_disk):
    digest = hashlib.sha256(CONTENT).hexdigest() if large else GIT_BLOB
    path = tmp_path / "x"
    path.write_bytes(CONTENT)
    item = path if on_disk else CONTENT
    assert is_same(item, listed(len(CONTENT), digest, large))
    assert not is_same(item, listed(len(CONTENT), digest[::-1], large))
    assert not is_same(item, listed(len(CONTENT) + 1, digest, large))
    path.write_bytes(CONTENT[::-1])  # of the same size
    assert not is_same(path, listed(len(CONTENT), digest, large))
