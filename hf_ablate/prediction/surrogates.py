"""The surrogates of all kinds of proxies: of text and tasks, and of macro proxies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..mixtures.grouping import regroup
from ..mixtures.proxies import PROXIES, by_groups
from .evidence import Evidence
from .process import Kernels
from .surrogate import Surrogate, fit_surrogate


@dataclass(frozen=True)
class PartedSurrogate:
    """A proxy's scores for any mixture, those on text and those on tasks learned apart.

    Tasks are noisier, and a kernel in common would suit neither; and mixtures that have one need not have the other.

    Args:
        of_text ([`Surrogate`]): of the first domains.
        of_tasks ([`Surrogate`], *optional*): of the others; none for a proxy that takes no tasks.
        domains (`int`): how many there are.
    """

    of_text: Surrogate
    of_tasks: Surrogate | None
    domains: int

    @property
    def is_defined(self) -> np.ndarray:
        """[domains], whether the proxy has losses on the domain."""
        return np.arange(self.domains) < (len(self.of_text.is_defined) if self.of_tasks is None else self.domains)

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """As [`Surrogate.losses`].

        Returns:
            `np.ndarray`: [mixtures, domains]; NaN for domains that the proxy is not defined on.
        """
        return self._joined(lambda part: part.losses(weights), len(weights))

    def sd(self, weights: np.ndarray) -> np.ndarray:
        """As [`Surrogate.sd`].

        Returns:
            `np.ndarray`: [mixtures, domains]; NaN for domains that the proxy is not defined on.
        """
        return self._joined(lambda part: part.sd(weights), len(weights))

    def is_scored(self, weights: np.ndarray) -> np.ndarray:
        """As [`Surrogate.is_scored`], on text.

        Returns:
            `np.ndarray`: [mixtures], bool.
        """
        return self.of_text.is_scored(weights)

    def _joined(self, values: Callable[[Surrogate], np.ndarray], mixtures: int) -> np.ndarray:
        joined = np.full((mixtures, self.domains), np.nan)
        joined[:, : len(self.of_text.is_defined)] = values(self.of_text)
        if self.of_tasks is not None:
            joined[:, len(self.of_text.is_defined) :] = values(self.of_tasks)
        return joined


@dataclass(frozen=True)
class MacroSurrogate:
    """The scores of a macro proxy for any mixture: those of the proxy for the regrouped one.

    Args:
        surrogate ([`Surrogate`] or [`PartedSurrogate`]): of the proxy.
        members (`np.ndarray`): [units, groups], 1 where a unit is in a group, else 0.
    """

    surrogate: Surrogate | PartedSurrogate
    members: np.ndarray

    @property
    def is_defined(self) -> np.ndarray:
        """As [`PartedSurrogate.is_defined`]."""
        return self.surrogate.is_defined

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """As [`Surrogate.losses`].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        return self.surrogate.losses(regroup(weights, self.members))

    def sd(self, weights: np.ndarray) -> np.ndarray:
        """As [`Surrogate.sd`].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        return self.surrogate.sd(regroup(weights, self.members))

    def is_scored(self, weights: np.ndarray) -> np.ndarray:
        """As [`Surrogate.is_scored`].

        Returns:
            `np.ndarray`: [mixtures], bool.
        """
        return self.surrogate.is_scored(regroup(weights, self.members))


AnySurrogate = Surrogate | PartedSurrogate | MacroSurrogate


def fit_surrogates(evidence: Evidence) -> dict[str, AnySurrogate]:
    """The surrogate of each kind of proxy that some mixture of two units or more was scored for on all text.

    Those of macro proxies follow; they are the same, of regrouped mixtures.

    Reference models are not looked at: the folds of a cross-validation over them can share what this gives.

    Args:
        evidence ([`Evidence`]): with the scores of proxies and components.
    """
    found = {proxy: surrogate for proxy in PROXIES if (surrogate := _fit_surrogate_of(proxy.kind, evidence))}
    macro = {
        by_groups(proxy, field).kind: MacroSurrogate(surrogate, members)
        for field, members in evidence.groups.items()
        for proxy, surrogate in found.items()
    }
    return {proxy.kind: surrogate for proxy, surrogate in found.items()} | macro


def _fit_surrogate_of(kind: str, evidence: Evidence) -> Surrogate | PartedSurrogate | None:
    """That of a kind of proxy; `None` where it has too few scores on text."""
    scored, texts = evidence.proxies.get(kind), evidence.number_of_texts

    def part(domains: slice, logarithmic: bool) -> Surrogate | None:
        own = scored.on(domains)
        if not ((own.complete().weights > 0).sum(axis=1) > 1).any():
            return None
        return fit_surrogate(kind, own, evidence.components[:, domains], logarithmic, evidence.kernels)

    of_text = None if scored is None else part(slice(texts), evidence.unit_of_measure.startswith("perplexity"))
    if of_text is None or not evidence.tasks:
        return of_text
    return PartedSurrogate(of_text, part(slice(texts, None), logarithmic=False), len(evidence.domains))


def kernels_of(surrogates: Iterable[AnySurrogate]) -> Kernels:
    """The kernel parameters of surrogates that need not be searched for again, see [`Process`].

    Args:
        surrogates (`Iterable[AnySurrogate]`): those of macro proxies are of the same processes as the others.
    """
    found: dict[str, Sequence[float]] = {}
    for surrogate in surrogates:
        parts = [surrogate.of_text, surrogate.of_tasks] if isinstance(surrogate, PartedSurrogate) else [surrogate]
        for part in parts:
            if isinstance(part, Surrogate):
                found.update(part.kernels)
    return found
