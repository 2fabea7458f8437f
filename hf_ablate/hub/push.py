"""`hf-ablate push`: a study to the Hub, one repository per model and data set, a list of them, and a collection."""

import json
import logging
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..run_folder import split_model_id
from ..text_table import text_table
from .arguments import PushArguments
from .cards import CardMetadata
from .checks import check_bases, check_cards, check_private, check_public, check_states
from .commit import add_to_collection, push_upload
from .comparison import Comparison, compare
from .contents import collect
from .members import MEMBERS, Member, as_member, joined, pool_upload, read_members
from .remote import Remote, connect, read_remote
from .repository_ids import RepositoryIds
from .upload import Upload


if TYPE_CHECKING:
    from huggingface_hub import HfApi


logger = logging.getLogger(__name__)


def run(arguments: PushArguments) -> None:
    """Push what differs, and print where it is."""
    rows, collection = push_study(arguments)
    if collection is None:
        print_dry_run(rows, arguments.public, arguments.output_format)
    else:
        print_pushed(rows, collection, arguments.output_format)


def push_study(arguments: PushArguments) -> tuple[list[dict[str, Any]], str | None]:
    """Push what differs, once it is known that all of it may be pushed.

    Returns:
        `tuple[list[dict], str | None]`: a row per repository (`member`, `repo_id`, `repo_type`, `state`, `files`,
        `bytes`, `url`), and the URL of the collection, which is `None` after a dry run.

    Raises:
        `InputError`: before anything is pushed, for what must not be published or replaced.
    """
    ids = RepositoryIds(arguments.repo_prefix)
    uploads = collect(
        arguments.run_dir, arguments.what, ids, CardMetadata(arguments.license, arguments.language),
        CardMetadata(arguments.corpus_license, arguments.language),
    )  # fmt: skip
    check_private(uploads, arguments.run_dir)
    if arguments.dry_run:
        return _rows_of_dry_run(uploads, arguments.revision), None
    api = connect(ids.namespace)
    comparisons = compare_all(api, uploads, arguments.revision)
    check_states(comparisons, arguments.revision, arguments.public, arguments.overwrite)
    is_listed = any(is_member(upload) for upload in uploads)
    pool = read_remote(api, ids.of("pool"), "dataset", arguments.revision)
    if is_listed and any(comparison.state != "unchanged" for comparison in comparisons):
        check_public(ids.of("pool"), pool, arguments.public)
    listed = _listed_members(api, ids, pool) if is_listed else []
    joined(listed, _members_of(dict.fromkeys([upload.member for upload in uploads], ""), uploads), ids)
    check_bases(comparisons, listed, ids)
    check_cards(comparisons)
    commits, rows = _push_all(api, comparisons, arguments.revision, arguments.public, arguments.overwrite)
    if is_listed:
        pool_comparison = _compare_pool(api, ids, _members_of(commits, uploads), arguments.revision)
        commit = push_upload(api, pool_comparison, arguments.revision, arguments.public, arguments.overwrite)
        rows.append(_row(pool_comparison.upload, "unchanged" if commit == pool_comparison.remote.sha else "pushed"))
    return rows, add_to_collection(api, ids, rows, public=arguments.public)


def is_member(upload: Upload) -> bool:
    """Whether an upload is listed in the pool; metric modules are not."""
    return split_model_id(upload.member)[0] != "metric"


def compare_all(api: "HfApi", uploads: list[Upload], revision: str) -> list[Comparison]:
    """Every upload, compared with what its repository holds.

    Args:
        api (`HfApi`): the Hub's client.
        uploads (`list[Upload]`): what the repositories are to hold.
        revision (`str`): the branch.
    """
    return [compare(upload, read_remote(api, upload.repo_id, upload.repo_type, revision)) for upload in uploads]


def _rows_of_dry_run(uploads: list[Upload], revision: str) -> list[dict[str, Any]]:
    """What a push would find; not compared if the Hub cannot be asked."""
    try:
        comparisons = compare_all(connect(), uploads, revision)
    except InputError as error:
        logger.warning("not compared with the Hub: %s", error)
        return [_row(upload, "?") for upload in uploads]
    return [_row(comparison.upload, comparison.state) for comparison in comparisons]


def _push_all(
    api: "HfApi", comparisons: list[Comparison], revision: str, public: bool, overwrite: bool
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Push everything, with a progress bar; the commit by member, and the rows to print."""
    from tqdm import tqdm

    commits, rows = {}, []
    total = sum(comparison.upload.size for comparison in comparisons)
    with tqdm(total=total, desc="push", unit="B", unit_scale=True, disable=None) as progress:
        for comparison in comparisons:
            upload = comparison.upload
            progress.set_postfix_str(upload.member)
            commit = push_upload(api, comparison, revision, public, overwrite)
            rows.append(_row(upload, comparison.state if commit == comparison.remote.sha else "pushed"))
            commits[upload.member] = commit
            progress.update(upload.size)
    return commits, rows


def _members_of(commits: dict[str, str], uploads: list[Upload]) -> list[Member]:
    """What the pool is to list, by the commit of each member."""
    return [
        as_member(upload.member, upload.repo_id, upload.repo_type, commits[upload.member], upload.manifest)
        for upload in uploads
        if is_member(upload)
    ]


def _listed_members(api: "HfApi", ids: RepositoryIds, pool: Remote) -> list[Member]:
    """What the pool lists now."""
    return read_members(api, ids.of("pool"), pool.sha) if MEMBERS in pool.files else []


def _compare_pool(api: "HfApi", ids: RepositoryIds, new: list[Member], revision: str) -> Comparison:
    """The list with the new members, compared with the list as it is now: someone may have added some meanwhile."""
    remote = read_remote(api, ids.of("pool"), "dataset", revision)
    return compare(pool_upload(joined(_listed_members(api, ids, remote), new, ids), ids), remote)


def _row(upload: Upload, state: str) -> dict[str, Any]:
    from huggingface_hub import constants

    folder = "" if upload.repo_type == "model" else f"{upload.repo_type}s/"
    return {
        "member": upload.member, "repo_id": upload.repo_id, "repo_type": upload.repo_type, "state": state,
        "files": len(upload.files), "bytes": upload.size, "url": f"{constants.ENDPOINT}/{folder}{upload.repo_id}",
    }  # fmt: skip


def print_pushed(rows: list[dict[str, Any]], collection: str, output_format: str) -> None:
    """Print where everything is.

    Args:
        rows (`list[dict]`): a row per repository.
        collection (`str`): the collection's URL.
        output_format (`str`): `table` or `json`.
    """
    _print_rows(rows, collection, output_format)
    if output_format == "table":
        print(f"collection: {collection}")


def print_dry_run(rows: list[dict[str, Any]], public: bool, output_format: str) -> None:
    """Print what would be pushed.

    Args:
        rows (`list[dict]`): a row per repository.
        public (`bool`): whether new repositories would be public.
        output_format (`str`): `table` or `json`.
    """
    _print_rows(rows, None, output_format)
    if output_format == "table":
        visibility = "public" if public else "private"
        print(f"nothing was pushed (--dry_run); new repositories would be {visibility}")
        if any(row["state"] == "changed" for row in rows):
            print("where it says `changed`, the branch holds something else: replacing it needs `--overwrite`")


def _print_rows(rows: list[dict[str, Any]], collection: str | None, output_format: str) -> None:
    if output_format == "json":
        print(json.dumps({"repositories": rows, "collection": collection}, ensure_ascii=False))
        return
    cells = [
        [row["member"], row["state"], str(row["files"]), f"{row['bytes'] / 1e6:,.1f} MB", row["url"]] for row in rows
    ]
    print(text_table(["member", "state", "files", "size", "url"], cells, left=(0, 1, 4)))
