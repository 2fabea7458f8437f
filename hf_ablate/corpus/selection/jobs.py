"""What a round of tokenising consists of."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...saved_tokenizer import vocab_size_of
from ..blocks import token_dtype
from ..decontamination.check import OverlapCheck
from ..readers.document_format import DocumentFormat
from .encode import EncodeJob, EncodeSettings
from .index import Index
from .indexed import IndexedDocuments


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


_JOB_BYTES = 64_000_000


def tokenizer_folder(work: Path) -> Path:
    """Where [`encode_settings`] saves the tokenizer."""
    return work / "tokenizer"


def encode_settings(
    work: Path, forms: Mapping[str, DocumentFormat], index: Index, tokenizer: "PreTrainedTokenizerFast",
    bos: int | None, check: OverlapCheck | None,
) -> EncodeSettings:  # fmt: skip
    """How documents are tokenised; saves the tokenizer in the folder of intermediate files.

    Args:
        work (`Path`): the folder of intermediate files.
        forms (`Mapping[str, DocumentFormat]`): of each collection, how documents are stored.
        index (`Index`): their records.
        tokenizer (`PreTrainedTokenizerFast`): the tokenizer.
        bos (`int | None`): the token before each document, if any.
        check (`OverlapCheck | None`): what training documents may not overlap with.
    """
    tokens, saved = work / "tokens", tokenizer_folder(work)
    tokens.mkdir(parents=True, exist_ok=True)
    if not saved.is_dir():
        tokenizer.save_pretrained(saved.with_suffix(".partial"))
        saved.with_suffix(".partial").rename(saved)
    return EncodeSettings(
        forms=forms, index_folder=index.folder, folder=tokens, tokenizer_file=saved / "tokenizer.json",
        bos=bos, eos=tokenizer.eos_token_id, dtype=token_dtype(vocab_size_of(tokenizer)).str, check=check,
    )  # fmt: skip


def make_jobs(
    indexed: IndexedDocuments, number: int, done: np.ndarray, limit: np.ndarray, num_workers: int
) -> Iterator[EncodeJob]:
    """The jobs of a round: the documents of a large file are shared out, since only reading it is cheap.

    Args:
        indexed (`IndexedDocuments`): the documents.
        number (`int`): the round, from 0.
        done (`np.ndarray`): the first range of the order that each portion takes, shape (portions,).
        limit (`np.ndarray`): the range after its last, shape (portions,).
        num_workers (`int`): how many jobs are done at once.
    """
    keep_text = ~indexed.members.portions.is_train()
    for task, rows, portions in indexed.selected(done, limit):
        size = int(indexed.index.records_of(task)["bytes"][rows].sum())
        count = min(num_workers, 1 + size // _JOB_BYTES)
        for part, places in enumerate(np.array_split(np.arange(len(rows)), count)):
            if len(places):
                name = f"{task.number:05}-{number:02}-{part}-of-{count}"
                yield EncodeJob(task, name, rows[places], portions[places], keep_text[portions[places]])
