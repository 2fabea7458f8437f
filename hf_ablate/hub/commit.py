"""One repository made to hold what it is to hold: created, committed to, tagged, and added to the collection."""

import logging
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .comparison import Comparison, compare
from .remote import read_remote
from .repository_ids import RepositoryIds
from .requests import call
from .upload import Upload


if TYPE_CHECKING:
    from huggingface_hub import HfApi


logger = logging.getLogger(__name__)


def push_upload(
    api: "HfApi", comparison: Comparison, revision: str, public: bool = False, overwrite: bool = False
) -> str:
    """Make a repository hold exactly what it is to hold, by one commit.

    By one commit, because a model whose files come in several could be loaded half new and half old;
    `HfApi.upload_folder` makes several of a large folder.

    Args:
        api (`HfApi`): the Hub's client.
        comparison ([`Comparison`]): what it is to hold, compared with what it holds.
        revision (`str`): the branch.
        public (`bool`): whether the repository is made public.
        overwrite (`bool`): whether a different card is replaced.

    Returns:
        `str`: the commit that holds it.

    Raises:
        `InputError`: if a file arrived damaged.
    """
    upload, remote = comparison.upload, comparison.remote
    repository = {"repo_id": upload.repo_id, "repo_type": upload.repo_type}
    what = f"pushing to {upload.repo_id}"
    if not remote.exists:
        sdk = {"space_sdk": upload.space_sdk} if upload.space_sdk else {}
        call(what, lambda: api.create_repo(**repository, private=not public, exist_ok=True, **sdk))
    elif remote.private and public:
        call(what, lambda: api.update_repo_settings(**repository, private=False))
    if not remote.sha and revision != "main":
        call(what, lambda: api.create_branch(**repository, branch=revision, exist_ok=True))
    sha = remote.sha
    if comparison.state == "other card" and not overwrite:
        logger.warning("%s: only the card differs; it is kept, and `--overwrite` replaces it", upload.repo_id)
    elif comparison.state != "unchanged":
        sha = call(what, lambda: _commit(api, upload, revision))
        damaged = compare(upload, read_remote(api, revision=sha, **repository)).changed
        if damaged:
            raise InputError(f"{upload.repo_id}: {', '.join(damaged)} arrived damaged; push again with `--overwrite`")
    if upload.tag:
        _tag(api, upload, sha)
    return sha


def _commit(api: "HfApi", upload: Upload, revision: str) -> str:
    """One attempt; looks first, so that a commit whose answer was lost is not made twice."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    repository = {"repo_id": upload.repo_id, "repo_type": upload.repo_type}
    comparison = compare(upload, read_remote(api, revision=revision, **repository))
    if not comparison.changed and not comparison.removed:
        return comparison.remote.sha
    contents = {path: upload.files[path] for path in comparison.changed}
    operations = [
        CommitOperationAdd(path, item if isinstance(item, bytes) else str(item)) for path, item in contents.items()
    ]
    operations += [CommitOperationDelete(path) for path in comparison.removed]
    commit = api.create_commit(
        **repository, operations=operations, commit_message=f"{upload.member} by hf-ablate", revision=revision,
        parent_commit=comparison.remote.sha or None,
    )  # fmt: skip
    return commit.oid


def _tag(api: "HfApi", upload: Upload, sha: str) -> None:
    """Tag the commit by its weights, unless an earlier one with these weights has the tag."""
    from huggingface_hub.errors import RevisionNotFoundError

    def tag() -> None:
        try:
            api.repo_info(upload.repo_id, revision=upload.tag)
        except RevisionNotFoundError:
            api.create_tag(upload.repo_id, tag=upload.tag, revision=sha, exist_ok=True)

    call(f"tagging {upload.repo_id}", tag)


def add_to_collection(api: "HfApi", ids: RepositoryIds, rows: list[dict[str, Any]], public: bool) -> str:
    """Add what is not yet in it to the collection that has the study's name.

    Args:
        api (`HfApi`): the Hub's client.
        ids ([`RepositoryIds`]): of the study's repositories.
        rows (`list[dict]`): repositories, with `repo_type` and `repo_id`.
        public (`bool`): whether a new collection is public.

    Returns:
        `str`: the collection's URL.
    """

    def add() -> str:
        collection = api.create_collection(
            ids.study, namespace=ids.namespace, private=not public, exists_ok=True,
            description="Data ablations: a pool of component models, its corpus and results",
        )  # fmt: skip
        there = {(item.item_type, item.item_id) for item in collection.items}
        for row in rows:
            if (row["repo_type"], row["repo_id"]) not in there:
                api.add_collection_item(collection.slug, row["repo_id"], row["repo_type"], exists_ok=True)
        return collection.url

    return call("adding to the collection", add)
