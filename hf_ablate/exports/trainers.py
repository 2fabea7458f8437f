"""Exports for trainers that read tokens which their own tools have made: nanotron, OLMo-core, Megatron-LM, Mosaic."""

import math

from .export_input import ExportInput, yaml_text
from .template import Each, ExportFormat
from .unit_text import UnitText


def nanotron_format(given: ExportInput) -> ExportFormat:
    """The data stage of a nanotron configuration, with `dataset_weights`.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    template = (
        "data_stages:\n- name: mixture\n  start_training_step: 1\n  data:\n    dataset:\n      dataset_folder:\n",
        Each("      - <<path>>\n"),
        "      dataset_weights:\n",
        Each("      - <<weight>>\n"),
        f"    num_loading_workers: 1\n    seed: {given.options.random_seed}\n",
    )
    return ExportFormat(
        "nanotron",
        "nanotron (YAML)",
        "mixture.yaml",
        template,
        given.rows(lambda text: {"path": yaml_text(given.folder(text.unit))}),
        given.title("nanotron (main, commit 00708b8)", "put this into the YAML of `run_train.py --config-file FILE`"),
        (
            given.prepared("`tools/preprocess_data.py` of nanotron tokenises it"),
            "A unit that ends is read again: nanotron does not limit epochs.",
        ),
    )


def olmo_core_format(given: ExportInput) -> ExportFormat:
    """OLMo-core's list of sources.

    Args:
        given ([`ExportInput`]): the study and the options.
    """

    def fields(text: UnitText) -> dict[str, str]:
        return {
            "name": yaml_text(text.unit),
            "path": yaml_text(f"{given.folder(text.unit)}/*.npy"),
            "repetition": _max_repetition(given, text.unit),
        }

    template = (
        "sources:\n",
        Each("- source_name: <<name>>\n  target_ratio: <<weight>>\n<<repetition>>  paths:\n  - <<path>>\n"),
    )
    notes = [given.prepared("Dolma's `dolma tokens` writes it (.npy)")]
    if not given.budgets:
        notes.append(
            "OLMo-core repeats a source up to its max_repetition_ratio, which is 1 here; --total_tokens makes it what "
            "the training needs."
        )
    title = given.title("ai2-olmo-core 3.0.0", "`SourceMixtureList.from_yaml(THIS_FILE)` gives its source_list")
    rows = given.rows(fields)
    return ExportFormat("olmo-core", "OLMo-core (YAML)", "mixture.yaml", template, rows, title, tuple(notes))


def _max_repetition(given: ExportInput, unit: str) -> str:
    """The line on how often the text may be repeated, rounded up, since less is an error; none where it is not."""
    budget = given.budgets.get(unit)
    if budget is None or budget.epochs is None or budget.epochs <= 1:
        return ""
    return f"  max_repetition_ratio: {math.ceil(budget.epochs * 100) / 100}\n"


def megatron_format(given: ExportInput) -> ExportFormat:
    """The blend that Megatron-LM takes as `--data-path`, or in a file as `--data-args-path`.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    rows = given.rows(lambda text: {"path": f"{given.folder(text.unit)}_text_document"})
    notes = [
        f"{given.folder('UNIT')}_text_document stands for the text of a unit as `tools/preprocess_data.py` of "
        "Megatron-LM writes it (.bin, .idx); --data_dir moves it.",
        "A unit that ends is read again: Megatron-LM does not limit epochs.",
    ]
    if any(" " in row.fields["path"] for row in rows):
        notes.append("Megatron-LM splits the blend at spaces, and a path has one: move it.")
    template = (Each("<<weight>> <<path>>", " "), "\n")
    return ExportFormat("megatron", "Megatron-LM (--data-path)", "blend.txt", template, rows, "", tuple(notes))


def mosaic_format(given: ExportInput) -> ExportFormat:
    """The streams of a StreamingDataset, as LLM Foundry's YAML has them.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    return ExportFormat(
        "mosaic-streaming",
        "Mosaic streaming (YAML)",
        "mixture.yaml",
        ("streams:\n", Each("  <<name>>:\n    local: <<path>>\n    proportion: <<weight>>\n")),
        given.rows(lambda text: {"name": yaml_text(text.unit), "path": yaml_text(given.folder(text.unit))}),
        given.title("mosaicml-streaming 0.13.0", "the streams of a StreamingDataset, `Stream(**entry)` each"),
        (
            given.prepared("`MDSWriter` writes it, in samples of one length, which proportions count"),
            "A unit that ends is repeated as often as its proportion needs: streams do not limit epochs.",
        ),
    )
