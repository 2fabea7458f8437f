"""A folder of a run folder as it is made from repositories: planned first, then put in place as a whole."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..manifest import MANIFEST, find_manifest, write_text
from ..merging.config import CONFIG_NAME, merge_yaml, recorded_coefficients
from ..mixtures.proxies import MERGE
from ..run_folder import RunFolder
from ..saved_model import weights_digest
from .fetch import fetch, read_json
from .members import Member, content_digest
from .places import LAYOUT, Place, find_places
from .remote import Remote, read_remote


if TYPE_CHECKING:
    from huggingface_hub import HfApi


@dataclass(frozen=True)
class Origin:
    """Where files of a folder come from.

    Args:
        member ([`Member`]): whose repository.
        remote ([`Remote`]): what the repository holds.
        place ([`Place`]): which of its files, and where they go.
    """

    member: Member
    remote: Remote
    place: Place


@dataclass(frozen=True)
class PulledFolder:
    """A folder of the run folder that is finished as a whole.

    Args:
        folder (`Path`): relative to the run folder.
        manifest (`dict`): that it will have.
        origins (`list[Origin]`): where its files come from.
        state (`str`): `new`, `unchanged` or `changed` (something else is there).
    """

    folder: Path
    manifest: dict[str, Any]
    origins: list[Origin]
    state: str

    @property
    def is_model(self) -> bool:
        """Whether it holds a model."""
        return self.folder.is_relative_to(LAYOUT.models)


def plan_folders(api: "HfApi", members: list[Member], run_dir: Path) -> list[PulledFolder]:
    """The folders to make from these members, in order; only their manifests are fetched.

    Args:
        api (`HfApi`): the Hub's client.
        members (`list[Member]`): what is pulled.
        run_dir (`Path`): the run folder to compare with.

    Raises:
        `InputError`: for a manifest that is not the one that the pool lists.
    """
    origins: dict[Path, list[Origin]] = {}
    for member in members:
        for origin in _origins_of(api, member):
            origins.setdefault(origin.place.folder, []).append(origin)
    return [_plan(folder, its_origins, run_dir) for folder, its_origins in origins.items()]


def _origins_of(api: "HfApi", member: Member) -> Iterator[Origin]:
    remote = read_remote(api, member.repo_id, member.repo_type, member.revision)
    if not remote.sha:
        raise InputError(f"{member.repo_id} at {member.revision} does not exist, or you may not see it")
    for place in find_places(member.member):
        start = f"{place.in_repository}/" if place.in_repository else ""
        if not start or any(path.startswith(start) for path in remote.files):
            yield Origin(member, remote, place)


def _plan(folder: Path, origins: list[Origin], run_dir: Path) -> PulledFolder:
    main = next((origin for origin in origins if not origin.place.inside), origins[0])
    member, path = main.member, f"{main.place.in_repository}/{MANIFEST}".lstrip("/")
    if path not in main.remote.files:
        raise InputError(f"{member.repo_id} was not pushed by `hf-ablate push`: it has no {path}")
    manifest = read_json(member.repo_id, member.repo_type, member.revision, path)
    planned = PulledFolder(folder, manifest, origins, _state(run_dir / folder, manifest))
    digest = content_digest(manifest)
    if planned.is_model and (manifest["model"], digest) != (member.member, member.digest):
        raise InputError(
            f"{member.repo_id} holds {manifest['model']} with the digest {digest}; the pool lists it as "
            f"{member.member} with {member.digest}"
        )
    return planned


def _state(local: Path, manifest: dict[str, Any]) -> str:
    if not local.exists() or not any(local.iterdir()):
        return "new"
    local_manifest = find_manifest(local)
    is_unchanged = local_manifest is not None and content_digest(local_manifest) == content_digest(manifest)
    return "unchanged" if is_unchanged else "changed"


def install(planned: PulledFolder, run_dir: Path) -> None:
    """Fetch a folder next to its place, check it, and move it there when it is complete.

    A killed pull leaves a folder whose name starts with a dot; the next pull resumes with it.
    """
    final = run_dir / planned.folder
    staging = final.with_name(f".{final.name}.pull")
    downloads = staging / ".downloads"
    fetched: set[Path] = set()
    for origin in planned.origins:
        place = origin.place
        fetched |= fetch(origin.member, origin.remote, place.in_repository, staging / place.inside, downloads)
    shutil.rmtree(downloads, ignore_errors=True)
    for path in staging.rglob("*"):
        if path.is_file() and path not in fetched:  # left by a killed pull of another revision
            path.unlink()
    if planned.is_model:
        _check_weights(planned, staging)
    if planned.manifest.get("kind") == MERGE.kind:
        coefficients = recorded_coefficients(planned.manifest)
        out_dtype = planned.manifest["arguments"].get("out_dtype", "float32")
        folders = {name: RunFolder(run_dir).component(name) for name in coefficients.units}
        source = merge_yaml(coefficients, folders, out_dtype)  # on the Hub it has ids of the Hub
        write_text(staging / CONFIG_NAME, source)
    shutil.rmtree(final, ignore_errors=True)
    staging.rename(final)


def _check_weights(planned: PulledFolder, staging: Path) -> None:
    digest = weights_digest(staging)
    if digest != planned.manifest["digest"]:
        shutil.rmtree(staging)
        raise InputError(
            f"the weights in {planned.origins[0].member.repo_id} have the digest {digest}, and its {MANIFEST} says "
            f"{planned.manifest['digest']}: they were changed after they were made. Nothing was put into the run "
            "folder"
        )
