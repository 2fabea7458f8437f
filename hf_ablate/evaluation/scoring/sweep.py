"""Scoring many models on the same text: what is missing of their scores, and who computes it."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...mixtures.proxies import ENSEMBLE
from ...progress import Progress
from ...run_folder import split_model_id
from ..models.loading import default_device
from ..models.scored_model import ScoredModel
from ..text.sources import Source
from ..text.tokens import TokenisedSource
from .cost import ScoringCosts
from .families import Family, check_vocabulary, tokenise_sources
from .mixture_scorer import MixtureScorer
from .processes import Processes
from .score_folder import ScoreFolder
from .score_saved import Advance, score_saved


_PROXIES_IN_A_LINE = 25  # of a log file; saved models have a line each


class Sweep:
    """What is missing of some models' scores, and how it is computed.

    It is made before anything is scored, so that several processes that share the work find the same missing.

    Args:
        scores (`ScoreFolder`): text, measurement and the rows that are there.
        models (`list[ScoredModel]`): in the order in which they are scored; components before the proxies of them.
        mixtures (`MixtureScorer`, *optional*): what scores the proxies; none where there are none.
        costs (`ScoringCosts`): what it costs.
    """

    def __init__(
        self, scores: ScoreFolder, models: list[ScoredModel], mixtures: MixtureScorer | None, costs: ScoringCosts
    ) -> None:
        self.scores = scores
        self.costs = costs
        self.mixtures = mixtures
        self.models = {model.id: model for model in models}
        self.components = {split_model_id(model.id)[1]: model for model in models if model.kind == "component"}
        self.ensembles = [model for model in models if model.kind == ENSEMBLE.kind and scores.missing(model)]
        names = {name for model in self.ensembles for name in model.coefficients.units}
        self._cached = {self.components[name].id for name in names}
        self.saved = [model for model in models if model.folder and self._missing(model)]
        merges = [model for model in models if model.is_merge]
        self.copies = [model for model in merges if self._is_copy(model)]
        self.merges = [model for model in merges if not self._is_copy(model) and scores.missing(model)]

    def _missing(self, model: ScoredModel) -> list[TokenisedSource]:
        """The sources that a saved model has no scores for, or no log-probabilities that an ensemble needs."""
        return [
            source
            for source in self.scores.sources
            if not self.scores.has(model, source)
            or (model.id in self._cached and not self.mixtures.cache.has(model.digest, source.source.digest))
        ]

    def _is_copy(self, model: ScoredModel) -> bool:
        """Whether a merge computes what a component computes that is scored too."""
        is_scored = model.coefficients.units[0] in self.components
        return is_scored and model.pool.is_component(model) and not self.scores.per_document

    def passes(self, processes: Processes) -> list[tuple[ScoredModel, list[TokenisedSource]]]:
        """A process's share of the models that take forward passes, each with the sources that it is missing on."""
        saved = [(model, self._missing(model)) for model in processes.share(self.saved)]
        return saved + [(model, self.scores.missing(model)) for model in processes.share(self.merges)]

    def score_share(self, processes: Processes) -> None:
        """Do a process's share of all that takes forward passes."""
        work = self.passes(processes)
        if self.mixtures:
            self.mixtures.expect([model for model, _ in work if not model.folder])
        total = sum(int(source.stream.num_tokens.sum()) for _, sources in work for source in sources)
        with Progress(total, "evaluate", "token", enabled=not processes.index) as progress:
            for number, (model, sources) in enumerate(work, start=1):
                progress.start(_name(model))
                for source, sums, seconds in self.score(model, sources, progress.advance):
                    self.record(model, source, sums, seconds)
                report_scored(progress, model, number, len(work))
        if self.mixtures:
            self.mixtures.close()

    def score(
        self, model: ScoredModel, sources: list[TokenisedSource], progress: Advance | None = None
    ) -> Iterator[tuple[TokenisedSource, np.ndarray, float]]:
        """Compute a model's scores, and keep the log-probabilities that an ensemble needs.

        Args:
            model (`ScoredModel`): the model.
            sources (`list[TokenisedSource]`): the text.
            progress (`Callable[[int], object]`, *optional*): called with the number of tokens just scored.

        Returns:
            `Iterator[tuple[TokenisedSource, np.ndarray, float]]`: of each source, sums of log-probability over its
            documents, float64 [documents], and the seconds that they took.
        """
        started = time.perf_counter()
        score = self._score_saved if model.folder else self._score_proxy
        for source, sums in score(model, sources, progress):
            yield source, sums, time.perf_counter() - started
            started = time.perf_counter()

    def _score_saved(
        self, model: ScoredModel, sources: list[TokenisedSource], progress: Advance | None
    ) -> Iterator[tuple[TokenisedSource, np.ndarray]]:
        scored = score_saved(model, sources, self.scores.measurement, default_device(), progress)
        for source, token_logprobs, sums in scored:
            if model.id in self._cached:
                self.mixtures.cache.write(model.digest, source.source.digest, token_logprobs)
            yield source, sums

    def _score_proxy(
        self, model: ScoredModel, sources: list[TokenisedSource], progress: Advance | None
    ) -> Iterator[tuple[TokenisedSource, np.ndarray]]:
        for source in sources:
            yield source, self.mixtures.document_sums(model, source, progress=progress)

    def record(self, model: ScoredModel, source: TokenisedSource, sums: np.ndarray, seconds: float) -> None:
        """Write a model's score rows on a source, and what they cost.

        Args:
            model (`ScoredModel`): the model.
            source (`TokenisedSource`): the text.
            sums (`np.ndarray`): [documents], from [`Sweep.score`].
            seconds (`float`): that they took.
        """
        self.scores.add(model, source, sums)
        self.costs.add(model, source, seconds)

    def derive(self, processes: Processes) -> None:
        """Do a process's share of what follows from scores that all processes have written by now."""
        self.scores.read_again()
        for model in processes.share(self.copies):
            self.scores.copy(model, self.components[model.coefficients.units[0]])
        ensembles = processes.share(self.ensembles)
        with Progress(len(ensembles), "averaged probabilities", "mixture", not processes.index) as progress:
            for model in ensembles:
                for source, sums, seconds in self.score(model, self.scores.missing(model)):
                    self.record(model, source, sums, seconds)
                progress.advance(1)
            if ensembles:
                progress.finished(f"averaged probabilities of {len(ensembles)} mixtures: scored")


def report_scored(progress: Progress, model: ScoredModel, number: int, count: int) -> None:
    """Say that a model is scored: of saved models, in a line each.

    Args:
        progress (`Progress`): of the sweep.
        model (`ScoredModel`): the model.
        number (`int`): how many are scored.
        count (`int`): of how many.
    """
    if model.folder or number == count or number % _PROXIES_IN_A_LINE == 0:
        progress.finished(f"[{number}/{count}] {_name(model)}: scored")


def _name(model: ScoredModel) -> str:
    return model.id if model.folder and model.mixture is None else f"{model.kind} {model.name}"


def make_sweeps(
    folder: Path, families: list[Family], sources: list[Source], per_document: bool, processes: Processes
) -> list[Sweep]:
    """What one of several processes is to score, family by family.

    Args:
        folder (`Path`): where the score rows are.
        families (`list[Family]`): the models.
        sources (`list[Source]`): the text; tokenised once for all families with the same tokenizer.
        per_document (`bool`): also write one row per document.
        processes (`Processes`): which of them this is.

    Raises:
        `InputError`: for a source that cannot be read, and models that do not know all of its tokens.
    """
    tokenised: dict[str, list[TokenisedSource]] = {}
    sweeps = []
    for family in families:
        tokenizer = family.measurement.tokenizer_digest
        if tokenizer not in tokenised:
            tokenised[tokenizer] = tokenise_sources(family, sources)
        check_vocabulary(family, tokenised[tokenizer])
        scores = ScoreFolder(folder, tokenised[tokenizer], family.measurement, per_document, processes)
        mixtures = MixtureScorer.of_family(family, scores.sources, folder) if family.pool else None
        sweeps.append(Sweep(scores, family.models, mixtures, ScoringCosts(folder, family, processes)))
    return sweeps
