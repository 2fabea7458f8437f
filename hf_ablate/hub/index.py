"""The list of a pool's members on the Hub: which repositories, at which commits, with which digests."""

import json
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .dataset_cards import pool_card
from .names import Names
from .requests import call
from .upload import CARD, Upload


if TYPE_CHECKING:
    from huggingface_hub import HfApi


MEMBERS = "members.jsonl"
_COLUMNS = ("member", "repo_id", "repo_type", "revision", "digest", "seed_digest", "tokenizer_digest")
_ORDER = ("seed", "component", "adapter", "reference", "merged", "corpus", "eval", "scores", "report")


def member_row(upload: Upload, revision: str) -> dict[str, Any]:
    """A member as the list has it; the same columns for all kinds, so that it reads as a table."""
    facts = upload.facts
    return {
        "member": upload.member, "repo_id": upload.repo_id, "repo_type": upload.repo_type, "revision": revision,
        "digest": facts.get("digest") or facts["fingerprint"], "seed_digest": facts.get("seed_digest"),
        "tokenizer_digest": facts.get("tokenizer_digest") or facts.get("tokenizer", {}).get("digest"),
        "tokens": facts.get("tokens"),
    }  # fmt: skip


def read_members(api: "HfApi", repo_id: str, revision: str) -> list[dict[str, Any]]:
    """The members that the pool lists at this commit.

    Raises:
        `InputError`: if the repository is no pool.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import RemoteEntryNotFoundError

    def read() -> str:
        try:
            path = hf_hub_download(repo_id, MEMBERS, repo_type="dataset", revision=revision)
        except RemoteEntryNotFoundError as error:
            raise InputError(f"{repo_id} is no pool: it has no {MEMBERS}") from error
        with open(path, encoding="utf-8") as file:
            return file.read()

    text = call(f"the members of {repo_id}", read)
    try:
        members = [json.loads(line) for line in text.splitlines()]
        damage = next((row for row in members if not set(_COLUMNS) <= set(row) or _kind(row) not in _ORDER), None)
    except (json.JSONDecodeError, TypeError, AttributeError) as error:
        damage = error
    if damage is not None:
        raise InputError(f"{MEMBERS} of {repo_id} is no list of members of a pool: {damage}")
    return members


def _kind(row: dict[str, Any]) -> str:
    return row["member"].partition(":")[0]


def joined(old: list[dict[str, Any]], new: list[dict[str, Any]], names: Names) -> list[dict[str, Any]]:
    """The old members and the new, these in place of old ones of the same name, in the order of the flow.

    Raises:
        `InputError`: if their models start from different seeds or read different tokens.
    """
    members = list({row["member"]: row for row in [*old, *new]}.values())
    check_one_pool(members, names.of("pool"))
    return sorted(members, key=lambda row: (_ORDER.index(_kind(row)), row["member"]))


def check_one_pool(members: list[dict[str, Any]], where: str) -> None:
    """Raise `InputError`, naming both, if two models of the list do not belong together."""
    first: dict[str, dict[str, Any]] = {}
    for row in members:
        if row["repo_type"] != "model":
            continue
        seed = row["digest"] if row["member"] == "seed" else row["seed_digest"]
        for what, value in (("seed", seed), ("tokenizer", row["tokenizer_digest"])):
            other = first.setdefault(what, {**row, "value": value})
            if value and other["value"] and value != other["value"]:
                raise InputError(
                    f"{where} would mix models that cannot be averaged: {row['member']} ({row['repo_id']}) has the "
                    f"{what} {value}, {other['member']} ({other['repo_id']}) has the {what} {other['value']}"
                )


def pool_upload(members: list[dict[str, Any]], names: Names) -> Upload:
    """The repository that lists the members."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in members)
    files = {MEMBERS: lines.encode(), CARD: pool_card(names, members).encode()}
    return Upload("pool", names.of("pool"), "dataset", files)
