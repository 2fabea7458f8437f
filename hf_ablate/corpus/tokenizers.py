"""Tokenizers: loading one, training one, and the digest that identifies one."""

import json
import logging
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..hub_errors import hub_failures
from ..manifest import digest
from ..remote_code import loading_options, untrusted_code
from ..saved_tokenizer import check_vocabulary_holds


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


logger = logging.getLogger(__name__)
END_OF_TEXT = "<|endoftext|>"


def load_tokenizer(folder_or_id: str | Path) -> "PreTrainedTokenizerFast":
    """A fast tokenizer from a folder or the Hub, which cuts and pads nothing, whatever its file says.

    Raises:
        `InputError`: if there is none, it is not fast, it has no end-of-text token, or its vocabulary lacks that.
    """
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
    check_vocabulary_holds(tokenizer, folder_or_id)
    backend = tokenizer.backend_tokenizer
    settings = [name for name in ("truncation", "padding") if getattr(backend, name)]
    if settings:
        _report_switched_off(str(folder_or_id), " and ".join(settings))
    backend.no_truncation()
    backend.no_padding()
    return tokenizer


@cache  # once, however often the tokenizer is loaded
def _report_switched_off(folder_or_id: str, settings: str) -> None:
    logger.info("tokenizer %s: its tokenizer.json asks for %s, which is switched off", folder_or_id, settings)


def start_token(tokenizer: "PreTrainedTokenizerFast", document_start: str) -> int | None:
    """The token that is put before each document, if one is.

    Args:
        tokenizer (`PreTrainedTokenizerFast`): the tokenizer.
        document_start (`str`): `bos`, `none`, or `auto`: BOS if the tokenizer itself puts it before a text.

    Raises:
        `InputError`: if there is no BOS token to put there.
    """
    bos = tokenizer.bos_token_id
    if document_start == "bos" and bos is None:
        raise InputError("`document_start: bos` needs a tokenizer with a BOS token (bos_token); this one has none")
    starts_with_bos = bos is not None and tokenizer("a")["input_ids"][0] == bos
    return bos if document_start == "bos" or (document_start == "auto" and starts_with_bos) else None


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
