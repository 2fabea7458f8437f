"""What is checked before a push: nothing private leaves, nothing is replaced unasked, cards and merges are sound."""

import logging
from pathlib import Path
from typing import Any

from ..errors import InputError
from .arguments import PushArguments
from .names import Names
from .remote import Remote, differences
from .requests import call
from .upload import CARD, Upload


logger = logging.getLogger(__name__)
_TEXT = (".json", ".jsonl", ".md", ".yml", ".yaml", ".html", ".txt", ".py", ".jinja")


def check_private(uploads: list[Upload], run_dir: Path) -> None:
    """Refuse text that holds the run folder's path on this machine, or the token.

    Raises:
        `InputError`: names the file; the token itself is not shown.
    """
    from huggingface_hub import get_token

    secrets = {str(run_dir.resolve()).encode(): f"the path {run_dir.resolve()}"}
    token = get_token()
    if token:
        secrets[token.encode()] = "your token for the Hub"
    for upload in uploads:
        for path, item in upload.files.items():
            if not path.endswith(_TEXT):
                continue
            content = item if isinstance(item, bytes) else item.read_bytes()
            for secret, what in secrets.items():
                if secret in content:
                    raise InputError(f"{path} of {upload.member} holds {what}, which must not be published; remove it")


def state_of(upload: Upload, remote: Remote) -> str:
    """`new`, `unchanged`, `other card` or `changed`.

    A card tells what is known when it is written (the scores, say), or was edited on the Hub: that it differs is no
    reason to refuse, and none to replace it.
    """
    if remote.is_fresh:
        return "new"
    changed, removed = differences(upload.files, remote)
    if changed == [CARD] and not removed:
        return "other card"
    return "changed" if changed or removed else "unchanged"


def check_states(arguments: PushArguments, uploads: list[Upload], remotes: list[Remote], states: list[str]) -> None:
    """Refuse, before anything is pushed, to replace what is there, and to push private things where all can read."""
    for upload, remote, state in zip(uploads, remotes, states, strict=True):
        if state != "unchanged":
            check_public(upload.repo_id, remote, arguments)
    other = [
        (upload, remote) for upload, remote, state in zip(uploads, remotes, states, strict=True) if state == "changed"
    ]
    if other and not arguments.overwrite:
        upload, remote = other[0]
        changed, removed = differences(upload.files, remote)
        raise InputError(
            f"{', '.join(upload.repo_id for upload, _ in other)}: {arguments.revision} holds something else already "
            f"({upload.repo_id}: {', '.join([*changed, *removed][:5])}). Nothing was pushed. Give `--overwrite` to "
            "replace it, or another `--revision`"
        )


def check_public(repo_id: str, remote: Remote, arguments: PushArguments) -> None:
    """Raise `InputError` if the repository is public and nobody asked for that."""
    if remote.exists and not remote.private and not arguments.public:
        raise InputError(
            f"{repo_id} is there already and is public, so all could read what is pushed; give `--public` to push to "
            "it, or another `--repo_prefix`"
        )


def check_bases(names: Names, uploads: list[Upload], states: list[str], listed: list[dict[str, Any]]) -> None:
    """Refuse a merge whose YAML would name components that are not on the Hub; warn of a seed that is not."""
    there = {row["member"]: row["digest"] for row in listed}
    there |= {upload.member: upload.facts.get("digest") for upload in uploads}
    for upload, state in zip(uploads, states, strict=True):
        if upload.facts.get("kind") != "merged" or state == "unchanged":
            continue
        missing = [unit for unit, digest in upload.facts["inputs"].items() if there.get(f"component:{unit}") != digest]
        if missing:
            raise InputError(
                f"{upload.member} averages components that are not on the Hub, or not with these weights: "
                f"{', '.join(missing)}. Push them too (`--what components merged`); merge again what was trained anew"
            )
    starts = [upload.member for upload in uploads if upload.facts.get("kind") in ("component", "reference")]
    if starts and "seed" not in there:
        logger.warning("%s is not on the Hub, though cards may name it; `--what seed` pushes it", names.of("seed"))


def check_cards(uploads: list[Upload], states: list[str]) -> None:
    """Let the Hub check the metadata of the cards before anything is pushed."""
    from huggingface_hub import RepoCard

    for upload, state in zip(uploads, states, strict=True):
        if state == "unchanged" or CARD not in upload.files:
            continue
        item = upload.files[CARD]
        text = (item if isinstance(item, bytes) else item.read_bytes()).decode()
        try:
            card = RepoCard(text, ignore_metadata_errors=True)
            call(f"the card of {upload.member}", lambda card=card, upload=upload: card.validate(upload.repo_type))
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"the Hub does not take the card of {upload.member}: {error}") from error
