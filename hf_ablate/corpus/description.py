"""What later stages need to know of a corpus: read from a finished one, or planned from its recipe alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..manifest import find_manifest, read_manifest
from ..run_folder import RunFolder
from .arguments import PartitionArguments
from .names import is_pattern
from .rules.slices import groups_of


WITHOUT_DOCUMENTS = "adopt"  # the command that makes a corpus of names alone, see `without_documents`


@dataclass(frozen=True)
class TrainingText:
    """The token blocks of a base unit, or of the seed's text.

    Args:
        blocks (`int | None`): how many blocks, repeated ones included; `None` where a recipe leaves it open.
        digest (`str`): of the token ids; empty before the corpus is made.
        available_tokens (`int | None`): tokens of the whole partition, before it was cut to the budget; estimated from
            bytes where no more was tokenised than is needed.
        fields (`Mapping[str, str]`): field of `partition_by` → its value, for a unit.
        roots (`tuple[str, ...]`): names of the roots that its documents were read from, for a unit.
    """

    blocks: int | None
    digest: str = ""
    available_tokens: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    roots: tuple[str, ...] = ()


@dataclass(frozen=True)
class CorpusDescription:
    """A corpus as later stages see it.

    Args:
        units (`Mapping[str, TrainingText]`): the base units in order. Unless `units_are_final`, those that a recipe
            names: some may be dropped, others may join.
        seed (`TrainingText | None`): what the seed is trained on; `None` if the corpus has no text for it.
        block_size (`int`): tokens in a block.
        vocab_size (`int | None`): entries of the tokenizer; `None` where a planned corpus is given a tokenizer.
        tokenizer_digest (`str`): of the tokenizer; empty before the corpus is made.
        document_start (`str | None`): the BOS token, where one is before each document in the blocks.
        evaluation (`Mapping[str, Mapping[str, str]]`): evaluation source → split (`val`, `test`) → digest of its text.
        unit_blocks (`int | None`): the budget of every unit in blocks; `None` where a recipe leaves it open.
        units_are_final (`bool`): whether `units` are exactly the units; before a corpus is made, patterns, the default
            (all partitions) and `on_small_unit: drop` leave this open.
    """

    units: Mapping[str, TrainingText]
    seed: TrainingText | None
    block_size: int
    vocab_size: int | None
    tokenizer_digest: str = ""
    document_start: str | None = None
    evaluation: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unit_blocks: int | None = None
    units_are_final: bool = True

    @property
    def groups_are_known(self) -> bool:
        """Whether it is known of every unit which fields it has, and where it is from."""
        return all(text.fields and text.roots for text in self.units.values())

    @classmethod
    def read(cls, run_dir: Path) -> "CorpusDescription":
        """The finished corpus of a run folder.

        Raises:
            `InputError`: if it is not finished.
        """
        return cls.of_manifest(read_manifest(RunFolder(run_dir).corpus))

    @classmethod
    def find(cls, folder: Path) -> "CorpusDescription | None":
        """The finished corpus in a corpus folder, wherever it was moved; `None` if the folder is not one."""
        manifest = find_manifest(folder)
        is_corpus = manifest is not None and manifest.get("command") in ("partition", WITHOUT_DOCUMENTS)
        return cls.of_manifest(manifest) if is_corpus else None

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> "CorpusDescription":
        """The corpus that a manifest describes, written by this or an earlier version."""
        size, origins = manifest["block_size"], manifest.get("groups", {})
        units = {name: _read_text(entry, size, origins.get(name)) for name, entry in manifest["units"].items()}
        return cls(
            units=units,
            seed=_read_text(manifest["seed"], size) if manifest["seed"] else None,
            block_size=size,
            vocab_size=manifest["tokenizer"]["vocab_size"],
            tokenizer_digest=manifest["tokenizer"]["digest"],
            document_start=manifest["tokenizer"].get("document_start"),
            evaluation={
                source: {split: entry["digest"] for split, entry in splits.items()}
                for source, splits in manifest.get("eval", {}).items()
            },
            unit_blocks=max((text.blocks for text in units.values()), default=None),
        )

    @classmethod
    def planned(cls, recipe: PartitionArguments) -> "CorpusDescription":
        """The corpus that a recipe will make, as far as the recipe alone decides it; no file is opened."""
        names = recipe.unit_names or []
        unit = TrainingText(_blocks(recipe.unit_budget, recipe.block_size))
        return cls(
            units={
                name: replace(
                    unit,
                    fields=_fields_in(name, collection.partition_by),
                    roots=(collection.name,) if collection.name else (),
                )
                for collection in recipe.all_collections
                for name in collection.units or []
                if not is_pattern(name)
            },
            seed=TrainingText(_blocks(recipe.seed_tokens, recipe.block_size)) if recipe.seed_partitions else None,
            block_size=recipe.block_size,
            vocab_size=None if recipe.tokenizer else recipe.vocab_size,
            unit_blocks=unit.blocks,
            units_are_final=(
                recipe.unit_names is not None and recipe.on_small_unit == "fail" and not any(map(is_pattern, names))
            ),
        )


def _read_text(entry: Mapping[str, Any], block_size: int, origin: Mapping[str, Any] | None = None) -> TrainingText:
    origin = origin or {}
    return TrainingText(
        blocks=entry["tokens"] // block_size,
        digest=entry["digest"],
        available_tokens=entry.get("available_tokens"),
        fields=origin.get("fields", {}),
        roots=tuple(origin.get("source", ())),
    )


def _fields_in(name: str, fields: list[str]) -> dict[str, str]:
    """The values that make a partition's name, where it has exactly as many parts as there are fields."""
    values = name.split("_") if len(fields) > 1 else [name]
    return groups_of(dict(zip(fields, values, strict=True))) if len(values) == len(fields) else {}


def _blocks(tokens: int | None, block_size: int) -> int | None:
    return None if tokens is None else tokens // block_size
