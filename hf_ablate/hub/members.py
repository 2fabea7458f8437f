"""The list of a pool's members on the Hub: which repositories, at which commits, with which digests."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..run_folder import split_model_id
from .dataset_cards import pool_card
from .repository_ids import RepositoryIds
from .requests import call
from .upload import CARD, Upload


if TYPE_CHECKING:
    from huggingface_hub import HfApi


MEMBERS = "members.jsonl"
_KINDS = ("seed", "component", "adapter", "reference", "merged", "corpus", "eval", "scores", "report", "explorer")


@dataclass(frozen=True)
class Member:
    """A row of the list, with the same columns for all kinds, so that it reads as a table.

    Args:
        member (`str`): its id: `seed`, `component:<unit>`, `corpus`, …
        repo_id (`str`): its repository.
        repo_type (`str`): `model`, `dataset` or `space`.
        revision (`str`): the commit.
        digest (`str`): of its content.
        seed_digest (`str` or `None`): of a model, of the seed that it was trained from.
        tokenizer_digest (`str` or `None`): of the tokenizer that it reads.
        tokens (`int` or `None`): that it was trained on.
    """

    member: str
    repo_id: str
    repo_type: str
    revision: str
    digest: str
    seed_digest: str | None
    tokenizer_digest: str | None
    tokens: int | None = None

    @property
    def kind(self) -> str:
        """Its kind, without its name."""
        return split_model_id(self.member)[0]


def as_member(member: str, repo_id: str, repo_type: str, revision: str, manifest: dict[str, Any]) -> Member:
    """A member by the manifest of its folder.

    Args:
        member (`str`): its id.
        repo_id (`str`): its repository.
        repo_type (`str`): `model`, `dataset` or `space`.
        revision (`str`): the commit.
        manifest (`dict`): of its folder.
    """
    return Member(
        member, repo_id, repo_type, revision, content_digest(manifest), manifest.get("seed_digest"),
        manifest.get("tokenizer_digest") or manifest.get("tokenizer", {}).get("digest"), manifest.get("tokens"),
    )  # fmt: skip


def content_digest(manifest: dict[str, Any]) -> str:
    """What identifies the content of a finished folder."""
    return manifest.get("digest") or manifest["fingerprint"]


def read_members(api: "HfApi", repo_id: str, revision: str) -> list[Member]:
    """The members that a pool lists.

    Args:
        api (`HfApi`): the Hub's client.
        repo_id (`str`): the pool's repository.
        revision (`str`): the commit.

    Raises:
        `InputError`: if the repository is not a pool.
    """
    from huggingface_hub.errors import RemoteEntryNotFoundError

    def read() -> str:
        try:
            path = api.hf_hub_download(repo_id, MEMBERS, repo_type="dataset", revision=revision)
        except RemoteEntryNotFoundError as error:
            raise InputError(f"{repo_id} is not a pool: it has no {MEMBERS}") from error
        with open(path, encoding="utf-8") as file:
            return file.read()

    text = call(f"reading the members of {repo_id}", read)
    try:
        members = [_parse(json.loads(line)) for line in text.splitlines()]
        unknown = [member.member for member in members if member.kind not in _KINDS]
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{MEMBERS} of {repo_id} is not a list of members of a pool: {error}") from error
    if unknown:
        raise InputError(f"{MEMBERS} of {repo_id} is not a list of members of a pool: it has {unknown[0]!r}")
    return members


def _parse(row: dict[str, Any]) -> Member:
    """A row of the list; columns that a later version has added are left out."""
    columns = ("member", "repo_id", "repo_type", "revision", "digest", "seed_digest", "tokenizer_digest")
    return Member(**{column: row[column] for column in columns}, tokens=row.get("tokens"))


def joined(old: list[Member], new: list[Member], ids: RepositoryIds) -> list[Member]:
    """The old members and the new ones, which replace old ones of the same id, in the order of the flow.

    Args:
        old (`list[Member]`): what the pool lists.
        new (`list[Member]`): what is pushed.
        ids ([`RepositoryIds`]): of the study's repositories.

    Raises:
        `InputError`: if their models start from different seeds or read different tokens.
    """
    members = list({member.member: member for member in [*old, *new]}.values())
    check_one_pool(members, ids.of("pool"))
    return sorted(members, key=lambda member: (_KINDS.index(member.kind), member.member))


def check_one_pool(members: list[Member], where: str) -> None:
    """Check that the models of a list belong together.

    Raises:
        `InputError`: names two that have different seeds or tokenizers.
    """
    first: dict[str, tuple[Member, str | None]] = {}
    for member in members:
        if member.repo_type != "model":
            continue
        seed = member.digest if member.kind == "seed" else member.seed_digest
        for what, value in (("seed", seed), ("tokenizer", member.tokenizer_digest)):
            other, other_value = first.setdefault(what, (member, value))
            if value and other_value and value != other_value:
                raise InputError(
                    f"{where} would mix models that cannot be averaged: {member.member} ({member.repo_id}) has the "
                    f"{what} {value}, {other.member} ({other.repo_id}) has the {what} {other_value}"
                )


def pool_upload(members: list[Member], ids: RepositoryIds) -> Upload:
    """The repository that lists the members."""
    lines = "".join(json.dumps(asdict(member), ensure_ascii=False) + "\n" for member in members)
    files = {MEMBERS: lines.encode(), CARD: pool_card(ids, [asdict(member) for member in members]).encode()}
    return Upload("pool", ids.of("pool"), "dataset", files)
