"""Unfinished models: what they were being made from, and the last of their checkpoints that is whole."""

import json
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ..manifest import MANIFEST, digest_files, write_json


if TYPE_CHECKING:
    from accelerate import PartialState


logger = logging.getLogger(__name__)

UNFINISHED = "unfinished.json"
_WHOLE = "whole.json"


def prepare_folder(folder: Path, fingerprint: str) -> None:
    """Make the folder of a model ready: what was made from something else is removed first."""
    if folder.exists() and unfinished_fingerprint(folder) != fingerprint:
        (folder / MANIFEST).unlink(missing_ok=True)  # first: a folder being removed must never look finished
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    write_json(folder / UNFINISHED, {"fingerprint": fingerprint})


def unfinished_fingerprint(folder: Path) -> str | None:
    """What an unfinished model is being made from."""
    path = folder / UNFINISHED
    return json.loads(path.read_text(encoding="utf-8"))["fingerprint"] if path.is_file() else None


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoint folders of a model, the newest first."""
    found = [path for path in folder.glob("checkpoint-*") if path.name.removeprefix("checkpoint-").isdigit()]
    return sorted(found, key=lambda path: -int(path.name.removeprefix("checkpoint-")))


def remove_checkpoints(folder: Path) -> None:
    """Remove what only resuming needs."""
    for path in checkpoints(folder):
        shutil.rmtree(path)
    (folder / UNFINISHED).unlink(missing_ok=True)


def mark_whole(checkpoint: Path) -> None:
    """Record that a checkpoint has been written to its end, with the digests of its files."""
    write_json(checkpoint / _WHOLE, _digests(checkpoint))


def last_whole_checkpoint(folder: Path, state: "PartialState") -> Path | None:
    """The newest checkpoint that is as it was written; broken ones are named in a warning and removed.

    All processes have to call this: the first looks, the others wait for it.
    """
    if state.is_main_process:
        _remove_broken(folder)
    state.wait_for_everyone()
    return next(iter(checkpoints(folder)), None)


def _remove_broken(folder: Path) -> None:
    """Remove the newest checkpoints up to one that is whole."""
    for checkpoint in checkpoints(folder):
        fault = _fault(checkpoint)
        if fault is None:
            return
        logger.warning("%s is not whole (%s): it is removed, and the one before is used", checkpoint, fault)
        shutil.rmtree(checkpoint)


def _fault(checkpoint: Path) -> str | None:
    mark = checkpoint / _WHOLE
    if not mark.is_file():
        return "its writing was interrupted"
    written, found = json.loads(mark.read_text(encoding="utf-8")), _digests(checkpoint)
    for name in written:
        if found.get(name) != written[name]:
            return f"{name} is {'damaged' if name in found else 'missing'}"
    return None


def _digests(checkpoint: Path) -> dict[str, str]:
    files = sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.name != _WHOLE)
    return {str(path.relative_to(checkpoint)): digest_files([path]) for path in files}
