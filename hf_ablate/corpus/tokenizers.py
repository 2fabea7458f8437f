"""Tokenizers: loading one, training one, and the digest that identifies one."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import InputError
from ..hub_errors import hub_failures
from ..manifest import digest
from ..remote_code import loading_options, untrusted_code


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


END_OF_TEXT = "<|endoftext|>"


def load_tokenizer(folder_or_id: str) -> "PreTrainedTokenizerFast":
    """A fast tokenizer from a folder or the Hub.

    Raises:
        `InputError`: if there is none, it is not fast, or it has no end-of-text token.
    """
    from pathlib import Path

    from transformers import AutoTokenizer

    if str(folder_or_id).startswith((".", "/", "~")) and not Path(folder_or_id).expanduser().is_dir():
        raise InputError(f"tokenizer folder {folder_or_id} does not exist (looked for {Path(folder_or_id).resolve()})")
    what = f"tokenizer {folder_or_id}, a folder with a tokenizer.json or a Hub id, cannot be loaded"
    with hub_failures(what, OSError, ValueError, KeyError), untrusted_code(f"tokenizer {folder_or_id}"):
        tokenizer = AutoTokenizer.from_pretrained(str(folder_or_id), use_fast=True, **loading_options())
    if not tokenizer.is_fast:
        raise InputError(f"tokenizer {folder_or_id} has no tokenizer.json; only fast tokenizers are supported")
    if tokenizer.eos_token_id is None:
        raise InputError(f"tokenizer {folder_or_id} has no end-of-text token (eos_token), which separates documents")
    return tokenizer


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> "PreTrainedTokenizerFast":
    """Train a byte-level BPE tokenizer; the order of the texts does not matter."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END_OF_TEXT, pad_token=END_OF_TEXT)


def tokenizer_digest(tokenizer: "PreTrainedTokenizerFast") -> str:
    """The digest of what a tokenizer does: vocabulary, merges, rules and end-of-text token; not of where it is."""
    content = json.loads(tokenizer.backend_tokenizer.to_str())
    content.pop("truncation", None)
    content.pop("padding", None)
    return digest([content, tokenizer.eos_token, tokenizer.bos_token])
