"""The arguments for where documents are and what their fields mean."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from ..arguments import ModelStageArguments
from ..errors import InputError


@dataclass
class DocumentArguments(ModelStageArguments):
    """Where the documents are, and what their fields mean."""

    places: ClassVar[tuple[str, ...]] = ("roots", "decontaminate_against", "tokenizer")

    source: Literal["files", "jsonl", "parquet", "hub", "tokens"] = field(
        default="files",
        metadata={
            "help": "files: every file is a document. jsonl: a document a line, also as gzip, Zstandard, xz or bzip2. "
            "parquet: a document a row. hub: data sets, through `datasets`. tokens: .npy files of token ids, with "
            "end-of-text between documents. What lies beside the data (README.md, _SUCCESS, hidden files) is not "
            "read, but named."
        },
    )
    roots: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Folders or files, also as URLs (hf://datasets/ORG/NAME, s3://BUCKET/FOLDER); for `source: hub`, "
            "ids of data sets. `site-packages` and `stdlib` are those of the running Python."
        },
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
    hub_configs: list[str] = field(
        default_factory=list,
        metadata={"help": "The configs of the data sets; `config` is a field. Default: the only one; '*': all."},
    )
    hub_splits: list[str] = field(
        default_factory=list, metadata={"help": "The splits of the data sets; `split` is a field. Default: all."}
    )
    hub_revision: str | None = field(default=None, metadata={"help": "Branch, tag or commit of the data sets."})
    streaming: bool = field(
        default=False, metadata={"help": "Read the data sets over the network, without a copy on the disk."}
    )
    token_dtype: Literal["uint16", "uint32"] = field(
        default="uint16", metadata={"help": "The type of the token ids in .npy files without a header."}
    )
    text_field: str = field(default="text", metadata={"help": "The field with the text; a dot reaches into a struct."})
    id_field: str | None = field(
        default="id", metadata={"help": "The field that identifies a document; where absent, file and row do."}
    )
    fields: dict = field(
        default_factory=dict,
        metadata={
            "help": "Fields of other names or inside structs and lists, e.g. {year: metadata.year, area: areas.0}."
        },
    )
    text_regex: str | None = field(
        default=None,
        metadata={
            "help": "Regular expression that is looked for in the first 2,000 characters of a document; its named "
            "groups become fields, e.g. 'Copyright (?P<year>[0-9]{4})'."
        },
    )
    max_document_bytes: int = field(default=1_000_000, metadata={"help": "Longer documents are left out and counted."})
    on_bad_row: Literal["fail", "skip"] = field(
        default="fail", metadata={"help": "What to do with a document that cannot be read. Skipped ones are counted."}
    )

    def __post_init__(self) -> None:
        self.run_dir = Path(self.run_dir)
        if not self.roots:
            raise InputError("`roots` is empty: name the folders, files or data sets with the documents")
        for name, where in self.fields.items():
            if not isinstance(where, str):
                raise InputError(
                    f"`fields` has {where!r} for {name!r}; expected the place of the field, such as metadata.year"
                )
        if self.source != "hub" and (self.hub_configs or self.hub_splits or self.hub_revision or self.streaming):
            raise InputError(
                "`hub_configs`, `hub_splits`, `hub_revision` and `streaming` go with `source: hub`. A revision of "
                "files on the Hub is part of their URL: hf://datasets/ORG/NAME@REVISION"
            )
        if self.source == "hub" and (self.globs or self.exclude_globs or self.path_regex):
            raise InputError(
                "`globs`, `exclude_globs` and `path_regex` are for files; with `source: hub`, choose by `hub_configs` "
                "and `hub_splits`, or read the files by their URL: hf://datasets/ORG/NAME"
            )
        if self.text_regex and self.source == "tokens":
            raise InputError("`text_regex` looks into text, and `source: tokens` has none; use `path_regex`")
        in_path = _named_groups("path_regex", self.path_regex, "(?P<package>[^/]+)/")
        in_text = _named_groups("text_regex", self.text_regex, "Copyright (?P<year>[0-9]{4})")
        if both := sorted(in_path & in_text):
            raise InputError(
                f"`path_regex` and `text_regex` both give the field {both[0]!r}; rename one of the groups"
            )


def _named_groups(option: str, regex: str | None, example: str) -> set[str]:
    """The named groups of a regular expression.

    Raises:
        `InputError`: if it is not valid or has none.
    """
    if regex is None:
        return set()
    try:
        groups = re.compile(regex).groupindex
    except re.error as error:
        raise InputError(f"`{option}` {regex!r} is not a valid regular expression: {error}") from error
    if not groups:
        raise InputError(f"`{option}` {regex!r} has no named group, e.g. {example!r}")
    return set(groups)
