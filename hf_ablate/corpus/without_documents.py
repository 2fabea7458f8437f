"""A corpus whose documents are elsewhere: the names of its units and their fields, evaluation text and a tokenizer.

Later stages find in it all that they need of units whose models are there already; nothing can be trained on it.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..manifest import digest, digest_files, find_manifest, fingerprint, is_finished, remove_manifest, write_manifest
from ..run_folder import RunFolder
from ..saved_tokenizer import vocab_size_of
from .description import WITHOUT_DOCUMENTS
from .tokenizers import tokenizer_digest


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


@dataclass(frozen=True)
class NamedUnits:
    """Units by their names alone.

    Args:
        fields (`Mapping[str, Mapping[str, str]]`): unit → its fields, in the order of the units.
        block_size (`int`): tokens in a block of what their models were trained on.
        text (`Path`, *optional*): the folder of evaluation sources, `<source>/<split>/*.jsonl.gz`.
    """

    fields: Mapping[str, Mapping[str, str]]
    block_size: int
    text: Path | None = None


def is_without_documents(corpus: Path) -> bool:
    """Whether a corpus folder holds no documents."""
    return (find_manifest(corpus) or {}).get("command") == WITHOUT_DOCUMENTS


def text_files(folder: Path) -> list[Path]:
    """The files of evaluation sources in a folder, `<source>/<split>/*.jsonl`, plain or compressed."""
    return sorted(folder.glob("*/*/*.jsonl*"))


def write_without_documents(folder: RunFolder, units: NamedUnits, tokenizer: "PreTrainedTokenizerFast") -> None:
    """Write the corpus of a run folder; does nothing when it is there already.

    Args:
        folder (`RunFolder`): the run folder; without a corpus that has documents.
        units ([`NamedUnits`]): what is known of its units.
        tokenizer (`PreTrainedTokenizerFast`): of the models.

    Raises:
        `InputError`: if the corpus that is there has units which these lack.
    """
    files = text_files(units.text) if units.text else []
    fields = {name: dict(values) for name, values in units.fields.items()}
    settings = {"units": fields, "block_size": units.block_size}
    inputs = {"tokenizer": tokenizer_digest(tokenizer), "text": digest_files(files)}
    if is_finished(folder.corpus, fingerprint(WITHOUT_DOCUMENTS, settings, inputs)):
        return
    _check_units_stay(folder, list(fields))
    remove_manifest(folder.corpus)
    for place in (folder.eval, folder.tokenizer):
        shutil.rmtree(place, ignore_errors=True)
    for path in files:
        copy = folder.eval / path.relative_to(units.text)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    tokenizer.save_pretrained(folder.tokenizer)
    empty = {"digest": "", "blocks": 0, "tokens": 0, "validation_blocks": 0, "test_blocks": 0}
    contents = {
        "units": {name: dict(empty) for name in fields},
        "seed": None,
        "tokenizer": {"digest": inputs["tokenizer"], "vocab_size": vocab_size_of(tokenizer)},
        "block_size": units.block_size,
        "eval": _text_entries(units.text, files),
    }
    contents["digest"] = digest([contents, settings])
    contents["groups"] = {name: {"fields": values} for name, values in fields.items()}
    write_manifest(folder.corpus, WITHOUT_DOCUMENTS, settings, inputs, **contents)


def _check_units_stay(folder: RunFolder, names: list[str]) -> None:
    gone = [name for name in (find_manifest(folder.corpus) or {"units": ()})["units"] if name not in names]
    if gone:
        raise InputError(
            f"{folder.path} has models of other units too: {', '.join(gone)}; name all of its units, or adopt into "
            "another run folder"
        )


def _text_entries(text: Path | None, files: list[Path]) -> dict[str, dict[str, Any]]:
    """Source → split → what is there: as its own corpus records it, or the digest of its files."""
    if text is None:
        return {}
    recorded = (find_manifest(text.parent) or {}).get("eval", {})
    entries: dict[str, dict[str, Any]] = {}
    for path in files:
        source, split = path.relative_to(text).parts[:2]
        if split not in entries.setdefault(source, {}):
            same = [other for other in files if other.parent == path.parent]
            own = recorded.get(source, {}).get(split)
            entries[source][split] = own or {"digest": digest_files(same), "domains": {}}
    return entries
