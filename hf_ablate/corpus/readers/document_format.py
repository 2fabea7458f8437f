"""How documents are stored: in what kind of file, and which of their fields hold what."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DocumentFormat:
    """How documents are stored.

    Args:
        kind (`str`): `files`, `jsonl`, `parquet`, `hub` or `tokens`.
        text_field (`str`): the field that holds the text.
        id_field (`str | None`): the field that identifies a document; without one, file and row do.
        partition_fields (`tuple[str, ...]`): the fields that decide where a document belongs.
        places (`Mapping[str, str]`): field → where it is in a row, if not under its own name: `metadata.year`.
        streaming (`bool`): data sets are read over the network, without a copy on the disk.
        text_regex (`str | None`): what is looked for in texts; its named groups become fields.
        token_dtype (`str`): the type of token ids in .npy files without a header.
        tokenizer (`str | None`): folder or Hub id of the tokenizer that token ids were made with.
    """

    kind: str
    text_field: str = "text"
    id_field: str | None = "id"
    partition_fields: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    streaming: bool = False
    text_regex: str | None = None
    token_dtype: str = "uint16"
    tokenizer: str | None = None

    @property
    def is_known_by_name(self) -> bool:
        """Whether the name and size of a file say where its document belongs, so that it need not be read for that."""
        return self.kind == "files" and self.text_regex is None

    def needed_columns(self, columns: list[str]) -> list[str]:
        """Those of the columns that hold the text, the id and the fields that partitions depend on."""
        places = [self.text_field, self.id_field or ""]
        places += [self.places.get(name, name) for name in self.partition_fields]
        return [column for column in columns if any(column in (place, place.split(".")[0]) for place in places)]

    def has_text(self, columns: list[str]) -> bool:
        """Whether one of the columns holds the text."""
        return self.text_field in columns or self.text_field.split(".")[0] in columns
