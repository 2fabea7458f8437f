"""From the arguments to the values that each step takes."""

from dataclasses import replace

from ..errors import InputError
from .arguments import PartitionArguments
from .collection_arguments import NamedCollection
from .decontamination.evaluation_sets import Decontamination
from .decontamination.overlap import OverlapRule
from .inputs.input_file import InputFile
from .inputs.list_files import list_files
from .output.units import UnitSize
from .readers.document_format import DocumentFormat
from .selection.budgets import Budgets
from .selection.index_task import ReadSettings
from .selection.portions import Roles
from .selection.recipe import Recipe, TokenizerSettings
from .splits import HeldOut


def input_files(arguments: PartitionArguments) -> list[InputFile]:
    """The files, or parts of data sets, to read. A dry run streams data sets, so that nothing is downloaded.

    Raises:
        `InputError`: for a root or data set that does not exist, for globs that match nothing, and for a file in two
            collections.
    """
    files: dict[str, InputFile] = {}
    for collection in arguments.all_collections:
        for file in files_of(collection, arguments.dry_run):
            if file.name in files:
                raise InputError(
                    f"{file.name} is in two collections, {files[file.name].collection!r} and {collection.name!r}; "
                    "choose the files of each by `globs`, or rename one of the roots"
                )
            files[file.name] = file
    return list(files.values())


def files_of(collection: NamedCollection, dry_run: bool = False) -> list[InputFile]:
    """The files, or parts of data sets, of one collection.

    Args:
        collection ([`NamedCollection`]): where they are.
        dry_run (`bool`): stream data sets.

    Raises:
        `InputError`: as above.
    """
    if collection.source == "hub":
        from .inputs.data_sets import list_data_sets

        files = list_data_sets(
            collection.roots, collection.hub_configs, collection.exclude_hub_configs, collection.hub_splits,
            collection.hub_revision, streaming=collection.streaming or dry_run,
        )  # fmt: skip
    else:
        files = list_files(
            collection.source, collection.roots, collection.globs, collection.exclude_globs, collection.path_regex
        )
    return [replace(file, collection=collection.name) for file in files] if collection.name else files


def recipe_of(arguments: PartitionArguments) -> Recipe:
    """What is collected."""
    return Recipe(
        readings={each.name: _reading(each, arguments) for each in arguments.all_collections},
        roles=Roles(arguments.unit_names, arguments.seed_partitions, arguments.eval_partitions),
        held_out=HeldOut(
            arguments.val_fraction,
            arguments.test_fraction,
            by_field=any(each.split_field is not None for each in arguments.all_collections),
        ),  # fmt: skip
        budgets=Budgets(arguments.unit_budget, arguments.seed_tokens, arguments.eval_bytes),
        tokenizer=TokenizerSettings(
            arguments.tokenizer, arguments.vocab_size, arguments.tokenizer_bytes, arguments.document_start
        ),
        bin_tokens=arguments.tokens_of_bins,
        decontamination=_decontamination(arguments),
        keep_duplicates=arguments.keep_duplicates,
    )


def _reading(collection: NamedCollection, arguments: PartitionArguments) -> ReadSettings:
    rules = arguments.rules[collection.name]
    form = DocumentFormat(
        kind=collection.source,
        text_field=collection.text_field,
        id_field=collection.id_field,
        partition_fields=rules.fields,
        places=collection.fields,
        streaming=collection.streaming,
        text_regex=collection.text_regex,
        token_dtype=collection.token_dtype,
        tokenizer=arguments.tokenizer,
    )
    measures_rate = rules.has_automatic_bins and collection.source != "tokens"
    return ReadSettings(
        form=form,
        rules=rules,
        random_seed=arguments.random_seed,
        max_document_bytes=collection.max_document_bytes,
        on_bad_row=collection.on_bad_row,
        rate_tokenizer=arguments.tokenizer if measures_rate else None,
    )


def _decontamination(arguments: PartitionArguments) -> Decontamination | None:
    if not arguments.decontaminate_against:
        return None
    rule = OverlapRule(arguments.decontaminate_by, arguments.ngram_size)
    return Decontamination(tuple(arguments.decontaminate_against), rule, arguments.filter_bytes)


def unit_size(arguments: PartitionArguments) -> UnitSize:
    """How large base units are."""
    return UnitSize(
        tokens=arguments.unit_budget,
        are_whole=arguments.unit_tokens == "all",
        block_size=arguments.block_size,
        min_tokens=arguments.min_tokens,
        max_epochs=arguments.max_epochs,
        on_small=arguments.on_small_unit,
        final_tokens=arguments.match_epochs_of,
    )
