"""`hf-ablate pull`: a pool, a collection or a single model from the Hub into a run folder, every digest checked."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..manifest import MANIFEST, write_text
from ..merging.config import CONFIG_NAME, merge_yaml
from ..mixtures.mixture import Mixture
from ..saved_model import weights_digest
from ..text_table import text_table
from .arguments import PullArguments
from .fetch import fetch, read_json
from .index import check_one_pool
from .names import part_of, places
from .remote import connect, read_remote
from .sources import find_members


if TYPE_CHECKING:
    from huggingface_hub import HfApi


@dataclass(frozen=True)
class Target:
    """A folder of the run folder that is finished as a whole, and where its files come from.

    Args:
        folder (`str`): in the run folder.
        manifest (`dict`): that it will have.
        origins (`list[tuple[dict, str, str]]`): member, folder in its repository, folder in this one.
        state (`str`): `new`, `unchanged` or `changed` (something else is there).
    """

    folder: str
    manifest: dict[str, Any]
    origins: list[tuple[dict[str, Any], str, str]]
    state: str


def run(arguments: PullArguments) -> None:
    """Pull what is missing, after it is known that all of it fits together and into the run folder."""
    api = connect()
    members = find_members(api, arguments.source)
    chosen = [row for row in members if part_of(row["member"]) in arguments.what or "all" in arguments.what]
    if not chosen:
        parts = sorted({part_of(row["member"]) for row in members})
        raise InputError(f"{arguments.source} holds {', '.join(parts)}, and nothing of {', '.join(arguments.what)}")
    check_one_pool([*_local_models(arguments.run_dir), *chosen], f"{arguments.run_dir}")
    targets = plan_targets(api, chosen, arguments.run_dir)
    taken = [target.folder for target in targets if target.state == "changed"]
    if taken and not arguments.overwrite:
        raise InputError(
            f"{arguments.run_dir} holds something else already in {', '.join(taken)}; give `--overwrite` to replace "
            "it, or pull into another folder"
        )
    if not arguments.dry_run:
        for target in (progress := _with_progress(targets)):
            progress.set_postfix_str(target.folder)
            if target.state != "unchanged":
                install(target, arguments.run_dir)
    _print(arguments, targets)


def _local_models(run_dir: Path) -> list[dict[str, Any]]:
    """The finished models of a run folder, as members."""
    models = run_dir / "models"
    rows = []
    for path in [models / "seed" / MANIFEST, *sorted(models.glob(f"[!.]*/[!.]*/{MANIFEST}"))]:
        if path.is_file():
            manifest = json.loads(path.read_text(encoding="utf-8"))
            keys = ("digest", "seed_digest", "tokenizer_digest")
            own = {key: manifest.get(key) for key in keys}
            rows.append({"member": manifest["model"], "repo_id": str(path.parent), "repo_type": "model", **own})
    return rows


def plan_targets(api: "HfApi", members: list[dict[str, Any]], run_dir: Path) -> list[Target]:
    """The folders to make from these members, in order; only their manifests are fetched.

    Raises:
        `InputError`: for a manifest that is not the one that the pool lists.
    """
    origins: dict[str, list[tuple[dict[str, Any], str, str]]] = {}
    for row in members:
        remote = read_remote(api, row["repo_id"], row["repo_type"], row["revision"])
        if not remote.sha:
            raise InputError(f"{row['repo_id']} at {row['revision']} does not exist, or you may not see it")
        for source, folder, inside in places(row["member"]):
            if source == "" or any(path.startswith(f"{source}/") for path in remote.files):
                origins.setdefault(folder, []).append(({**row, "remote": remote}, source, inside))
    return [_target(folder, found, run_dir) for folder, found in origins.items()]


def _target(folder: str, origins: list[tuple[dict[str, Any], str, str]], run_dir: Path) -> Target:
    row, source, _ = next(((row, source, inside) for row, source, inside in origins if not inside), origins[0])
    path = f"{source}/{MANIFEST}".lstrip("/")
    if path not in row["remote"].files:
        raise InputError(f"{row['repo_id']} was not pushed by `hf-ablate push`: it has no {path}")
    manifest = read_json(row["repo_id"], row["repo_type"], row["revision"], path)
    identity = _identity(manifest)
    if folder.startswith("models/") and (manifest["model"], identity) != (row["member"], row["digest"]):
        raise InputError(
            f"{row['repo_id']} holds {manifest['model']} with the digest {identity}; the pool lists it as "
            f"{row['member']} with {row['digest']}"
        )
    local = run_dir / folder
    if not local.exists() or not any(local.iterdir()):
        state = "new"
    else:
        mine = local / MANIFEST
        there = _identity(json.loads(mine.read_text(encoding="utf-8"))) if mine.is_file() else ""
        state = "unchanged" if there == identity else "changed"
    return Target(folder, manifest, origins, state)


def _identity(manifest: dict[str, Any]) -> str:
    return manifest.get("digest") or manifest["fingerprint"]


def install(target: Target, run_dir: Path) -> None:
    """Fetch a folder beside its place, check it, and put it there when it is complete.

    A killed pull leaves a folder that starts with a dot, and the next one goes on with it.
    """
    final = run_dir / target.folder
    staging = final.with_name(f".{final.name}.pull")
    right: set[Path] = set()
    for row, source, inside in target.origins:
        right |= fetch(row, source, staging / inside, staging / ".downloads")
    shutil.rmtree(staging / ".downloads", ignore_errors=True)
    for path in staging.rglob("*"):
        if path.is_file() and path not in right:  # of a pull of another revision that was killed
            path.unlink()
    if target.folder.startswith("models/"):
        _check_weights(target, staging)
    if target.manifest.get("kind") == "merged":
        mixture = Mixture.of(target.manifest["mixture"])
        out_dtype = target.manifest["arguments"].get("out_dtype", "float32")
        write_text(staging / CONFIG_NAME, merge_yaml(mixture, out_dtype))  # on the Hub it has the Hub's ids
    shutil.rmtree(final, ignore_errors=True)
    staging.rename(final)


def _check_weights(target: Target, staging: Path) -> None:
    found = weights_digest(staging)
    if found != target.manifest["digest"]:
        origin = target.origins[0][0]["repo_id"]
        shutil.rmtree(staging)
        raise InputError(
            f"the weights in {origin} have the digest {found}, and its {MANIFEST} says {target.manifest['digest']}: "
            "they were changed after they were made. Nothing was put into the run folder"
        )


def _with_progress(targets: list[Target]) -> Any:
    from tqdm import tqdm

    return tqdm(targets, desc="pull", unit="folder", disable=None)


def _print(arguments: PullArguments, targets: list[Target]) -> None:
    done = (
        {"new": "to pull", "changed": "to replace"} if arguments.dry_run else {"new": "pulled", "changed": "replaced"}
    )
    rows = [
        {
            "folder": str(arguments.run_dir / target.folder), "state": done.get(target.state, target.state),
            "repo_id": target.origins[0][0]["repo_id"], "revision": target.origins[0][0]["revision"],
        }
        for target in targets
    ]  # fmt: skip
    if arguments.output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    cells = [[row["folder"], row["state"], row["repo_id"], row["revision"][:12]] for row in rows]
    print(text_table(["folder", "state", "from", "revision"], cells, left=(0, 1, 2, 3)))
