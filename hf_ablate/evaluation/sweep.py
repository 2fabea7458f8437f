"""Scoring many models on the same text: rows appended as they come, nothing scored twice."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..errors import InputError
from ..merging.resident import ResidentPool
from .documents import DOCUMENTS, count_documents
from .ensemble import TokenCache, ensemble_logprobs
from .loading import load_model
from .log_likelihood import Scorer
from .models import ScoredModel
from .processes import ALONE, Processes
from .rows import ScoreRow, append_json_lines, append_rows, read_rows
from .tokens import TokenisedSource, document_sums


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measurement:
    """How models are scored; with the sources' digests, what identifies a score."""

    split: str
    tokenizer_digest: str
    max_length: int
    limit: int | None
    dtype: str
    batch_tokens: int = 2048

    @property
    def facts(self) -> dict:
        """All that a score depends on (the size of batches is not among it)."""
        return {name: value for name, value in vars(self).items() if name != "batch_tokens"}


class Sweep:
    """Scores models on tokenised sources into one folder of score rows.

    Args:
        folder (`Path`): where the rows are; those that are there already are kept and not scored again.
        sources (`list[TokenisedSource]`): the text.
        measurement (`Measurement`): how it is scored.
        device (`str`): where models are scored.
        per_document (`bool`): also append one row per document to `documents.jsonl`.
        processes (`Processes`): which of several processes this is; each writes to files of its own.
    """

    def __init__(
        self, folder: Path, sources: list[TokenisedSource], measurement: Measurement, device: str = "cpu",
        per_document: bool = False, processes: Processes = ALONE,
    ):  # fmt: skip
        self.folder = folder
        self.sources = sources
        self.measurement = measurement
        self.device = device
        self.per_document = per_document
        self.rows_path = folder / processes.file_name("rows")
        self.documents_path = folder / processes.file_name(DOCUMENTS)
        self.cache = TokenCache(folder / "tokens", measurement.facts)
        self.read_again()

    def read_again(self) -> None:
        """Read the rows that are there, other processes' among them."""
        self._rows = {row.key: row for row in read_rows(self.folder)} if self.folder.is_dir() else {}
        self._documents = count_documents(self.folder) if self.per_document else Counter()

    @property
    def num_tokens(self) -> int:
        """In all sources."""
        return sum(int(source.stream.num_tokens.sum()) for source in self.sources)

    def missing(self, model: ScoredModel, cached: bool = False) -> list[TokenisedSource]:
        """The sources that a model has no scores for; with `cached`, also those without cached log-probabilities."""
        return [
            source
            for source in self.sources
            if not self._is_scored(model, source)
            or (cached and not self.cache.path(model.digest, source.source.digest).is_file())
        ]

    def _is_scored(self, model: ScoredModel, source: TokenisedSource) -> bool:
        rows = source.domain_rows(np.zeros(len(source.names)), **self._identity(model))
        return all(row.key in self._rows for row in rows) and not self._lacks_documents(rows)

    def _lacks_documents(self, rows: list[ScoreRow]) -> bool:
        return self.per_document and any(self._documents[row.key] < row.num_docs for row in rows)

    def _identity(self, model: ScoredModel) -> dict:
        names = ("tokenizer_digest", "max_length", "dtype")
        return model.identity | {name: getattr(self.measurement, name) for name in names}

    def score(self, model: ScoredModel, scorer: Scorer, progress: tqdm, cached: bool = False) -> None:
        """Score what is missing of a model that is in the scorer; with `cached`, keep its log-probabilities too."""
        for source in self.missing(model, cached):
            token_logprobs = scorer.token_logprobs(source.stream, progress.update)
            sums = self._checked_sums(model, source, token_logprobs)
            if cached:
                self.cache.write(model.digest, source.source.digest, token_logprobs)
            self._append(model, source, sums)

    def scorer(self, model) -> Scorer:
        return Scorer(model, self.measurement.max_length, self.measurement.batch_tokens)

    def score_loaded(self, model: ScoredModel, loaded, progress: tqdm, cached: bool = False) -> None:
        """[`Sweep.score`] with a scorer of its own."""
        with self.scorer(loaded) as scorer:
            self.score(model, scorer, progress, cached)

    def score_ensemble(self, model: ScoredModel, components: dict[str, ScoredModel]) -> None:
        """Score what is missing of the probability average of components with cached log-probabilities."""
        for source in self.missing(model):
            parts = [self.cache.read(components[unit].digest, source.source.digest) for unit in model.mixture.units]
            token_logprobs = ensemble_logprobs(parts, list(model.mixture.weights.values()))
            self._append(model, source, self._checked_sums(model, source, token_logprobs))

    def copy(self, model: ScoredModel, other: ScoredModel) -> None:
        """Give a model the scores of one that computes the same, as the proxy of a single unit does."""
        for source in self.missing(model):
            wanted = source.domain_rows(np.zeros(len(source.names)), **self._identity(other))
            self._write([replace(self._rows[row.key], **model.identity) for row in wanted])

    def _checked_sums(self, model: ScoredModel, source: TokenisedSource, token_logprobs: np.ndarray) -> np.ndarray:
        sums = document_sums(token_logprobs, source.stream)
        broken = np.flatnonzero(~np.isfinite(sums))
        if len(broken):
            remedy = "its weights are broken" if self.measurement.dtype == "float32" else "try dtype float32"
            raise InputError(
                f"{model.id} gives a log-probability that is NaN or infinite in {len(broken)} of {len(sums)} "
                f"documents of source {source.source.name!r}, the first of them {source.names[broken[0]]!r}; {remedy}"
            )
        return sums

    def _append(self, model: ScoredModel, source: TokenisedSource, sums: np.ndarray) -> None:
        identity = self._identity(model)
        rows = source.domain_rows(sums, **identity)
        if self._lacks_documents(rows):
            append_json_lines(self.documents_path, source.document_rows(sums, **identity))
            self._documents |= {row.key: row.num_docs for row in rows}
        self._write(rows)

    def _write(self, rows: list[ScoreRow]) -> None:
        new = {row.key: row for row in rows if row.key not in self._rows}
        append_rows(self.rows_path, new.values())
        self._rows |= new


class Plan:
    """What is missing of some models' scores in a sweep, and how it is computed.

    It is made before anything is scored, so that several processes that share the work make the same one.

    Args:
        sweep (`Sweep`): text, measurement and the rows that are there.
        models (`list[ScoredModel]`): in their order; components come before the proxies made of them.
        pool (`Callable[[], ResidentPool]`): loads the components; called if any merge is to be scored.
    """

    def __init__(self, sweep: Sweep, models: list[ScoredModel], pool: Callable[[], ResidentPool]):
        self.sweep, self.pool = sweep, pool
        self.components = {model.mixture.units[0]: model for model in models if model.kind == "component"}
        self.ensembles = [model for model in models if model.kind == "ensemble" and sweep.missing(model)]
        ensembled = {unit for model in self.ensembles for unit in model.mixture.units}
        saved = [(model, model.kind == "component" and model.mixture.units[0] in ensembled) for model in models]
        self.saved = [(model, cached) for model, cached in saved if model.folder and sweep.missing(model, cached)]
        merged = [model for model in models if model.is_merge]
        self.copies = [model for model in merged if self._is_copy(model)]
        self.merges = [model for model in merged if not self._is_copy(model) and sweep.missing(model)]

    def _is_copy(self, model: ScoredModel) -> bool:
        """Whether a merge computes what a component computes that is scored too."""
        units = model.mixture.units
        is_exact = model.pool_format == "saved"
        return is_exact and len(units) == 1 and units[0] in self.components and not self.sweep.per_document

    def score_share(self, processes: Processes) -> None:
        """Do a process's share of all that takes forward passes."""
        sweep, saved, merges = self.sweep, processes.share(self.saved), processes.share(self.merges)
        total = sum(
            int(source.stream.num_tokens.sum())
            for model, cached in saved + [(model, False) for model in merges]
            for source in sweep.missing(model, cached)
        )
        hidden = True if processes.index else None
        with tqdm(total=total, desc="evaluate", unit="token", unit_scale=True, disable=hidden) as progress:
            for model, cached in saved:
                progress.set_postfix_str(model.id)
                loaded = load_model(model.folder, sweep.measurement.dtype, sweep.device)
                sweep.score_loaded(model, loaded, progress, cached)
            if merges:
                resident = self.pool()
                with sweep.scorer(resident.model) as scorer:
                    for model in merges:
                        progress.set_postfix_str(model.mixture.name)
                        resident.merge(model.mixture)
                        sweep.score(model, scorer, progress)

    def derive(self, processes: Processes) -> None:
        """Do a process's share of what follows from scores that all processes have written by now."""
        self.sweep.read_again()
        for model in processes.share(self.copies):
            self.sweep.copy(model, self.components[model.mixture.units[0]])
        for model in processes.share(self.ensembles):
            self.sweep.score_ensemble(model, self.components)
