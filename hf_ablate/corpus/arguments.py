"""The arguments of `hf-ablate partition`."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError
from .names import check_names


@dataclass
class PartitionArguments(StageArguments):
    """Where the documents are, what the partitions are, and how large base units and evaluation splits are."""

    source: Literal["files", "jsonl"] = field(
        default="files",
        metadata={"help": "files: every file is a document. jsonl: a document a line (.jsonl or .json, also .gz)."},
    )
    roots: list[str] = field(
        default_factory=list,
        metadata={"help": "Folders or files. `site-packages` and `stdlib` are those of the running Python."},
    )
    globs: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Which files, relative to a root or starting with its name, e.g. 'sympy/**/*.py'. All: '**'."
        },
    )
    exclude_globs: list[str] = field(default_factory=list, metadata={"help": "Which of these files to leave out."})
    path_regex: str | None = field(
        default=None,
        metadata={"help": "Regular expression for '<root name>/<path in root>'; its named groups become fields."},
    )
    text_field: str = field(default="text", metadata={"help": "The field that holds the text. Dots go into structs."})
    id_field: str | None = field(
        default="id", metadata={"help": "The field that identifies a document; where absent, file and row do."}
    )
    max_document_bytes: int = field(
        default=1_000_000, metadata={"help": "Longer documents are left out, and counted."}
    )
    on_bad_row: Literal["fail", "skip"] = field(
        default="fail", metadata={"help": "What to do with a document that cannot be read. Skipped ones are counted."}
    )

    partition_by: list[str] = field(
        default_factory=list, metadata={"help": "The fields whose values, joined by '_', name the partition."}
    )
    units: list[str] | None = field(
        default=None, metadata={"help": "The partitions that become base units. Default: all not named below."}
    )
    seed_partitions: list[str] = field(
        default_factory=list, metadata={"help": "The partitions that the seed model is trained on."}
    )
    eval_partitions: list[str] = field(
        default_factory=list, metadata={"help": "The partitions that are only evaluated on (source out_of_domain)."}
    )

    unit_tokens: int | None = field(
        default=None, metadata={"help": "The token budget of every unit. Default: the size of the smallest unit."}
    )
    seed_tokens: int | None = field(default=None, metadata={"help": "The most tokens for the seed. Default: all."})
    min_tokens: int = field(
        default=0, metadata={"help": "The fewest unique tokens that a unit needs. Default: one block."}
    )
    max_epochs: float = field(
        default=4.0, metadata={"help": "How often a unit smaller than the budget may be repeated to fill it."}
    )
    on_small_unit: Literal["fail", "drop"] = field(
        default="fail", metadata={"help": "What to do with a unit that has too few tokens."}
    )
    block_size: int = field(default=2048, metadata={"help": "The length of a block in tokens."})

    tokenizer: str | None = field(
        default=None, metadata={"help": "Folder or Hub id. Default: train a byte-level BPE on the training documents."}
    )
    vocab_size: int = field(default=32_000, metadata={"help": "The vocabulary of the tokenizer that is trained."})
    tokenizer_bytes: int = field(
        default=50_000_000, metadata={"help": "The most text that the tokenizer is trained on, in bytes."}
    )

    val_fraction: float = field(default=0.01, metadata={"help": "The share of documents held out for validation."})
    test_fraction: float = field(default=0.01, metadata={"help": "The share of documents held out for test."})
    eval_bytes: int | None = field(
        default=None, metadata={"help": "About how much text each domain and split of evaluation data has at most."}
    )

    random_seed: int = field(default=0, metadata={"help": "What the stable hashes of document ids start from."})
    num_proc: int = field(default=1, metadata={"help": "The number of processes. It does not change the result."})

    def __post_init__(self) -> None:
        self.run_dir = Path(self.run_dir)
        if not self.roots:
            raise InputError("`roots` is empty: name the folders, files or data sets that hold the documents")
        if not self.partition_by:
            raise InputError("`partition_by` is empty: name the fields that a partition is given by, e.g. [package]")
        self._check_regex()
        self._check_partitions()
        self._check_numbers()

    @property
    def needed_fields(self) -> list[str]:
        """The fields that decide where a document belongs."""
        return list(self.partition_by)

    def _check_regex(self) -> None:
        if self.path_regex is None:
            return
        try:
            groups = re.compile(self.path_regex).groupindex
        except re.error as error:
            raise InputError(f"`path_regex` {self.path_regex!r} is no regular expression: {error}") from error
        if not groups:
            raise InputError(f"`path_regex` {self.path_regex!r} has no named group, e.g. '(?P<package>[^/]+)/'")

    def _check_partitions(self) -> None:
        check_names([*(self.units or []), *self.seed_partitions, *self.eval_partitions])
        check_names(self.units or [], also_reserved=True)

    def _check_numbers(self) -> None:
        positive = ("max_document_bytes", "block_size", "vocab_size", "tokenizer_bytes", "num_proc", "max_epochs")
        for name in positive:
            if not getattr(self, name) > 0:
                raise InputError(f"`{name}` is {getattr(self, name)}; it must be positive")
        for name in ("unit_tokens", "seed_tokens", "eval_bytes"):
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise InputError(f"`{name}` is {getattr(self, name)}; it must be positive, or left out")
        for name in ("unit_tokens", "seed_tokens"):
            if getattr(self, name) is not None and getattr(self, name) < self.block_size:
                raise InputError(f"`{name}` is {getattr(self, name)}: less than one block of {self.block_size} tokens")
        if not (0 <= self.val_fraction and 0 <= self.test_fraction and self.val_fraction + self.test_fraction < 1):
            raise InputError("`val_fraction` and `test_fraction` must not be negative, and must add up to less than 1")
        if self.vocab_size < 257:
            raise InputError(f"`vocab_size` is {self.vocab_size}; a byte-level BPE needs at least 257 entries")
