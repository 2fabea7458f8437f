"""Exports for the libraries of the Hugging Face ecosystem that read data sets: `datasets` and `trl`."""

from collections.abc import Callable

from .export_input import ExportInput, quoted, yaml_text
from .template import Each, ExportFormat, Row
from .unit_text import HubData, UnitText


_BLOCKS = (
    "Rows are the study's blocks of token ids (`input_ids`), so shares are of tokens; what of a partition is beyond "
    "its unit's budget is not there."
)
_DOCUMENTS = (
    "Rows are documents, so shares are of documents: the mixture's weights, which are shares of tokens, divided by "
    "the mean length of a unit's documents."
)
_UNKNOWN_LENGTHS = "Rows are documents of unknown lengths, so the mixture's weights are shares of documents here."
AS_IT_IS = (
    "Data sets on the Hub are read as they are: what the study held out, removed as duplicates or cut off is in them."
)
_ENDS = {
    "first_exhausted": "The data ends with the first unit that ends; --stopping_strategy all_exhausted repeats units.",
    "all_exhausted": "Units that end are repeated until all have ended.",
}
_READ_BLOCKS = '''\
from glob import glob

from datasets import Dataset, concatenate_datasets, interleave_datasets


def read(pattern):
    """The token blocks of a unit, memory-mapped."""
    return concatenate_datasets([Dataset.from_file(path) for path in sorted(glob(pattern))])


'''
_READ_TEXT = "from datasets import concatenate_datasets, interleave_datasets, load_dataset\n\n\n"


def datasets_format(given: ExportInput) -> ExportFormat:
    """A script that interleaves the units with `datasets`.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    template = (
        f"{_READ_BLOCKS if given.reads_blocks else _READ_TEXT}units = [\n",
        Each("    (<<weight>>, <<data>>),  # <<name>>\n"),
        "]\nmixture = interleave_datasets(\n    [data for _, data in units],\n"
        f"    probabilities=[share for share, _ in units],\n    seed={given.options.random_seed},\n"
        f"    stopping_strategy={quoted(given.options.stopping_strategy)},\n)\n\n"
        'if __name__ == "__main__":\n    print(mixture)\n',
    )
    notes, rows = _notes_and_rows(
        given, lambda pattern: f"read({quoted(pattern)})", lambda text: [load_expression(given, text)]
    )
    title = given.title("datasets 5.2.0", "`from mixture import mixture`, a data set for any trainer")
    notes = (*notes, _ENDS[given.options.stopping_strategy])
    return ExportFormat("datasets", "datasets (Python)", "mixture.py", template, rows, title, notes)


def trl_format(given: ExportInput) -> ExportFormat:
    """The `datasets` of a YAML for trl's commands.

    Args:
        given ([`ExportInput`]): the study and the options.
    """

    def of_blocks(pattern: str) -> str:
        return f"- path: arrow\n  data_files: {yaml_text(pattern)}\n  split: train\n"

    def of_text(text: UnitText) -> list[str]:
        return [_trl_entry(data) for data in text.hub] or [f"- path: {yaml_text(given.folder(text.unit))}\n"]

    notes, rows = _notes_and_rows(given, of_blocks, of_text)
    end = "trl takes the first rows of each, as many as give these shares without repeating any: it has no epochs."
    if not given.reads_blocks and any(data.revision for text in given.texts for data in text.hub):
        end += " Nor has it revisions: it reads the newest."
    title = given.title("trl 1.16.0", "`trl sft --config THIS_FILE --model_name_or_path MODEL --output_dir OUTPUT`")
    template = ("datasets:\n", Each("<<data>>  fraction: <<weight>>\n"))
    return ExportFormat("trl", "trl (YAML)", "mixture.yaml", template, rows, title, (*notes, end))


def _notes_and_rows(
    given: ExportInput, of_blocks: Callable[[str], str], of_text: Callable[[UnitText], list[str]]
) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """What readers should know of all units, and the rows of units.

    Args:
        given ([`ExportInput`]): the study and the options.
        of_blocks (`Callable[[str], str]`): the entry of a unit by the pattern of its files with token blocks.
        of_text (`Callable[[UnitText], list[str]]`): the entries of a unit's data sets, which share its weight equally.
    """
    if given.reads_blocks:
        unplaced, place_notes = given.place_notes(lambda text: text.blocks)
        amounts, notes = [1.0] * len(given.texts), (_BLOCKS, *unplaced)
    else:
        unplaced, place_notes = given.place_notes(lambda text: text.hub)
        known = [text.documents_per_token for text in given.texts if text.documents_per_token]
        has_all = len(known) == len(given.texts)
        amounts = known if has_all else [1.0] * len(given.texts)
        on_hub = (AS_IT_IS,) if any(text.hub for text in given.texts) else ()
        notes = (_DOCUMENTS if has_all else _UNKNOWN_LENGTHS, *on_hub, *unplaced)
    rows = []
    for text, amount in zip(given.texts, amounts, strict=True):
        blocks = text.blocks or f"{given.folder(text.unit)}/*.arrow"
        entries = [of_blocks(blocks)] if given.reads_blocks else of_text(text)
        several = f"{text.unit} is {len(entries)} data sets, which get equal parts of its share."
        said = " ".join(filter(None, [place_notes.get(text.unit), text.note, several * (len(entries) > 1)]))
        rows += [
            Row(text.unit, {"data": entry, "name": quoted(text.unit)}, amount / len(entries), said * (number == 0))
            for number, entry in enumerate(entries)
        ]
    return notes, tuple(rows)


def _trl_entry(data: HubData) -> str:
    return (
        f"- path: {yaml_text(data.path)}\n  name: {yaml_text(data.config)}\n  split: {yaml_text(data.split)}\n"
        f"  columns: [{yaml_text(data.text_field)}]\n"
    )


def load_expression(given: ExportInput, text: UnitText) -> str:
    """The Python that loads a unit's data sets or, where they are not known, the folder that stands for it.

    Args:
        given ([`ExportInput`]): the study and the options.
        text ([`UnitText`]): the unit.
    """
    loads = [
        f"load_dataset({quoted(data.path)}, {quoted(data.config)}, split={quoted(data.split)}, "
        + (f"revision={quoted(data.revision)}, " if data.revision else "")
        + f"streaming=True).select_columns([{quoted(data.text_field)}])"
        for data in text.hub
    ] or [f'load_dataset({quoted(given.folder(text.unit))}, split="train", streaming=True)']
    return loads[0] if len(loads) == 1 else f"concatenate_datasets([{', '.join(loads)}])"
