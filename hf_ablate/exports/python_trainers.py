"""Exports for trainers whose mixtures are Python: torchtitan and LitGPT."""

from collections import Counter

from .export_input import ExportInput, quoted
from .hugging_face import AS_IT_IS, load_expression
from .template import Each, ExportFormat, Row


_TORCHTITAN = """\
from datasets import concatenate_datasets, load_dataset
from torchtitan.hf_datasets import DatasetConfig
from torchtitan.hf_datasets.text_datasets import DATASETS, HFDataSource, InterleavedHuggingFaceTextDataLoader


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
    unplaced, place_notes = given.place_notes(lambda text: text.hub)
    rows = tuple(
        Row(
            text.unit,
            {
                "name": quoted(names[text.unit]),
                "path": quoted(text.hub[0].path if text.hub else given.folder(text.unit)),
                "load": load_expression(given, text),
                "field": quoted(text.hub[0].text_field if text.hub else "text"),
            },
            note=" ".join(filter(None, [place_notes.get(text.unit), text.note])),
        )
        for text in given.texts
    )
    template = (
        _TORCHTITAN,
        Each(
            "DATASETS[<<name>>] = DatasetConfig(\n    path=<<path>>,\n    loader=lambda path: <<load>>,\n"
            "    sample_processor=lambda row: row[<<field>>],\n)\n"
        ),
        "\ndataloader = InterleavedHuggingFaceTextDataLoader.Config(\n    sources=[\n",
        Each("        HFDataSource(dataset=<<name>>, weight=<<weight>>),\n"),
        f"    ],\n    seed={given.options.random_seed},\n)\n",
    )
    notes = (
        "torchtitan tokenises text itself, so units are the text that they were made of, not their token blocks.",
        "A unit that ends is read again (`infinite`): torchtitan does not limit epochs.",
        *((AS_IT_IS,) if any(text.hub for text in given.texts) else ()),
        *unplaced,
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
    title = given.title(
        "litgpt 0.5.13", "`PYTHONPATH=. litgpt pretrain MODEL --data mixture.Mixture --data.val_folder FOLDER`"
    )
    return ExportFormat("litgpt", "LitGPT (Python)", "mixture.py", template, rows, title, notes)


def _dataset_names(units: list[str]) -> dict[str, str]:
    """Names that torchtitan finds, which looks for them in lower case, and that none of its own data sets has."""
    lower = {unit: f"hf_ablate/{unit.lower()}" for unit in units}
    count = Counter(lower.values())
    return {unit: name if count[name] == 1 else f"{name}/{units.index(unit)}" for unit, name in lower.items()}
