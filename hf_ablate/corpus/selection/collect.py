"""From input files to tokenised documents: index, drop duplicates, tokenise as much as the budgets need."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..decontamination.check import OverlapCheck
from ..decontamination.evaluation_sets import HELD_OUT, Decontamination, list_evaluation_files, texts_of
from ..inputs.input_file import InputFile
from ..readers.document_format import DocumentFormat
from ..rules.partition_rule import Key
from ..tokenizers import load_tokenizer, start_token, train_tokenizer
from .budgets import BYTES_PER_TOKEN, check_not_empty, needed_tokens
from .catalog import Catalog
from .encode import encode_task
from .encoded import EncodedDocuments
from .index import Index
from .indexed import IndexedDocuments, is_between, mark_duplicates
from .jobs import encode_settings, make_jobs
from .left_out import LeftOut
from .membership import Membership, find_membership
from .ranges import bytes_per_range, limits, shares_of
from .read_selected import read_selected
from .recipe import Recipe
from .records import Survey
from .workers import Workers, run_tasks


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Collection:
    """The documents of a corpus.

    Args:
        encoded (`EncodedDocuments`): those that were tokenised.
        indexed (`IndexedDocuments`): those that were read.
        tokenizer (`PreTrainedTokenizerFast`): given or trained.
        left_out (`LeftOut`): those that belong to no partition or cannot be used.
        check (`OverlapCheck | None`): what training documents may not overlap with.
    """

    encoded: EncodedDocuments
    indexed: IndexedDocuments
    tokenizer: "PreTrainedTokenizerFast"
    left_out: LeftOut
    check: OverlapCheck | None


def collect(files: list[InputFile], recipe: Recipe, work: Path, workers: Workers) -> Collection:
    """Tokenise what the budgets need.

    In rounds: the documents of a portion are taken in their stable order until their bytes should give the tokens it
    needs; where the tokens turn out too few, the next round continues from there.

    Args:
        files (`list[InputFile]`): the input.
        recipe (`Recipe`): what is collected.
        work (`Path`): the folder of intermediate files, by which an interrupted run resumes.
        workers ([`Workers`]): who does the tasks.

    Raises:
        `InputError`: if a partition that is asked for does not exist, or has nothing to evaluate on.
    """
    decontamination = recipe.decontamination
    check = OverlapCheck(work / "evaluation_sets", decontamination.rule) if decontamination else None
    tokenizer = load_tokenizer(recipe.tokenizer.given) if recipe.tokenizer.given else None
    if tokenizer:
        start_token(tokenizer, recipe.tokenizer.document_start)  # whether it has one is known before anything is read
    index = Index(work / "index", recipe.readings)
    survey = make_survey(files, recipe, index, workers)
    members = find_membership(survey, recipe.rules, recipe.roles, recipe.held_out, recipe.bin_tokens)
    portions = members.portions
    totals = bytes_per_range(_sizes(survey, members), len(portions.all))
    check_not_empty(portions, recipe.held_out, totals.sum(axis=1))
    needed, is_train = needed_tokens(recipe.budgets, portions), portions.is_train()
    per_token = np.full(len(needed), BYTES_PER_TOKEN)
    done = np.zeros(len(needed), np.int64)
    parts: tuple[tuple[str, int], ...] = ()
    for number in range(64):
        limit = np.maximum(limits(totals, needed * per_token), done)
        index.add(_unread(survey, members, done, limit), workers)
        indexed = mark_duplicates(index, members, recipe.keep_duplicates)
        if check and not check.is_written:
            held_out = _texts(indexed, np.where(is_train, 0, limit), recipe.forms, tokenizer)
            _write_check(check, decontamination, held_out)
        if not tokenizer:
            tokenizer = _train_tokenizer(indexed, np.where(is_train, limit, 0), recipe)
        start = start_token(tokenizer, recipe.tokenizer.document_start)
        settings = encode_settings(work, recipe.forms, index, tokenizer, start, check)
        jobs = list(make_jobs(indexed, number, done, limit, workers.count))
        run_tasks(partial(encode_task, settings=settings), jobs, workers, "tokenising")
        parts += tuple((job.name, job.task.number) for job in jobs)
        encoded = EncodedDocuments(
            settings.folder, parts, indexed.duplicates, portions, shares_of(totals, limit), np.dtype(settings.dtype)
        )
        tokens = encoded.count_tokens()
        short = (tokens < needed) & (limit < totals.shape[1]) & is_train
        if not short.any():
            return Collection(encoded, indexed, tokenizer, survey.left_out(), check)
        done = limit
        measured = np.cumsum(totals, axis=1)[np.arange(len(done)), done - 1] / np.maximum(tokens, 1)
        per_token = np.where(short, np.maximum(per_token, np.minimum(measured, 1e6)) * 1.2, per_token)
    raise RuntimeError("the token budgets were not reached in 64 rounds")


def make_survey(files: list[InputFile], recipe: Recipe, index: Index, workers: Workers) -> Survey:
    """What is known of all documents: by the names of files that are one document each, else by reading them.

    Args:
        files (`list[InputFile]`): the input.
        recipe (`Recipe`): how documents are read.
        index (`Index`): takes what is read.
        workers ([`Workers`]): who does the tasks.
    """
    if recipe.is_known_by_name:
        return Catalog(files, recipe.readings, index)
    index.add(files, workers)
    return index


def _sizes(survey: Survey, members: Membership) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(portion, order, bytes) of all documents, part by part."""
    for keys, records in survey.records():
        yield members.portions_of(keys, records), records["order"], records["bytes"]


def _unread(survey: Survey, members: Membership, done: np.ndarray, limit: np.ndarray) -> list[InputFile]:
    def is_selected(keys: list[Key], records: np.ndarray) -> np.ndarray:
        return is_between(members.portions_of(keys, records), records["order"], done, limit)

    return survey.files_to_read(is_selected)


def _write_check(check: OverlapCheck, decontamination: Decontamination, held_out: Iterator[str]) -> None:
    """What no training document may overlap with: given evaluation sets, and the corpus's own held-out text."""
    sets = [(name, texts_of(files)) for name, files in list_evaluation_files(decontamination.against).items()]
    if HELD_OUT in decontamination.against:
        sets.append((HELD_OUT, held_out))
    logger.info("reading what to decontaminate against: %s", ", ".join(name for name, _ in sets))
    check.write(sets, decontamination.filter_bytes)


def _texts(
    indexed: IndexedDocuments,
    limit: np.ndarray,
    forms: Mapping[str, DocumentFormat],
    tokenizer: "PreTrainedTokenizerFast | None",
) -> Iterator[str]:
    """The texts of the documents of portions down to a place in the order, duplicates left out."""
    for task, rows, _ in indexed.selected(0 * limit, limit):
        for document in read_selected(task, indexed.index.records_of(task)[rows], forms[task.collection]):
            yield document.text if document.ids is None else tokenizer.decode(document.ids.tolist())


def _train_tokenizer(indexed: IndexedDocuments, limit: np.ndarray, recipe: Recipe) -> "PreTrainedTokenizerFast":
    """A tokenizer of the training documents of units and seed, and of nothing that is evaluated on."""
    size = sum(
        int(indexed.index.records_of(task)["bytes"][rows].sum())
        for task, rows, _ in indexed.selected(0 * limit, limit)
    )
    most = recipe.tokenizer.train_bytes
    if size > most:
        limit = np.ceil(limit * most / size).astype(np.int64)
    logger.info("training the tokenizer on %.1f MB", min(size, most) / 1e6)
    return train_tokenizer(_texts(indexed, limit, recipe.forms, None), recipe.tokenizer.vocab_size)
