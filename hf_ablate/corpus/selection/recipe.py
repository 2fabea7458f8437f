"""What is collected, how documents are read, and what they are needed for."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..decontamination.evaluation_sets import Decontamination
from ..readers.document_format import DocumentFormat
from ..rules.naming import NamingRules
from ..splits import HeldOut
from .budgets import Budgets
from .index_task import ReadSettings
from .portions import Roles


@dataclass(frozen=True)
class TokenizerSettings:
    """The tokenizer.

    Args:
        given (`str | None`): folder or Hub id; `None` to train one.
        vocab_size (`int`): the vocabulary of one that is trained.
        train_bytes (`int`): the most text that it is trained on.
        document_start (`str`): what is put before a document, see [`start_token`].
    """

    given: str | None
    vocab_size: int
    train_bytes: int
    document_start: str = "auto"


@dataclass(frozen=True)
class Recipe:
    """What `collect` needs to know.

    Args:
        readings (`Mapping[str, ReadSettings]`): of each collection, how documents are read and sorted out.
        roles (`Roles`): what partitions are for.
        held_out (`HeldOut`): what is held out of training.
        budgets (`Budgets`): how much text is needed.
        tokenizer (`TokenizerSettings`): the tokenizer.
        bin_tokens (`int | None`): what automatic bins are cut for.
        decontamination (`Decontamination | None`): what training documents may not overlap with.
        keep_duplicates (`bool`): whether exact duplicates stay.
    """

    readings: Mapping[str, ReadSettings]
    roles: Roles
    held_out: HeldOut
    budgets: Budgets
    tokenizer: TokenizerSettings
    bin_tokens: int | None = None
    decontamination: Decontamination | None = None
    keep_duplicates: bool = False

    @property
    def rules(self) -> dict[str, NamingRules]:
        """Of each collection, what decides partitions and splits."""
        return {name: reading.rules for name, reading in self.readings.items()}

    @property
    def forms(self) -> dict[str, DocumentFormat]:
        """Of each collection, how documents are stored."""
        return {name: reading.form for name, reading in self.readings.items()}

    @property
    def is_known_by_name(self) -> bool:
        """Whether names and sizes of files alone say where documents belong."""
        return all(form.is_known_by_name for form in self.forms.values())
