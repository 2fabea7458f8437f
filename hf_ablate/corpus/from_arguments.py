"""From the arguments to the values that each step takes."""

from .arguments import PartitionArguments
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
        `InputError`: for a root or data set that does not exist, and for globs that match nothing.
    """
    if arguments.source == "hub":
        from .inputs.data_sets import list_data_sets

        return list_data_sets(
            arguments.roots, arguments.hub_configs, arguments.hub_splits, arguments.hub_revision,
            streaming=arguments.streaming or arguments.dry_run,
        )  # fmt: skip
    return list_files(
        arguments.source, arguments.roots, arguments.globs, arguments.exclude_globs, arguments.path_regex
    )


def recipe_of(arguments: PartitionArguments) -> Recipe:
    """What is collected."""
    return Recipe(
        reading=_reading(arguments),
        roles=Roles(arguments.units, arguments.seed_partitions, arguments.eval_partitions),
        held_out=HeldOut(arguments.val_fraction, arguments.test_fraction, arguments.split_field is not None),
        budgets=Budgets(arguments.unit_budget, arguments.seed_tokens, arguments.eval_bytes),
        tokenizer=TokenizerSettings(
            arguments.tokenizer, arguments.vocab_size, arguments.tokenizer_bytes, arguments.document_start
        ),
        bin_tokens=arguments.tokens_of_bins,
        decontamination=_decontamination(arguments),
        keep_duplicates=arguments.keep_duplicates,
    )


def _reading(arguments: PartitionArguments) -> ReadSettings:
    rules = arguments.rules
    form = DocumentFormat(
        kind=arguments.source,
        text_field=arguments.text_field,
        id_field=arguments.id_field,
        partition_fields=rules.fields,
        places=arguments.fields,
        streaming=arguments.streaming,
        text_regex=arguments.text_regex,
        token_dtype=arguments.token_dtype,
        tokenizer=arguments.tokenizer,
    )
    measures_rate = rules.has_automatic_bins and arguments.source != "tokens"
    return ReadSettings(
        form=form,
        rules=rules,
        random_seed=arguments.random_seed,
        max_document_bytes=arguments.max_document_bytes,
        on_bad_row=arguments.on_bad_row,
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
