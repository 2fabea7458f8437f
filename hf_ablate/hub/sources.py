"""What is pulled: a pool, the pool or the models of a collection, or one model."""

import re
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..manifest import MANIFEST
from .fetch import read_json
from .index import read_members
from .remote import read_remote
from .requests import call


if TYPE_CHECKING:
    from huggingface_hub import HfApi


_COLLECTION = re.compile(r"[^/]+/.+-[0-9a-f]{24}")


def find_members(api: "HfApi", source: str) -> list[dict[str, Any]]:
    """What a source names: the members of a pool, of a collection, or one model; each pinned to a commit.

    Args:
        source (`str`): `ORG/NAME-pool`, `ORG/NAME` of such a pool, the slug or address of a collection, or the id of a
            model; with `@REVISION` for another revision than `main`.

    Raises:
        `InputError`: if there is no such thing.
    """
    from huggingface_hub import constants

    name = source.removeprefix(constants.ENDPOINT).strip("/")
    name = name.removeprefix("collections/").removeprefix("datasets/")
    name, _, revision = name.partition("@")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise InputError(f"{source!r} is no id of the Hub; expected ORG/NAME-pool, a collection or ORG/MODEL")
    if _COLLECTION.fullmatch(name):
        return _of_collection(api, name)
    for pool in (name,) if name.endswith("-pool") else (f"{name}-pool", name):
        remote = read_remote(api, pool, "dataset", revision or "main")
        if remote.sha:
            return read_members(api, pool, remote.sha)
    return [_single(api, name, revision or "main")]


def _of_collection(api: "HfApi", slug: str) -> list[dict[str, Any]]:
    """The pool in a collection; without one, the models in it that have a manifest."""
    collection = call(f"the collection {slug}", lambda: api.get_collection(slug))
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
    return [_single(api, repo_id, "main") for repo_id in models]


def _single(api: "HfApi", repo_id: str, revision: str) -> dict[str, Any]:
    """One model as a member of its pool."""
    remote = read_remote(api, repo_id, "model", revision)
    if not remote.sha:
        reason = f"it has no revision {revision!r}" if remote.exists else "it does not exist, or you may not see it"
        raise InputError(f"{repo_id} is neither a pool nor a model that can be pulled: {reason}")
    if MANIFEST not in remote.files:
        raise InputError(
            f"{repo_id} is no model of a pool: it has no {MANIFEST}, which `hf-ablate push` would have written"
        )
    manifest = read_json(repo_id, "model", remote.sha, MANIFEST)
    return {
        "member": manifest["model"], "repo_id": repo_id, "repo_type": "model", "revision": remote.sha,
        "digest": manifest["digest"], "seed_digest": manifest.get("seed_digest"),
        "tokenizer_digest": manifest.get("tokenizer_digest"), "tokens": manifest.get("tokens"),
    }  # fmt: skip
