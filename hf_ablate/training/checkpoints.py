"""Unfinished models: what they are being made from, and the last of their checkpoints that is complete."""

import json
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ..manifest import digest_files, remove_manifest, write_json


if TYPE_CHECKING:
    from accelerate import PartialState


logger = logging.getLogger(__name__)

UNFINISHED = "unfinished.json"
_COMPLETE = "whole.json"


def prepare_folder(folder: Path, fingerprint: str) -> None:
    """Prepare the folder of a model: what was made from something else is removed."""
    if folder.exists() and unfinished_fingerprint(folder) != fingerprint:
        remove_manifest(folder)  # first: a folder being removed must never look finished
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    remove_manifest(folder)
    write_json(folder / UNFINISHED, {"fingerprint": fingerprint})


def unfinished_fingerprint(folder: Path) -> str | None:
    """What an unfinished model is being made from."""
    path = folder / UNFINISHED
    return json.loads(path.read_text(encoding="utf-8"))["fingerprint"] if path.is_file() else None


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoint folders of a model, the newest first."""
    paths = [path for path in folder.glob("checkpoint-*") if path.name.removeprefix("checkpoint-").isdigit()]
    return sorted(paths, key=lambda path: -int(path.name.removeprefix("checkpoint-")))


def remove_checkpoints(folder: Path) -> None:
    """Remove what only resuming needs."""
    for path in checkpoints(folder):
        shutil.rmtree(path)
    (folder / UNFINISHED).unlink(missing_ok=True)


def mark_complete(checkpoint: Path) -> None:
    """Record that a checkpoint has been written completely, with the digests of its files."""
    write_json(checkpoint / _COMPLETE, _digests(checkpoint))


def last_complete_checkpoint(folder: Path, state: "PartialState") -> Path | None:
    """The newest checkpoint that is as it was written; damaged ones are reported in a warning and removed.

    All processes have to call this: the first checks, the others wait for it.
    """
    if state.is_main_process:
        _remove_damaged(folder)
    state.wait_for_everyone()
    return next(iter(checkpoints(folder)), None)


def _remove_damaged(folder: Path) -> None:
    """Remove the newest checkpoints until one is complete."""
    for checkpoint in checkpoints(folder):
        fault = _fault(checkpoint)
        if fault is None:
            return
        logger.warning("%s is not complete (%s): it is removed, and the one before is used", checkpoint, fault)
        shutil.rmtree(checkpoint)


def _fault(checkpoint: Path) -> str | None:
    record = checkpoint / _COMPLETE
    if not record.is_file():
        return "its writing was interrupted"
    written, present = json.loads(record.read_text(encoding="utf-8")), _digests(checkpoint)
    for name in written:
        if present.get(name) != written[name]:
            return f"{name} is {'damaged' if name in present else 'missing'}"
    return None


def _digests(checkpoint: Path) -> dict[str, str]:
    files = sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.name != _COMPLETE)
    return {str(path.relative_to(checkpoint)): digest_files([path]) for path in files}
