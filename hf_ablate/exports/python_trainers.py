"""Exports for trainers whose mixtures are Python: torchtitan and LitGPT."""

from collections import Counter

from .export_input import ExportInput, quoted
from .template import Each, ExportFormat, Row
from .unit_text import UnitText


_TORCHTITAN = """\
from functools import partial

from datasets import load_dataset
from torchtitan.hf_datasets import DatasetConfig
from torchtitan.hf_datasets.text_datasets import DATASETS, HFDataSource, InterleavedHuggingFaceTextDataLoader


def text_of(row, field):
    return row[field]


"""
_LITGPT = """\
from dataclasses import dataclass, field

from litgpt.data import DataModule

UNITS = {  # folder: share of the tokens
"""
_LITGPT_MODULE = '''\
}


@dataclass
class Mixture(DataModule):
    """The units of a mixture, tokenised by LitData, in the shares of the mixture."""

    val_folder: str
    seed: int = SEED
    num_workers: int = 8
    batch_size: int = field(init=False, repr=False, default=1)
    seq_length: int = field(init=False, repr=False, default=2048)

    def connect(self, tokenizer=None, batch_size=1, max_seq_length=-1):
        self.batch_size, self.seq_length = batch_size, max_seq_length + 1  # the next token as well

    def read(self, folder):
        from litdata.streaming import StreamingDataset, TokensLoader

        return StreamingDataset(folder, item_loader=TokensLoader(self.seq_length), shuffle=True, drop_last=True)

    def load(self, data):
        from litdata.streaming import StreamingDataLoader

        options = {"batch_size": self.batch_size, "num_workers": self.num_workers}
        return StreamingDataLoader(data, pin_memory=True, drop_last=True, **options)

    def train_dataloader(self):
        from litdata.streaming import CombinedStreamingDataset

        units = [self.read(folder) for folder in UNITS]
        shares = tuple(UNITS.values())
        return self.load(CombinedStreamingDataset(units, seed=self.seed, weights=shares, iterate_over_all=False))

    def val_dataloader(self):
        return self.load(self.read(self.val_folder))
'''


def torchtitan_format(given: ExportInput) -> ExportFormat:
    """A module with torchtitan's interleaved dataloader.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    names = _dataset_names([text.unit for text in given.texts])
    rows = tuple(
        Row(
            text.unit,
            {"name": quoted(names[text.unit]), "config": _dataset_config(given, text)},
            1.0,
            " ".join(filter(None, [_place_note(given, text), text.note])),
        )
        for text in given.texts
    )
    template = (
        _TORCHTITAN,
        Each("DATASETS[<<name>>] = DatasetConfig(\n<<config>>)\n"),
        "\ndataloader = InterleavedHuggingFaceTextDataLoader.Config(\n    sources=[\n",
        Each("        HFDataSource(dataset=<<name>>, weight=<<weight>>),\n"),
        f"    ],\n    seed={given.options.random_seed},\n)\n",
    )
    notes = (
        "torchtitan tokenises text itself, so units are the text that they were made of, not their token blocks.",
        "A unit that ends is read again (`infinite`): torchtitan does not limit epochs.",
    )
    title = given.title("torchtitan 0.3.0", "the `dataloader` of a Trainer.Config in a config_registry.py")
    return ExportFormat("torchtitan", "torchtitan (Python)", "mixture.py", template, rows, title, notes)


def litgpt_format(given: ExportInput) -> ExportFormat:
    """A data module for LitGPT.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    rows = given.rows(lambda text: {"path": quoted(given.folder(text.unit))})
    template = (
        _LITGPT,
        Each("    <<path>>: <<weight>>,\n"),
        _LITGPT_MODULE.replace("SEED", str(given.options.random_seed)),
    )
    notes = (
        given.prepared("`litdata.optimize` tokenises it for a TokensLoader"),
        "The data ends with the first unit that ends: LitGPT does not repeat units within an epoch.",
    )
    title = given.title("litgpt 0.5.13", "`litgpt pretrain MODEL --data mixture.Mixture --data.val_folder FOLDER`")
    return ExportFormat("litgpt", "LitGPT (Python)", "mixture.py", template, rows, title, notes)


def _dataset_names(units: list[str]) -> dict[str, str]:
    """Names that torchtitan finds, which looks for them in lower case, and that none of its own data sets has."""
    lower = {unit: f"hf_ablate/{unit.lower()}" for unit in units}
    count = Counter(lower.values())
    return {unit: name if count[name] == 1 else f"{name}/{units.index(unit)}" for unit, name in lower.items()}


def _dataset_config(given: ExportInput, text: UnitText) -> str:
    """The arguments of a unit's DatasetConfig."""
    if not text.hub:
        path, options, column = given.folder(text.unit), 'split="train"', "text"
    else:
        data = text.hub[0]
        options = f"name={quoted(data.config)}, split={quoted(data.split)}"
        options += f", revision={quoted(data.revision)}" if data.revision else ""
        path, column = data.path, data.text_field
    return (
        f"    path={quoted(path)},\n    loader=partial(load_dataset, {options}, streaming=True),\n"
        f"    sample_processor=partial(text_of, field={quoted(column)}),\n"
    )


def _place_note(given: ExportInput, text: UnitText) -> str:
    if not text.hub:
        return f"{given.folder(text.unit)} stands for the text of {text.unit}, whose place the study does not record."
    rest = [f"{data.path} {data.config}" for data in text.hub[1:]]
    return f"{text.unit} is also {', '.join(rest)}, which a source of torchtitan cannot hold." if rest else ""
