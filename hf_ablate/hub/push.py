"""`hf-ablate push`: a study to the Hub, one repository per model and data set, a list of them, and a collection."""

import json
import logging
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..text_table import text_table
from .arguments import PushArguments
from .checks import check_bases, check_cards, check_private, check_public, check_states, state_of
from .contents import collect
from .index import MEMBERS, joined, member_row, pool_upload, read_members
from .names import Names
from .remote import Remote, connect, differences, read_remote
from .requests import call
from .upload import Upload


if TYPE_CHECKING:
    from huggingface_hub import HfApi


logger = logging.getLogger(__name__)


def run(arguments: PushArguments) -> None:
    """Push what differs, after it is known that all of it may be pushed, and print where it is."""
    names = Names(arguments.repo_prefix)
    uploads = collect(arguments)
    check_private(uploads, arguments.run_dir)
    if arguments.dry_run:
        states = _states(uploads, arguments)
        _print(arguments, [_row(upload, state) for upload, state in zip(uploads, states, strict=True)])
        return
    api = connect(names.namespace)
    remotes = [read_remote(api, upload.repo_id, upload.repo_type, arguments.revision) for upload in uploads]
    states = [state_of(upload, remote) for upload, remote in zip(uploads, remotes, strict=True)]
    check_states(arguments, uploads, remotes, states)
    members = [upload for upload in uploads if not upload.member.startswith("metric:")]
    pool = read_remote(api, names.of("pool"), "dataset", arguments.revision)
    if members and set(states) != {"unchanged"}:
        check_public(names.of("pool"), pool, arguments)
    listed = _listed_members(api, names, pool) if members else []
    joined(listed, [member_row(upload, "") for upload in members], names)
    check_bases(names, uploads, states, listed)
    check_cards(uploads, states)
    rows, revisions = [], {}
    with _progress(uploads) as progress:
        for upload, remote, state in zip(uploads, remotes, states, strict=True):
            progress.set_postfix_str(upload.member)
            revisions[upload.member] = push_upload(api, upload, remote, arguments)
            rows.append(_row(upload, state if revisions[upload.member] == remote.sha else "pushed"))
            progress.update(upload.size)
    if members:
        rows.append(
            _push_pool(api, names, [member_row(upload, revisions[upload.member]) for upload in members], arguments)
        )
    collection = add_to_collection(api, names, rows, public=arguments.public)
    _print(arguments, rows, collection)


def _states(uploads: list[Upload], arguments: PushArguments) -> list[str]:
    """What a push would find, for `--dry_run`; not compared where the Hub cannot be asked."""
    try:
        api = connect()
        return [
            state_of(upload, read_remote(api, upload.repo_id, upload.repo_type, arguments.revision))
            for upload in uploads
        ]
    except InputError as error:
        logger.warning("not compared with the Hub: %s", error)
        return ["?"] * len(uploads)


def _listed_members(api: "HfApi", names: Names, pool: Remote) -> list[dict[str, Any]]:
    """What the pool lists now."""
    return read_members(api, names.of("pool"), pool.sha) if MEMBERS in pool.files else []


def _push_pool(api: "HfApi", names: Names, new: list[dict[str, Any]], arguments: PushArguments) -> dict[str, Any]:
    """Add the new members to the list; read again, as somebody else may have added some in the meantime."""
    remote = read_remote(api, names.of("pool"), "dataset", arguments.revision)
    pool = pool_upload(joined(_listed_members(api, names, remote), new, names), names)
    is_same = push_upload(api, pool, remote, arguments) == remote.sha
    return _row(pool, "unchanged" if is_same else "pushed")


def _progress(uploads: list[Upload]) -> Any:
    from tqdm import tqdm

    total = sum(upload.size for upload in uploads)
    return tqdm(total=total, desc="push", unit="B", unit_scale=True, disable=None)


def push_upload(api: "HfApi", upload: Upload, remote: Remote, arguments: PushArguments) -> str:
    """Make a repository hold exactly this, by one commit, and return the commit; `remote` is what it held.

    One commit, because a model whose files come in several could be loaded half new and half old; `upload_folder`
    makes several of a large folder.
    """
    where = {"repo_id": upload.repo_id, "repo_type": upload.repo_type}
    what = f"pushing to {upload.repo_id}"
    if not remote.exists:
        sdk = {"space_sdk": upload.space_sdk} if upload.space_sdk else {}
        call(what, lambda: api.create_repo(**where, private=not arguments.public, exist_ok=True, **sdk))
    elif remote.private and arguments.public:
        call(what, lambda: api.update_repo_settings(**where, private=False))
    if not remote.sha and arguments.revision != "main":
        call(what, lambda: api.create_branch(**where, branch=arguments.revision, exist_ok=True))
    sha, state = remote.sha, state_of(upload, remote)
    if state == "other card" and not arguments.overwrite:
        logger.warning("%s: only the card differs; it is kept, and `--overwrite` replaces it", upload.repo_id)
    elif state != "unchanged":
        sha = call(what, lambda: _commit(api, upload, arguments.revision))
        damaged, _ = differences(upload.files, read_remote(api, revision=sha, **where))
        if damaged:
            raise InputError(f"{upload.repo_id}: {', '.join(damaged)} arrived damaged; push again with `--overwrite`")
    if upload.tag:
        _tag(api, upload, sha)
    return sha


def _commit(api: "HfApi", upload: Upload, revision: str) -> str:
    """One attempt; looks first, so that a commit whose answer was lost is not made twice."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    where = {"repo_id": upload.repo_id, "repo_type": upload.repo_type}
    remote = read_remote(api, revision=revision, **where)
    changed, removed = differences(upload.files, remote)
    if not changed and not removed:
        return remote.sha
    contents = {path: upload.files[path] for path in changed}
    operations = [
        CommitOperationAdd(path, item if isinstance(item, bytes) else str(item)) for path, item in contents.items()
    ]
    operations += [CommitOperationDelete(path) for path in removed]
    message = f"{upload.member} by hf-ablate"
    commit = api.create_commit(
        **where, operations=operations, commit_message=message, revision=revision, parent_commit=remote.sha or None
    )
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


def add_to_collection(api: "HfApi", names: Names, rows: list[dict[str, Any]], public: bool) -> str:
    """Add what is not in it to the collection called like the prefix, and return its URL."""

    def add() -> str:
        collection = api.create_collection(
            names.prefix.split("/")[1], namespace=names.namespace, private=not public, exists_ok=True,
            description="Data ablations: a pool of component models, its corpus and results",
        )  # fmt: skip
        there = {(item.item_type, item.item_id) for item in collection.items}
        for row in rows:
            if (row["repo_type"], row["repo_id"]) not in there:
                api.add_collection_item(collection.slug, row["repo_id"], row["repo_type"], exists_ok=True)
        return collection.url

    return call("the collection", add)


def _row(upload: Upload, state: str) -> dict[str, Any]:
    from huggingface_hub import constants

    folder = "" if upload.repo_type == "model" else f"{upload.repo_type}s/"
    return {
        "member": upload.member, "repo_id": upload.repo_id, "repo_type": upload.repo_type, "state": state,
        "files": len(upload.files), "bytes": upload.size, "url": f"{constants.ENDPOINT}/{folder}{upload.repo_id}",
    }  # fmt: skip


def _print(arguments: PushArguments, rows: list[dict[str, Any]], collection: str | None = None) -> None:
    if arguments.output_format == "json":
        print(json.dumps({"repositories": rows, "collection": collection}, ensure_ascii=False))
        return
    cells = [
        [row["member"], row["state"], str(row["files"]), f"{row['bytes'] / 1e6:,.1f} MB", row["url"]] for row in rows
    ]
    print(text_table(["member", "state", "files", "size", "url"], cells, left=(0, 1, 4)))
    if collection:
        print(f"collection: {collection}")
    else:
        visibility = "public" if arguments.public else "private"
        print(f"nothing was pushed (--dry_run); new repositories would be {visibility}")
        if any(row["state"] == "changed" for row in rows):
            print("the branch holds something else where it says `changed`: that needs `--overwrite`")
