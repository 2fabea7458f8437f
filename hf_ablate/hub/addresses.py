"""What an id or address on the Hub names: a pool, the pool or the models of a collection, or one model."""

import re
from typing import TYPE_CHECKING

from ..errors import InputError
from ..manifest import MANIFEST
from .fetch import read_json
from .members import Member, as_member, read_members
from .remote import read_remote
from .requests import call


if TYPE_CHECKING:
    from huggingface_hub import HfApi


_COLLECTION = re.compile(r"[^/]+/.+-[0-9a-f]{24}")


def find_members(api: "HfApi", address: str) -> list[Member]:
    """The members of a pool, of a collection, or one model; each pinned to a commit.

    Args:
        api (`HfApi`): the Hub's client.
        address (`str`): `ORG/NAME-pool`, `ORG/NAME` of such a pool, the slug or address of a collection, or the id of
            a model; with `@REVISION` for another revision than `main`.

    Raises:
        `InputError`: if it names none of these.
    """
    from huggingface_hub import constants

    name = address.removeprefix(constants.ENDPOINT).strip("/")
    name = name.removeprefix("collections/").removeprefix("datasets/")
    name, _, revision = name.partition("@")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise InputError(f"{address!r} is not an id on the Hub; expected ORG/NAME-pool, a collection or ORG/MODEL")
    if _COLLECTION.fullmatch(name):
        return _members_of_collection(api, name)
    for pool in (name,) if name.endswith("-pool") else (f"{name}-pool", name):
        remote = read_remote(api, pool, "dataset", revision or "main")
        if remote.sha:
            return read_members(api, pool, remote.sha)
    return [_single_model(api, name, revision or "main")]


def _members_of_collection(api: "HfApi", slug: str) -> list[Member]:
    """The members of the pool in a collection; if there is none, the models in it."""
    collection = call(f"reading the collection {slug}", lambda: api.get_collection(slug))
    pools = [
        item.item_id for item in collection.items if item.item_id.endswith("-pool") and item.item_type == "dataset"
    ]
    if len(pools) > 1:
        raise InputError(f"the collection {slug} holds several pools; pull one of them: {', '.join(pools)}")
    if pools:
        return find_members(api, pools[0])
    models = [item.item_id for item in collection.items if item.item_type == "model"]
    if not models:
        raise InputError(f"the collection {slug} holds neither a pool nor a model")
    return [_single_model(api, repo_id, "main") for repo_id in models]


def _single_model(api: "HfApi", repo_id: str, revision: str) -> Member:
    """One model as a member of its pool."""
    remote = read_remote(api, repo_id, "model", revision)
    if not remote.sha:
        reason = f"it has no revision {revision!r}" if remote.exists else "it does not exist, or you may not see it"
        raise InputError(f"{repo_id} is neither a pool nor a model that can be pulled: {reason}")
    if MANIFEST not in remote.files:
        raise InputError(
            f"{repo_id} is not a model of a pool: it has no {MANIFEST}, which `hf-ablate push` would have written"
        )
    manifest = read_json(repo_id, "model", remote.sha, MANIFEST)
    return as_member(manifest["model"], repo_id, "model", remote.sha, manifest)
