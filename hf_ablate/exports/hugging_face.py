"""Exports for the libraries of the Hugging Face ecosystem that read data sets: `datasets` and `trl`."""

from .export_input import ExportInput, quoted, yaml_text
from .template import Each, ExportFormat, Row
from .unit_text import HubData, UnitText


_AS_IT_IS = (
    "Data sets on the Hub are read as they are: what the study held out, removed as duplicates or cut off is in them."
)
_DOCUMENTS = (
    "Rows are documents, so shares are of documents: the mixture's weights, which are shares of tokens, divided by "
    "the mean length of a unit's documents."
)
_ENDS = {
    "first_exhausted": "The data ends with the first unit that ends; --stopping_strategy all_exhausted repeats units.",
    "all_exhausted": "Units that end are repeated until all have ended.",
}
_UNKNOWN_LENGTHS = "Rows are documents of unknown lengths, so the mixture's weights are shares of documents here."


def datasets_format(given: ExportInput) -> ExportFormat:
    """A script that interleaves the units with `datasets`.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    if given.reads_blocks:
        head = (
            "from glob import glob\n\nfrom datasets import Dataset, concatenate_datasets, interleave_datasets\n\n\n"
            'def read(pattern):\n    """The token blocks of a unit, memory-mapped."""\n'
            "    return concatenate_datasets([Dataset.from_file(path) for path in sorted(glob(pattern))])\n\n\n"
        )
        rows = [
            Row(
                text.unit,
                {"data": f"read({quoted(_blocks(given, text))})", "name": text.unit},
                1.0,
                _note(given, text),
            )
            for text in given.texts
        ]
    else:
        head = "from datasets import concatenate_datasets, interleave_datasets, load_dataset\n\n\n"
        rows = [
            Row(text.unit, {"data": _joined(given, text), "name": text.unit}, amount, _note(given, text))
            for text, amount in zip(given.texts, _documents(given), strict=True)
        ]
    ends = _ENDS[given.options.stopping_strategy]
    template = (
        f"{head}units = [\n",
        Each("    (<<weight>>, <<data>>),  # <<name>>\n"),
        "]\nmixture = interleave_datasets(\n    [data for _, data in units],\n"
        f"    probabilities=[share for share, _ in units],\n    seed={given.options.random_seed},\n"
        f"    stopping_strategy={quoted(given.options.stopping_strategy)},\n)\n\n"
        'if __name__ == "__main__":\n    print(mixture)\n',
    )
    title = given.title("datasets 5.2.0", "`from mixture import mixture`, a data set for any trainer.")
    return ExportFormat(
        "datasets", "datasets (Python)", "mixture.py", template, tuple(rows), title, (*_rows_are(given), ends)
    )


def trl_format(given: ExportInput) -> ExportFormat:
    """The `datasets` of a YAML for trl's commands.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    rows = []
    for text, amount in zip(given.texts, _documents(given), strict=True):
        if given.reads_blocks:
            fields = f"- path: arrow\n  data_files: {yaml_text(_blocks(given, text))}\n  split: train\n"
            rows.append(Row(text.unit, {"data": fields}, 1.0, _note(given, text)))
            continue
        parts = [_trl_entry(data) for data in text.hub] or [f"- path: {yaml_text(given.folder(text.unit))}\n"]
        note = _note(given, text)
        if len(parts) > 1:
            note = f"{text.unit} is {len(parts)} data sets, which get equal parts of its share. {note}".strip()
        rows += [
            Row(text.unit, {"data": fields}, amount / len(parts), note if number == 0 else "")
            for number, fields in enumerate(parts)
        ]
    notes = (
        *_rows_are(given),
        "trl takes the first rows of each, as many as give these shares without repeating any: it has no epochs.",
    )
    title = given.title("trl 1.16.0", "`trl sft --config THIS_FILE --model_name_or_path MODEL --output_dir OUTPUT`")
    template = ("datasets:\n", Each("<<data>>  fraction: <<weight>>\n"))
    return ExportFormat("trl", "trl (YAML)", "mixture.yaml", template, tuple(rows), title, notes)


def _trl_entry(data: HubData) -> str:
    return (
        f"- path: {yaml_text(data.path)}\n  name: {yaml_text(data.config)}\n  split: {yaml_text(data.split)}\n"
        f"  columns: [{yaml_text(data.text_field)}]\n"
    )


def _blocks(given: ExportInput, text: UnitText) -> str:
    return text.blocks or f"{given.folder(text.unit)}/*.arrow"


def _joined(given: ExportInput, text: UnitText) -> str:
    """The expression that loads a unit's data sets."""
    loads = [
        f"load_dataset({quoted(data.path)}, {quoted(data.config)}, split={quoted(data.split)}, "
        + (f"revision={quoted(data.revision)}, " if data.revision else "")
        + f"streaming=True).select_columns([{quoted(data.text_field)}])"
        for data in text.hub
    ] or [f'load_dataset({quoted(given.folder(text.unit))}, split="train", streaming=True)']
    return loads[0] if len(loads) == 1 else f"concatenate_datasets([{', '.join(loads)}])"


def _documents(given: ExportInput) -> list[float]:
    """Documents per token of every unit; 1 of all where one is not known."""
    known = [text.documents_per_token for text in given.texts]
    return [amount or 1.0 for amount in known] if all(known) else [1.0] * len(known)


def _rows_are(given: ExportInput) -> tuple[str, ...]:
    """Notes on what rows are, and on what is not there."""
    if given.reads_blocks:
        return (
            "Rows are the study's blocks of token ids (`input_ids`), so shares are of tokens; what of a partition is "
            "beyond its unit's budget is not there.",
        )
    lengths = _DOCUMENTS if all(text.documents_per_token for text in given.texts) else _UNKNOWN_LENGTHS
    return (lengths, _AS_IT_IS)


def _note(given: ExportInput, text: UnitText) -> str:
    """What readers should know of a unit: that its place is not recorded, and that it is from several."""
    is_known = text.blocks if given.reads_blocks else text.hub
    place = "" if is_known else f"The study does not record where {text.unit} is: put its place there."
    return f"{place} {text.note}".strip()
