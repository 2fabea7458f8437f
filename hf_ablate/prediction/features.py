"""The predictors that a study's evidence gives for any mixture, before they are calibrated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..mixtures.proxies import is_of_trained_groups
from .candidates import LAWS, OTHER_SCALE, OWN_WEIGHT, SINGLE, SOFT_MINIMUM, in_order
from .evidence import Evidence
from .laws.averaged import AveragedLaws, enough_runs, fit_averaged_laws, with_trees
from .observations import Observations, averaged
from .other_scale import OtherScale
from .scored import Scored
from .soft_minimum import soft_minimum
from .stack import Features
from .surrogates import AnySurrogate, fit_surrogates


@dataclass(frozen=True)
class FeatureTable:
    """What each predictor says of any mixture; lower is better for all.

    Args:
        evidence ([`Evidence`]): what it comes from.
        references ([`Observations`]): what predictors are calibrated on: the reference models with a loss on every
            domain, repeats of a mixture as one with their mean.
        proxies (`Mapping[str, AnySurrogate]`): kind of proxy → its scores, of any mixture.
        laws ([`AveragedLaws`], *optional*): fitted on the references and components, where there are enough of them.
        other_scale ([`OtherScale`], *optional*): what the runs at the next smaller scale say.
        trained (`Mapping[str, Scored]`): kind of merges of models that were trained on groups → its scores, of the
            mixtures that have such models. They are not a predictor: most mixtures have none.
    """

    evidence: Evidence
    references: Observations
    proxies: Mapping[str, AnySurrogate]
    laws: AveragedLaws | None
    other_scale: OtherScale | None
    trained: Mapping[str, Scored] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The predictors that there are, the one that answers where none can be judged first."""
        known = [*(single.name for single in SINGLE), *self.proxies]
        return in_order([name for name in dict.fromkeys(known) if self._is_available(name)])

    @property
    def scored_proxies(self) -> dict[str, AnySurrogate | Scored]:
        """All kinds of proxies that there are scores of."""
        return {**self.proxies, **self.trained}

    @property
    def proxy_names(self) -> list[str]:
        """The predictors that stand in for models on the mixtures themselves, without any run on a mixture."""
        return [name for name in self.names if name in self.evidence.proxies or name == SOFT_MINIMUM]

    def is_fitted(self, name: str) -> bool:
        """Whether a predictor is fitted on the references, so that its values there are only fair out of sample."""
        return name == LAWS or (self.laws is not None and name in self.laws.laws)

    def is_defined(self, name: str) -> np.ndarray:
        """The domains that a predictor has values for.

        Args:
            name (`str`): of the predictor.

        Returns:
            `np.ndarray`: [domains], bool.
        """
        if name in self.scored_proxies:
            return self.scored_proxies[name].is_defined
        if name == OWN_WEIGHT:
            return np.array([unit is not None for unit in self.evidence.own_units])
        return np.full(len(self.evidence.domains), True)

    def stand_ins(self, name: str) -> list[tuple[str, np.ndarray]]:
        """What answers for a proxy on the tasks that it does not take: the first proxy that takes each.

        Args:
            name (`str`): of a predictor.

        Returns:
            `list[tuple[str, np.ndarray]]`: predictors, each with the domains that it answers on, [domains], bool.
        """
        if name not in self.proxies:
            return []
        left, found = self.evidence.is_task & ~self.is_defined(name), []
        for other in self.proxy_names:
            taken = left & self.is_defined(other)
            if taken.any():
                found.append((other, taken))
            left = left & ~taken
        return found

    def expected_slopes(self, names: Sequence[str], slopes: Sequence[float]) -> np.ndarray:
        """The slopes that are expected of features, domain by domain.

        On a task that the first proxy does not take, the next that does has its place.

        Args:
            names (`Sequence[str]`): of the features.
            slopes (`Sequence[float]`): that are expected of them where all are defined.

        Returns:
            `np.ndarray`: [domains, features].
        """
        expected = np.tile(slopes, (len(self.evidence.domains), 1))
        for other, taken in self.stand_ins(names[0]) if len(names) > 1 else ():
            expected[taken, names.index(other)] = expected[taken, 0]
            expected[taken, 0] = 0.0
        return expected

    def values(self, name: str, weights: np.ndarray) -> np.ndarray:
        """What one predictor says.

        Args:
            name (`str`): of the predictor.
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains]; NaN for domains that it is not defined on.
        """
        components = self.evidence.components
        if name in self.scored_proxies:
            return self.scored_proxies[name].losses(weights)
        if name == OTHER_SCALE:
            return self.other_scale.losses(weights)
        if name == LAWS:
            return self.laws.losses(weights)
        if self.laws is not None and name in self.laws.laws:
            return self.laws.laws[name].losses(weights)
        if name == SOFT_MINIMUM:
            return soft_minimum(weights, components)
        if name == "component_mean":
            return weights @ components
        if name == "component_min":
            return np.column_stack([np.where(weights > 0, losses, np.inf).min(axis=1) for losses in components.T])
        if name == OWN_WEIGHT:
            return self._own_weight(weights)
        return -np.repeat((weights > 0).sum(axis=1)[:, None], len(self.evidence.domains), axis=1).astype(float)

    def at(self, names: Sequence[str], weights: np.ndarray, with_errors: bool = True) -> Features:
        """Predictors' values as features of the stack; 0 for a domain that one is not defined on.

        Where one proxy is all that is asked for, others stand in for it on the tasks that it does not take.

        Args:
            names (`Sequence[str]`): of the predictors.
            weights (`np.ndarray`): [mixtures, units].
            with_errors (`bool`): whether their errors are found too, which takes longer.
        """
        values = _zero_for_missing(self._joined(names, lambda name: self.values(name, weights)))
        if not with_errors:
            return Features(values, np.sqrt(weights))
        errors = self._joined(names, lambda name: self._errors(name, weights))
        return Features(values, np.sqrt(weights), errors)

    def at_references(self, names: Sequence[str]) -> Features:
        """The same for the references; of laws fitted on them, each as the others predict it.

        Args:
            names (`Sequence[str]`): of the predictors.
        """
        weights = self.references.weights
        left_out = {} if self.laws is None else {LAWS: self.laws} | dict(self.laws.laws)

        def values(name: str) -> np.ndarray:
            return left_out[name].leave_one_out[: len(weights)] if name in left_out else self.values(name, weights)

        return Features(_zero_for_missing(self._joined(names, values)), np.sqrt(weights))

    def _joined(self, names: Sequence[str], values: Callable[[str], np.ndarray]) -> np.ndarray:
        """[mixtures, domains, features]."""
        columns = [values(name) for name in names]
        for other, taken in self.stand_ins(names[0]) if len(names) == 1 else ():
            columns[0] = np.where(taken, values(other), columns[0])
        return np.stack(columns, axis=2)

    def _is_available(self, name: str) -> bool:
        if name in ("soft_minimum", "component_mean", "component_min"):
            return bool(np.isfinite(self.evidence.components).all())
        if name == OWN_WEIGHT:
            return any(unit is not None for unit in self.evidence.own_units)
        if name == OTHER_SCALE:
            return self.other_scale is not None
        if self.is_fitted(name):
            return self.laws is not None
        return name in self.proxies or name == "number_of_units"

    def _errors(self, name: str, weights: np.ndarray) -> np.ndarray:
        """How far a predictor's values may be off beyond what they are at the references: [mixtures, domains].

        0 for a domain that it is not defined on, NaN for a mixture with a unit that nothing is known of.
        """
        if name in self.proxies:
            return np.where(self.is_defined(name), self.proxies[name].sd(weights), 0.0)
        if name == OTHER_SCALE:
            return self.other_scale.extrapolation(weights)
        if name == LAWS:
            return self.laws.extrapolation(weights)
        return np.zeros((len(weights), len(self.evidence.domains)))

    def _own_weight(self, weights: np.ndarray) -> np.ndarray:
        values = np.full((len(weights), len(self.evidence.domains)), np.nan)
        for domain, unit in enumerate(self.evidence.own_units):
            if unit is not None:
                values[:, domain] = -np.sqrt(weights[:, unit])
        return values


def _zero_for_missing(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values, nan=0.0)


def fit_features(evidence: Evidence, other_scale: OtherScale | None = None, trees: bool = False) -> FeatureTable:
    """Fit what needs fitting: the laws, and the surrogates of proxies.

    Args:
        evidence ([`Evidence`]): of a study.
        other_scale ([`OtherScale`], *optional*): what the runs at the next smaller scale say.
        trees (`bool`): whether gradient-boosted trees are fitted as well.

    Raises:
        `InputError`: for trees where LightGBM is not installed.
    """
    references = averaged(evidence.references.complete())
    # Otherwise runs on one unit are among the references, or components are of another scale than these.
    has_components = np.isfinite(evidence.components).all() and not evidence.own_scale
    runs = references.joined(evidence.component_runs) if has_components else references
    laws = fit_averaged_laws(runs) if enough_runs(runs) else None
    laws = with_trees(laws, runs) if laws and trees else laws
    proxies = fit_surrogates(evidence)
    trained = {
        kind: Scored.of(scored.weights, scored.losses)
        for kind, scored in evidence.proxies.items()
        if is_of_trained_groups(kind)
    }
    return FeatureTable(evidence, references, proxies, laws, other_scale, trained)
