"""The arguments of a collection of documents: where they are, what their fields mean, and what partitions them.

A recipe describes one collection by its own keys, or several with layouts of their own in `collections`.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from ..arguments import make_parser, option_names, parse
from ..errors import InputError, unknown_name
from ..recipe import option_tokens


@dataclass
class CollectionArguments:
    """Where documents are, what their fields mean, and which of the fields partition them."""

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
        metadata={
            "help": "The configs of the data sets, also as patterns; `config` is a field. Default: the only one; '*': "
            "all."
        },
    )
    exclude_hub_configs: list[str] = field(
        default_factory=list, metadata={"help": "Which of these configs to leave out, by name or pattern."}
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

    partition_by: list[str] = field(
        default_factory=list,
        metadata={"help": "The fields whose values, joined by '_', name the partition, the coarsest first."},
    )
    split_field: str | None = field(
        default=None,
        metadata={"help": "The field that gives train, val or test. Default: by a hash of the document id."},
    )
    units: list[str] | None = field(
        default=None,
        metadata={"help": "The partitions that become base units; 'cs_*' takes all that match. Default: the rest."},
    )

    def check_collection(self) -> None:
        """Refuse what makes no sense together.

        Raises:
            `InputError`: names the arguments, and what was expected.
        """
        if not self.roots:
            raise InputError("`roots` is empty: name the folders, files or data sets with the documents")
        if not self.partition_by:
            raise InputError("`partition_by` is empty: name the fields whose values make a partition, e.g. [package]")
        if self.max_document_bytes <= 0:
            raise InputError(f"`max_document_bytes` is {self.max_document_bytes}; it must be positive")
        for name, where in self.fields.items():
            if not isinstance(where, str):
                raise InputError(
                    f"`fields` has {where!r} for {name!r}; expected the place of the field, such as metadata.year"
                )
        of_hub = (self.hub_configs, self.exclude_hub_configs, self.hub_splits, self.hub_revision, self.streaming)
        if self.source != "hub" and any(of_hub):
            raise InputError(
                "`hub_configs`, `exclude_hub_configs`, `hub_splits`, `hub_revision` and `streaming` go with `source: "
                "hub`. A revision of files on the Hub is part of their URL: hf://datasets/ORG/NAME@REVISION"
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


@dataclass
class NamedCollection(CollectionArguments):
    """One of several collections; without a name, the only one of a recipe."""

    name: str = field(default="", metadata={"help": "What the collection is called: units get the group source=NAME."})

    @classmethod
    def only(cls, arguments: CollectionArguments) -> "NamedCollection":
        """The collection that a recipe describes by its own keys, without a name."""
        return cls(**{each.name: getattr(arguments, each.name) for each in dataclasses.fields(CollectionArguments)})

    @classmethod
    def of(cls, given: Mapping[str, Any], common: CollectionArguments) -> "NamedCollection":
        """A collection from an entry of `collections`.

        Args:
            given (`Mapping[str, Any]`): its arguments, and `name`.
            common ([`CollectionArguments`]): what it leaves out.

        Raises:
            `InputError`: for an unknown or missing key, a value of another type, and what makes no sense together.
        """
        parser = _parser()
        for key in given:
            if key not in option_names(parser):
                raise unknown_name("key of a collection", str(key), option_names(parser))
        tokens = [token for key, value in given.items() if value is not None
                  for token in option_tokens(str(key), value, parser)]  # fmt: skip
        own = parse(parser, tokens, dict, origin="`collections`")
        collection = dataclasses.replace(
            cls.only(common), **{key: own[key] for key in given if given[key] is not None}
        )
        if not collection.name:
            raise InputError("an entry of `collections` has no `name`, which its units' group source=NAME is made of")
        try:
            collection.check_collection()
        except InputError as error:
            raise InputError(f"collection {collection.name!r}: {error}") from error
        return collection


@cache
def _parser():
    return make_parser(NamedCollection, "hf-ablate partition", "One of several collections.")


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
