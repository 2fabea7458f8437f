"""Checks before a push: nothing private is published, nothing is replaced unasked, cards and merges are sound."""

import logging
from pathlib import Path

from ..errors import InputError
from ..mixtures.proxies import MERGE
from ..run_folder import model_id
from .comparison import Comparison
from .members import Member
from .remote import Remote
from .repository_ids import RepositoryIds
from .requests import call
from .upload import CARD, Upload, content_of


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
            content = content_of(item)
            for secret, what in secrets.items():
                if secret in content:
                    raise InputError(f"{path} of {upload.member} holds {what}, which must not be published; remove it")


def check_states(comparisons: list[Comparison], revision: str, public: bool, overwrite: bool) -> None:
    """Check, before anything is pushed, that nothing is replaced unasked and nothing private becomes public.

    Args:
        comparisons (`list[Comparison]`): what is to be pushed, compared with what is there.
        revision (`str`): the branch, for the message.
        public (`bool`): whether the user asked for public repositories.
        overwrite (`bool`): whether the user asked to replace what is there.

    Raises:
        `InputError`: names the repository.
    """
    for comparison in comparisons:
        if comparison.state != "unchanged":
            check_public(comparison.upload.repo_id, comparison.remote, public)
    changed = [comparison for comparison in comparisons if comparison.state == "changed"]
    if changed and not overwrite:
        first = changed[0]
        raise InputError(
            f"{', '.join(comparison.upload.repo_id for comparison in changed)}: {revision} already holds something "
            f"else ({first.upload.repo_id}: {', '.join([*first.changed, *first.removed][:5])}). Nothing was pushed. "
            "Give `--overwrite` to replace it, or another `--revision`"
        )


def check_public(repo_id: str, remote: Remote, public: bool) -> None:
    """Check that a repository is not public, unless the user asked for that.

    Args:
        repo_id (`str`): the repository's id.
        remote ([`Remote`]): what it holds.
        public (`bool`): whether the user asked for public repositories.

    Raises:
        `InputError`: names the repository.
    """
    if remote.exists and not remote.private and not public:
        raise InputError(
            f"{repo_id} already exists and is public, so anyone could read what is pushed; give `--public` to push to "
            "it, or another `--repo_prefix`"
        )


def check_bases(comparisons: list[Comparison], listed: list[Member], ids: RepositoryIds) -> None:
    """Check that the components which merges name will be on the Hub; warn of a missing seed.

    Args:
        comparisons (`list[Comparison]`): what is to be pushed, compared with what is there.
        listed (`list[Member]`): what the pool lists.
        ids ([`RepositoryIds`]): of the study's repositories.

    Raises:
        `InputError`: names the merge and its missing components.
    """
    digests = {member.member: member.digest for member in listed}
    digests |= {item.upload.member: item.upload.manifest.get("digest") for item in comparisons}
    for comparison in comparisons:
        member, manifest = comparison.upload.member, comparison.upload.manifest
        if manifest.get("kind") != MERGE.kind or comparison.state == "unchanged":
            continue
        missing = [
            unit for unit, digest in manifest["inputs"].items() if digests.get(model_id("component", unit)) != digest
        ]
        if missing:
            raise InputError(
                f"{member} averages components that are not on the Hub, or not with these weights: "
                f"{', '.join(missing)}. Push them too (`--what components merged`); merge again what was trained anew"
            )
    kinds = {comparison.upload.manifest.get("kind") for comparison in comparisons}
    if kinds & {"component", "reference"} and "seed" not in digests:
        logger.warning("%s is not on the Hub, though cards may name it; `--what seed` pushes it", ids.of("seed"))


def check_cards(comparisons: list[Comparison]) -> None:
    """Let the Hub check the metadata of the cards before anything is pushed.

    Raises:
        `InputError`: for metadata that the Hub does not accept.
    """
    from huggingface_hub import RepoCard

    for comparison in comparisons:
        upload = comparison.upload
        if comparison.state == "unchanged" or CARD not in upload.files:
            continue
        try:
            card = RepoCard(content_of(upload.files[CARD]).decode(), ignore_metadata_errors=True)
            call(f"checking the card of {upload.member}", lambda card=card, kind=upload.repo_type: card.validate(kind))
        except InputError:
            raise
        except ValueError as error:
            raise InputError(f"the Hub does not accept the card of {upload.member}: {error}") from error
