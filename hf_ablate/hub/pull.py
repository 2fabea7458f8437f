"""`hf-ablate pull`: a pool, a collection or a single model from the Hub into a run folder, every digest checked."""

import json
from pathlib import Path

from ..errors import InputError
from ..manifest import read_manifest
from ..run_folder import TRAINED_KINDS, RunFolder
from ..text_table import text_table
from .addresses import find_members
from .arguments import PullArguments
from .members import Member, as_member, check_one_pool
from .places import part_of
from .pulled_folder import PulledFolder, install, plan_folders
from .remote import connect


_DONE = {"new": "pulled", "changed": "replaced"}
_TO_DO = {"new": "to pull", "changed": "to replace"}


def run(arguments: PullArguments) -> None:
    """Pull what is missing, once it is known that all of it fits together and into the run folder.

    Raises:
        `InputError`: if something else is there already, unless `overwrite` is set.
    """
    run_dir = arguments.run_dir
    if (around := RunFolder(run_dir).around) is not None:
        raise InputError(f"{run_dir} shares the corpus of {around.path}, and perhaps its models; pull there instead")
    api = connect()
    members = choose(find_members(api, arguments.source), arguments.what, arguments.source)
    check_one_pool([*local_models(run_dir), *members], str(run_dir))
    planned = plan_folders(api, members, run_dir)
    taken = [str(folder.folder) for folder in planned if folder.state == "changed"]
    if taken and not arguments.overwrite:
        raise InputError(
            f"{run_dir} already holds something else in {', '.join(taken)}; give `--overwrite` to replace it, or pull "
            "into another folder"
        )
    if not arguments.dry_run:
        install_all(planned, run_dir)
    print_folders(planned, run_dir, _TO_DO if arguments.dry_run else _DONE, arguments.output_format)


def choose(members: list[Member], parts: list[str], address: str) -> list[Member]:
    """The members that belong to some parts of a study.

    Args:
        members (`list[Member]`): all that there are.
        parts (`list[str]`): values of `--what`.
        address (`str`): where they come from, for the message.

    Raises:
        `InputError`: if there are none.
    """
    chosen = [member for member in members if part_of(member.member) in parts or "all" in parts]
    if not chosen:
        there = sorted({part_of(member.member) for member in members})
        raise InputError(f"{address} holds {', '.join(there)}, and nothing of {', '.join(parts)}")
    return chosen


def local_models(run_dir: Path) -> list[Member]:
    """The finished models of a run folder, as members."""
    folders = RunFolder(run_dir).saved_models(*TRAINED_KINDS, "merged")
    manifests = {folder: read_manifest(folder) for folder in folders}
    return [as_member(manifest["model"], str(folder), "model", "", manifest) for folder, manifest in manifests.items()]


def install_all(planned: list[PulledFolder], run_dir: Path) -> None:
    """Install what is not there, with a progress bar."""
    from tqdm import tqdm

    progress = tqdm(planned, desc="pull", unit="folder", disable=None)
    for folder in progress:
        progress.set_postfix_str(str(folder.folder))
        if folder.state != "unchanged":
            install(folder, run_dir)


def print_folders(planned: list[PulledFolder], run_dir: Path, words: dict[str, str], output_format: str) -> None:
    """Print what was, or would be, pulled.

    Args:
        planned (`list[PulledFolder]`): the folders.
        run_dir (`Path`): the run folder.
        words (`dict[str, str]`): state of a folder → what was, or would be, done with it.
        output_format (`str`): `table` or `json`.
    """
    rows = [
        {
            "folder": str(run_dir / folder.folder), "state": words.get(folder.state, folder.state),
            "repo_id": folder.origins[0].member.repo_id, "revision": folder.origins[0].member.revision,
        }
        for folder in planned
    ]  # fmt: skip
    if output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    cells = [[row["folder"], row["state"], row["repo_id"], row["revision"][:12]] for row in rows]
    print(text_table(["folder", "state", "from", "revision"], cells, left=(0, 1, 2, 3)))
