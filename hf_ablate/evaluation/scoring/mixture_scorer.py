"""Scores of any mixture of a pool's units, now and in memory: the one place that merges and scores."""

from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import unknown_name
from ...manifest import find_manifest
from ...mixtures.mixture import Mixture
from ...mixtures.proxies import ENSEMBLE, MERGE, find_proxies
from ...run_folder import RunFolder
from ..models.loading import default_device
from ..models.scored_model import SAVED, Pool, ScoredModel
from ..models.study import read_pool
from ..rows import ScoreRow
from ..text.locations import choose_sources, sources_of
from ..text.tokens import TokenisedSource
from ..text.windows import Windows
from .compiling import compile_backend
from .ensemble import TokenCache, ensemble_logprobs
from .families import Family, check_vocabulary, make_family, tokenise_sources
from .log_likelihood import Scorer
from .measurement import Measurement, MeasurementOptions
from .score_saved import Advance, check_finite, finite_sums, score_saved


if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from ...merging.resident import ResidentPool


class MixtureScorer:
    """Scores any mixture of a pool's units by any proxy, on tokenised text.

    The components are loaded into memory when the first merge is scored; their log-probabilities are computed when an
    ensemble needs some that are not in the cache. As a context manager, it keeps torch's settings for fast products
    and its threads between scores, and frees everything at the end. Otherwise each score sets and restores them, and
    [`MixtureScorer.close`] frees the pool.

    Args:
        pool (`Pool`): the components.
        sources (`list[TokenisedSource]`): the text; may be empty where only merged models are asked for.
        measurement (`Measurement`): how it is scored.
        cache (`TokenCache`): the components' log-probabilities.
        device (`str`): where models are scored.

    Example:

    ```python
    with MixtureScorer.open(Path("runs/quickstart")) as scorer:
        rows = scorer.score(Mixture.of({"pandas": 0.7, "torch": 0.3}), proxy="merge", domains=["sympy"])
    ```
    """

    def __init__(
        self,
        pool: Pool,
        sources: list[TokenisedSource],
        measurement: Measurement,
        cache: TokenCache,
        device: str = "cpu",
    ) -> None:
        self.pool = pool
        self.sources = sources
        self.measurement = measurement
        self.cache = cache
        self.device = device
        self._is_open = False
        self._resources = ExitStack()
        self._resident: ResidentPool | None = None
        self._merged: Mixture | None = None
        self._next: dict[Mixture, Mixture] = {}
        self._compile_backend = compile_backend(measurement.compile, device, merges=1)
        self._scorer: Scorer | None = None

    @classmethod
    def open(
        cls,
        run_dir: Path,
        data: list[str] | None = None,
        sources: list[str] | None = None,
        pool_format: str | None = None,
        **options: Any,
    ) -> "MixtureScorer":
        """A scorer of a study's mixtures, whose rows are those that `hf-ablate evaluate` writes.

        Args:
            run_dir (`Path`): the study's run folder, with a corpus and trained components.
            data (`list[str]`, *optional*): evaluation text, see [`find_sources`]. Default: the study's own.
            sources (`list[str]`, *optional*): only these sources; the others are not read.
            pool_format (`str`, *optional*): how components are held for merges, see [`Pool`].
            options: fields of [`MeasurementOptions`]: `split`, `limit`, `limit_by`, `max_length`, `prefix`,
                `dtype`, `batch_tokens`, `compile`.
                Default: those of the study's scores, where it has been scored.

        Raises:
            `InputError`: if there is no component, they cannot be averaged, or there is no such text or source.
        """
        scores = RunFolder(run_dir).scores
        recorded = (find_manifest(scores) or {}).get("arguments", {})
        known = {name: recorded[name] for name in vars(MeasurementOptions()) if name in recorded}
        pool = read_pool(run_dir, pool_format=pool_format or recorded.get("pool_format", SAVED))
        asked = MeasurementOptions(**known | options)
        first = next(iter(pool.probes.values()))
        family = make_family([pool.proxy(MERGE, first)], asked)
        available = sources_of(run_dir, data or [], asked.split)
        text = tokenise_sources(family, choose_sources(available, sources))
        check_vocabulary(family, text)
        return cls.of_family(family, text, scores)

    @classmethod
    def of_family(cls, family: Family, sources: list[TokenisedSource], folder: Path) -> "MixtureScorer":
        """A scorer of the proxies of a family, on this process's device.

        Args:
            family (`Family`): models, proxies among them.
            sources (`list[TokenisedSource]`): the text, on the family's tokens.
            folder (`Path`): the folder of score rows, which holds the components' log-probabilities too.
        """
        cache = TokenCache.of_scores(folder, family.measurement.identity)
        return cls(family.pool, sources, family.measurement, cache, default_device())

    def __enter__(self) -> "MixtureScorer":
        self._is_open = True
        return self

    def __exit__(self, *exception: object) -> None:
        self._is_open = False
        self.close()

    def close(self) -> None:
        """Free the resident pool; a later merge loads it again."""
        self._release()
        self._resident = self._merged = None

    def _release(self) -> None:
        """Restore torch's settings and end the threads."""
        self._resources.close()
        self._scorer = None

    def score(
        self,
        mixture: Mixture,
        proxy: str = MERGE.option,
        domains: list[str] | None = None,
        extrapolate: bool = False,
    ) -> list[ScoreRow]:
        """The score rows of a mixture's proxy, one per source and domain.

        Args:
            mixture (`Mixture`): any mixture of the pool's units.
            proxy (`str`): `merge`, `ensemble` or `both`.
            domains (`list[str]`, *optional*): only these, as `<domain>`, `<source>/<domain>`, or `<source>` where a
                source has no domains. Sums over a part of a source may differ from those of the whole by float32
                rounding: other windows share a batch.
            extrapolate (`bool`): for a mixture outside the hull of the probes, score the nearest inside.

        Raises:
            `InputError`: for an unknown unit, proxy or domain, a mixture outside the hull of the components' probes,
                and a score that is not finite.
        """
        if domains is not None:
            self._check_domains(domains)
        chosen = [(source, None if domains is None else source.documents_of(domains)) for source in self.sources]
        chosen = [(source, documents) for source, documents in chosen if documents is None or len(documents)]
        rows = []
        try:
            for model in [self.pool.proxy(one, mixture, extrapolate) for one in find_proxies(proxy)]:
                if model.kind == ENSEMBLE.kind:
                    self.cache_components(model.coefficients.units, [source for source, _ in chosen])
                for source, documents in chosen:
                    text = source if documents is None else source.select(documents)
                    sums = self.document_sums(model, source, documents)
                    rows += text.domain_rows(sums, **self.measurement.row_fields(model))
        finally:
            if not self._is_open:
                self._release()
        return rows

    def cache_components(
        self, names: list[str], sources: list[TokenisedSource], progress: Advance | None = None
    ) -> None:
        """Compute the log-probabilities of components that are not in the cache.

        Args:
            names (`list[str]`): of the components.
            sources (`list[TokenisedSource]`): on these sources.
            progress (`Callable[[int], object]`, *optional*): called with the number of tokens just scored.
        """
        for name in names:
            component = self.pool.components[name]
            missing = [source for source in sources if not self.cache.has(component.digest, source.source.digest)]
            if missing:
                for source, logprobs, _ in score_saved(component, missing, self.measurement, self.device, progress):
                    self.cache.write(component.digest, source.source.digest, logprobs)

    def component_logprobs(
        self, name: str, source: TokenisedSource, documents: np.ndarray | None = None
    ) -> np.ndarray:
        """The log-probabilities that a component gives the tokens of a source, which have been cached.

        Args:
            name (`str`): of the component.
            source (`TokenisedSource`): one of the sources.
            documents (`np.ndarray`, *optional*): [documents], numbers of those to return. Default: all.

        Returns:
            `np.ndarray`: [tokens], float32, natural logarithm.
        """
        token_logprobs = self.cache.read(self.pool.components[name].digest, source.source.digest)
        return token_logprobs if documents is None else token_logprobs[source.stream.token_positions(documents)]

    def document_sums(
        self,
        model: ScoredModel,
        source: TokenisedSource,
        documents: np.ndarray | None = None,
        progress: Advance | None = None,
    ) -> np.ndarray:
        """Sums of log-probability over documents under a proxy.

        Args:
            model (`ScoredModel`): a proxy of the pool.
            source (`TokenisedSource`): one of the sources.
            documents (`np.ndarray`, *optional*): [documents], numbers of those to score. Default: all.
            progress (`Callable[[int], object]`, *optional*): called with the number of tokens just scored.

        Returns:
            `np.ndarray`: [documents], float64, natural logarithm.

        Raises:
            `InputError`: for a sum that is NaN or infinite.
        """
        text = source if documents is None else source.select(documents)
        if model.kind == ENSEMBLE.kind:
            names, weights = model.coefficients.units, list(model.coefficients.weights.values())
            self.cache_components(names, [source], progress)
            parts = [self.component_logprobs(name, source, documents) for name in names]
            token_logprobs = ensemble_logprobs(parts, weights)
        elif self.pool.is_component(model) and self._is_cached(model.coefficients.units[0], source):
            token_logprobs = self.component_logprobs(model.coefficients.units[0], source, documents)
        else:
            token_logprobs = self._scorer_of(model.coefficients).token_logprobs(text.stream, progress)
        return finite_sums(model, text, token_logprobs, self.measurement.dtype)

    def window_sums(
        self, merge: ScoredModel, source: TokenisedSource, windows: Windows, progress: Advance | None = None
    ) -> np.ndarray:
        """Sums of log-probability over windows of a source under a merge.

        Args:
            merge (`ScoredModel`): a merge of the pool.
            source (`TokenisedSource`): one of the sources.
            windows (`Windows`): some of its windows, of this measurement's length.
            progress (`Callable[[int], object]`, *optional*): called with the number of tokens just scored.

        Returns:
            `np.ndarray`: [windows], float64, natural logarithm.

        Raises:
            `InputError`: for a sum that is NaN or infinite.
        """
        sums = self._scorer_of(merge.coefficients).window_sums(source.stream, windows, progress)
        documents, number = np.unique(windows.documents(source.stream), return_inverse=True)
        check_finite(merge, source.select(documents), np.bincount(number, sums), self.measurement.dtype)
        return sums

    def expect(self, merges: list[ScoredModel]) -> None:
        """Say which merges will be scored, in this order: the next can be made while one is scored.

        Args:
            merges (`list[ScoredModel]`): of the pool, unlike each other.
        """
        coefficients = [merge.coefficients for merge in merges]
        self._next = dict(pairwise(coefficients))
        self._compile_backend = compile_backend(self.measurement.compile, self.device, len(merges))

    def merged_model(self, coefficients: Mixture) -> "PreTrainedModel":
        """An average of components; the same object at every call, which the next merge overwrites.

        Args:
            coefficients (`Mixture`): of the components, by name.

        Raises:
            `InputError`: if the components cannot be held in the pool's format.
        """
        resident = self.resident_pool
        if coefficients != self._merged:
            self._merged = None  # until the merge is complete
            resident.merge(coefficients)
            self._merged = coefficients
            if following := self._next.get(coefficients):
                resident.prepare(following)
        return resident.model

    @property
    def resident_pool(self) -> "ResidentPool":
        """The components in memory, loaded now unless they are."""
        if self._resident is None:
            import torch

            from ...merging.resident import ResidentPool

            seed = self.pool.seed and self.pool.seed.folder
            dtype = getattr(torch, self.measurement.dtype)
            self._resident = ResidentPool(self.pool.folders, dtype, self.device, self.pool.pool_format, seed)
        return self._resident

    def _scorer_of(self, coefficients: Mixture) -> Scorer:
        model = self.merged_model(coefficients)
        if self._scorer is None:
            measurement = self.measurement
            scorer = Scorer(
                model, measurement.max_length, measurement.batch_tokens, compile_backend=self._compile_backend
            )
            self._scorer = self._resources.enter_context(scorer)
        return self._scorer

    def _is_cached(self, name: str, source: TokenisedSource) -> bool:
        return self.cache.has(self.pool.components[name].digest, source.source.digest)

    def _check_domains(self, domains: list[str]) -> None:
        known = sorted({name for source in self.sources for name in source.domain_names})
        for domain in domains:
            if domain not in known:
                raise unknown_name("domain", domain, known)
