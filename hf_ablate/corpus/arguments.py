"""The arguments of `hf-ablate partition`."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from ..arguments import ModelStageArguments
from ..errors import InputError
from ..executor_arguments import ExecutorArguments
from .collection_arguments import CollectionArguments, NamedCollection
from .names import check_names, is_pattern
from .rules.naming import NamingRules


@dataclass
class PartitionArguments(CollectionArguments, ExecutorArguments, ModelStageArguments):
    """Where the documents are, what the partitions are, and how large base units and evaluation splits are."""

    places: ClassVar[tuple[str, ...]] = ("roots", "decontaminate_against", "tokenizer")

    collections: list[dict] = field(
        default_factory=list,
        metadata={
            "help": "Several collections of documents, each with a layout of its own: {name: NAME, source: …, roots: "
            "[…], …, partition_by: […], split_field: …, units: […]}. What a collection leaves out is as the recipe "
            "has it for all."
        },
    )
    value_map: dict = field(
        default_factory=dict,
        metadata={
            "help": "Other names for values: {FIELD: {VALUE: NAME}}; other values keep theirs. The value null means "
            "documents without the field; the name null leaves documents out."
        },
    )
    value_regex: dict = field(
        default_factory=dict,
        metadata={
            "help": "Names for values by regular expression, the first that matches: {FIELD: {REGEX: NAME}}; \\1 in "
            "a name is what its first group matched. Documents with other values are left out."
        },
    )
    bins: dict = field(
        default_factory=dict,
        metadata={
            "help": "Ranges of numbers or years: {FIELD: [1990, 2000]} (edges: up to 1989, 1990-1999, from 2000), "
            "{FIELD: [1990-1999, 2000-2004]} (inclusive; other values are left out) or {FIELD: auto} (cut so that "
            "each bin holds about `bin_tokens`, by the given `tokenizer` or else at 4 bytes a token)."
        },
    )
    bin_tokens: int | None = field(
        default=None, metadata={"help": "The tokens that automatic `bins` are cut for. Default: `unit_tokens`."}
    )
    slices: int | None = field(
        default=None,
        metadata={
            "help": "The number of about equal slices, cut at random as a control: `slice` is then a field to "
            "partition by. Units have the group parent=PARTITION: all slices of one partition."
        },
    )
    seed_partitions: list[str] = field(
        default_factory=list, metadata={"help": "The partitions that the seed model is trained on."}
    )
    eval_partitions: list[str] = field(
        default_factory=list, metadata={"help": "The partitions that are only evaluated on (source out_of_domain)."}
    )
    eval_source_by: str | None = field(
        default=None,
        metadata={
            "help": "One of `partition_by`: names the source of evaluation-only partitions; the rest, the domain."
        },
    )

    unit_tokens: int | Literal["all"] | None = field(
        default=None,
        metadata={
            "help": "The token budget of every unit. all: units are whole partitions, each of its own size; training "
            "then repeats the smaller ones up to its own budget (`component_tokens`). Default: the size of the "
            "smallest."
        },
    )
    seed_tokens: int | None = field(
        default=None, metadata={"help": "The most tokens of the seed's text. Default: all."}
    )
    min_tokens: int = field(
        default=0, metadata={"help": "The fewest unique tokens that a unit needs. Default: one block."}
    )
    max_epochs: float = field(
        default=4.0,
        metadata={
            "help": "The most epochs of a unit that is smaller than the budget. With `unit_tokens: all`, nothing is "
            "repeated here, and it limits nothing."
        },
    )
    match_epochs_of: int | None = field(
        default=None,
        metadata={
            "help": "The tokens of the final training run that the study is for: each unit is cut so that the study "
            "repeats it as often as that run does with equal shares of all units. Default: nothing is repeated that "
            "need not be."
        },
    )
    on_small_unit: Literal["fail", "drop"] = field(
        default="fail", metadata={"help": "What to do with a unit that has too few tokens."}
    )
    block_size: int = field(default=2048, metadata={"help": "The length of a block in tokens."})

    tokenizer: str | None = field(
        default=None, metadata={"help": "Folder or Hub id. Default: train a byte-level BPE on the training documents."}
    )
    vocab_size: int = field(default=32_000, metadata={"help": "The vocabulary of the tokenizer that is trained."})
    document_start: Literal["auto", "bos", "none"] = field(
        default="auto",
        metadata={
            "help": "What is put before each document in token blocks, besides the EOS token after it. auto: the BOS "
            "token if the tokenizer itself puts it before a text, as those of Llama and Gemma do."
        },
    )
    tokenizer_bytes: int = field(
        default=50_000_000, metadata={"help": "The most text that the tokenizer is trained on, in bytes."}
    )

    val_fraction: float = field(default=0.01, metadata={"help": "The share of documents held out for validation."})
    test_fraction: float = field(default=0.01, metadata={"help": "The share of documents held out for test."})
    eval_bytes: int | None = field(
        default=None,
        metadata={"help": "The most text of each domain and split of evaluation data, in bytes, approximately."},
    )

    keep_duplicates: bool = field(
        default=False,
        metadata={"help": "Keep exact duplicates: for evaluation sets that must stay as they are."},
    )
    decontaminate_against: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Evaluation sets that no training document may overlap with: folders in PALOMA's layout, jsonl "
            "files, URLs of these, and `held_out` for the corpus's own val and test documents."
        },
    )
    decontaminate_by: Literal["ngrams", "paragraphs"] = field(
        default="ngrams",
        metadata={
            "help": "ngrams: a document that shares `ngram_size` words in a row is removed. paragraphs (PALOMA's "
            "rule): one that shares a line of at least `ngram_size` words."
        },
    )
    ngram_size: int = field(default=13, metadata={"help": "How many words in a row count as overlap."})
    filter_bytes: int = field(
        default=1 << 29, metadata={"help": "The most memory for what the evaluation sets contain (a Bloom filter)."}
    )

    random_seed: int = field(default=0, metadata={"help": "The seed of the stable hashes of document ids."})
    num_proc: int = field(
        default=1,
        metadata={
            "help": "executor local: the number of processes. It does not change the result. A Ray cluster does as "
            "many tasks at once as it has processor cores."
        },
    )

    def __post_init__(self) -> None:
        self.run_dir = Path(self.run_dir)
        self.check_executor()
        if self.collections:
            for name in ("roots", "units"):
                if getattr(self, name) not in (None, []):
                    raise InputError(f"`{name}` goes into each of `collections`, not beside them")
            check_names([collection.name for collection in self.all_collections], kind="collection")
        else:
            self.check_collection()
        self._rules_of_all.check(self.tokens_of_bins)
        exact = [*(self.unit_names or []), *self.seed_partitions, *self.eval_partitions]
        check_names([name for name in exact if not is_pattern(name)])
        check_names([name for name in self.unit_names or [] if not is_pattern(name)], also_reserved=True)
        fields_of_sources = [each.partition_by for each in self.all_collections if len(each.partition_by) > 1]
        if self.eval_source_by and not any(self.eval_source_by in names for names in fields_of_sources):
            raise InputError(
                f"`eval_source_by` is {self.eval_source_by!r}; expected one of at least two fields in `partition_by`"
            )
        if not self.tokenizer and any(collection.source == "tokens" for collection in self.all_collections):
            raise InputError("`source: tokens` needs `tokenizer`: the one that the token ids were made with")
        if self.document_start == "bos" and not self.tokenizer:
            raise InputError("`document_start: bos` needs `tokenizer`: the one that is trained has no BOS token")
        self._check_numbers()

    @cached_property
    def all_collections(self) -> list[NamedCollection]:
        """The collections; of a recipe that does not list any, the one that it describes, without a name."""
        return [NamedCollection.of(given, self) for given in self.collections] or [NamedCollection.only(self)]

    @property
    def unit_names(self) -> list[str] | None:
        """The partitions that become base units, of all collections; `None` for all that are left.

        Raises:
            `InputError`: where some collections name units, and others do not.
        """
        given = [collection.units for collection in self.all_collections]
        if None in given:
            if missing := [each.name for each in self.all_collections if each.units is None and any(given)]:
                raise InputError(f"`units` are given, but not for collection {missing[0]!r}; name them, or give ['*']")
            return None
        names = [name for names in given for name in names]
        # several collections may share a pattern; a name that is there twice is a mistake, for `check_names` to find
        return [name for place, name in enumerate(names) if not is_pattern(name) or name not in names[:place]]

    @property
    def unit_budget(self) -> int | None:
        """The token budget of every unit, where the recipe gives one."""
        return None if self.unit_tokens == "all" else self.unit_tokens

    @property
    def tokens_of_bins(self) -> int | None:
        """What automatic bins are cut for, where the recipe says it."""
        return self.bin_tokens or self.unit_budget

    @property
    def rules(self) -> dict[str, NamingRules]:
        """Of each collection, by its name: how the fields of a document decide its partition and its split."""
        return {
            each.name: self._rules_of_all.of_fields(tuple(each.partition_by), each.split_field, each.fields)
            for each in self.all_collections
        }

    @property
    def _rules_of_all(self) -> NamingRules:
        """The rules as if all fields were of one collection."""
        partition_by = dict.fromkeys(name for each in self.all_collections for name in each.partition_by)
        split_fields = dict.fromkeys(each.split_field for each in self.all_collections if each.split_field)
        return NamingRules(
            partition_by=tuple(partition_by | split_fields), slices=self.slices,
            value_map=self.value_map, value_regex=self.value_regex, bins=self.bins,
        )  # fmt: skip

    def _check_numbers(self) -> None:
        positive = (
            "block_size", "vocab_size", "tokenizer_bytes", "num_proc", "max_epochs",
            "ngram_size", "filter_bytes",
        )  # fmt: skip
        for name in positive:
            if not getattr(self, name) > 0:
                raise InputError(f"`{name}` is {getattr(self, name)}; it must be positive")
        optional = {"unit_tokens": self.unit_budget, "seed_tokens": self.seed_tokens, "bin_tokens": self.bin_tokens}
        for name, value in (
            optional | {"eval_bytes": self.eval_bytes, "match_epochs_of": self.match_epochs_of}
        ).items():
            if value is not None and value <= 0:
                raise InputError(f"`{name}` is {value}; it must be positive, or left out")
        for name, value in optional.items():
            if value is not None and value < self.block_size:
                raise InputError(f"`{name}` is {value}: less than one block of {self.block_size} tokens")
        if self.match_epochs_of is not None and self.unit_tokens == "all":
            raise InputError("`match_epochs_of` cuts units within a budget: give `unit_tokens` as a number, not `all`")
        if self.match_epochs_of is not None and self.match_epochs_of < (self.unit_budget or 0):
            raise InputError(
                f"`match_epochs_of` is {self.match_epochs_of:,}, a final run of fewer tokens than one unit of the "
                f"study has (`unit_tokens` {self.unit_budget:,}); give the tokens of the final run"
            )
        if not (0 <= self.val_fraction and 0 <= self.test_fraction and self.val_fraction + self.test_fraction < 1):
            raise InputError("`val_fraction` and `test_fraction` must not be negative, and must add up to less than 1")
        if self.vocab_size < 257:
            raise InputError(f"`vocab_size` is {self.vocab_size}; a byte-level BPE needs at least 257 entries")
