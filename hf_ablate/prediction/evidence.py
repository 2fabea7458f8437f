"""All that is known of a study's mixtures: reference models, components, proxies, and runs at other scales."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..mixtures.mixture import Mixture, weight_text
from ..mixtures.ranked import MEAN
from ..mixtures.weights import weights_of
from .observations import Observations
from .process import Kernels
from .targets import DomainWeights, domain_weights, pooled_name


@dataclass(frozen=True)
class Evidence:
    """What predictors are fitted on. All arrays have the same order of units and of domains.

    Args:
        units (`tuple[str, ...]`): what mixtures are made of.
        domains (`tuple[str, ...]`): the targets that are single domains, `<source>/<domain>`; downstream tasks, which
            count as domains of their own, come last.
        own_units (`tuple[int | None, ...]`): for each domain, the unit that it is held out from, as an index.
        references (`Observations`): models really trained at the scale that is asked about; predictors are calibrated
            and judged on them.
        components (`np.ndarray`): [units, domains], the losses of the component models; NaN where there is none.
        proxies (`Mapping[str, Observations]`): kind of proxy → the mixtures that it was scored for.
        other_scales (`Mapping[str, Observations]`): scale → models really trained at it.
        seed (`np.ndarray`, *optional*): [domains], the losses of the seed model.
        left_out (`Mapping[str, str]`): id → name of mixtures whose reference model is left out, because a component is
            the same model.
        scale (`str`): of the references; empty for a study with one scale.
        own_scale (`str`): of components and proxies, where the references are those of another run folder; losses of
            these then are not losses at the scale that is asked about, and only order mixtures.
        unit_of_measure (`str`): of the losses.
        groups (`Mapping[str, np.ndarray]`): field → [units, groups], 1 where a unit is in a group by it, else 0; of
            the fields by which every proxy has a macro proxy as well.
        group_means (`Mapping[str, np.ndarray]`): group of units (`FIELD=VALUE`) → [domains], the weight of each
            domain in the mean of those that are held out from its units.
        pooled (`Mapping[str, np.ndarray]`): source of several domains → [domains], the share of each in its text;
            empty where losses are not in bits per byte, which alone add up over text.
        tasks (`Mapping[str, str]`): the last of the domains, downstream tasks → the unit of measure of each.
        study_target (`str`, *optional*): what mixtures are judged on where no target is asked for, as
            [`domain_weights`] takes it; none: the mean of all domains.
        kernels (`Mapping[str, Sequence[float]]`): of the proxies' surrogates, as far as they were found before.
    """

    units: tuple[str, ...]
    domains: tuple[str, ...]
    own_units: tuple[int | None, ...]
    references: Observations
    components: np.ndarray
    proxies: Mapping[str, Observations] = field(default_factory=dict)
    other_scales: Mapping[str, Observations] = field(default_factory=dict)
    seed: np.ndarray | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    scale: str = ""
    own_scale: str = ""
    unit_of_measure: str = "bits per byte"
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    group_means: Mapping[str, np.ndarray] = field(default_factory=dict)
    pooled: Mapping[str, np.ndarray] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    study_target: str | None = None
    kernels: Kernels = field(default_factory=dict)

    def target(self, asked: str | Mapping[str, float] | None = None) -> DomainWeights:
        """What mixtures are judged on.

        Args:
            asked (`str` or `Mapping[str, float]`, *optional*): as [`domain_weights`] takes it. Default: the
                study's target.

        Raises:
            `InputError`: as [`domain_weights`] does.
        """
        pooled = {pooled_name(source): weights for source, weights in self.pooled.items()}
        asked = self.study_target if asked is None else asked
        return domain_weights(asked, self.domains, {**self.group_means, **pooled, **self._mean_without_tasks})

    def unit_of(self, target: np.ndarray) -> str:
        """The unit of measure of a target; of one that adds several, all of them.

        Args:
            target (`np.ndarray`): [domains], the weight of each domain.
        """
        return " and ".join(self._by_unit(target))

    def mixed_units(self, target: np.ndarray) -> str | None:
        """What a target adds that is in different units, as a sentence; `None` where it has one unit.

        Args:
            target (`np.ndarray`): [domains], the weight of each domain.
        """
        shares = [
            f"{weight_text(sum(parts.values()))} of {unit} ({', '.join(list(parts)[:3])}{', …' * (len(parts) > 3)})"
            for unit, parts in self._by_unit(target).items()
        ]
        return f"The target adds numbers in different units: {' and '.join(shares)}." if len(shares) > 1 else None

    def _by_unit(self, target: np.ndarray) -> dict[str, dict[str, float]]:
        """Unit of measure → the domains in a target that are measured in it, with their weights."""
        found: dict[str, dict[str, float]] = {}
        for position in np.flatnonzero(target):
            domain = self.domains[position]
            found.setdefault(self.tasks.get(domain, self.unit_of_measure), {})[domain] = float(target[position])
        return found

    def without(self, tasks: Collection[str]) -> "Evidence":
        """The same without some of the tasks."""
        kept = np.array([domain not in tasks for domain in self.domains])
        return replace(
            self,
            domains=tuple(domain for domain in self.domains if domain not in tasks),
            own_units=tuple(unit for unit, is_kept in zip(self.own_units, kept, strict=True) if is_kept),
            references=self.references.on(kept),
            components=self.components[:, kept],
            proxies={kind: scored.on(kept) for kind, scored in self.proxies.items()},
            other_scales={scale: runs.on(kept) for scale, runs in self.other_scales.items()},
            seed=None if self.seed is None else self.seed[kept],
            group_means={group: weights[kept] for group, weights in self.group_means.items()},
            pooled={source: weights[kept] for source, weights in self.pooled.items()},
            tasks={task: unit for task, unit in self.tasks.items() if task not in tasks},
        )

    @property
    def number_of_texts(self) -> int:
        """How many of the domains are text; those after them are tasks."""
        return len(self.domains) - len(self.tasks)

    @property
    def is_task(self) -> np.ndarray:
        """[domains], whether each is a task."""
        return np.arange(len(self.domains)) >= self.number_of_texts

    @property
    def _mean_without_tasks(self) -> dict[str, np.ndarray]:
        return {MEAN: ~self.is_task / self.number_of_texts} if self.tasks else {}

    @property
    def component_runs(self) -> Observations:
        """The components as runs on one unit each."""
        return Observations(self.units, np.eye(len(self.units)), self.components)

    def with_references(self, rows: np.ndarray) -> "Evidence":
        """The same with some of the reference models only: what is known inside a fold of a cross-validation."""
        return replace(self, references=self.references.only(rows))

    @cached_property
    def known_mixtures(self) -> np.ndarray:
        """The weights of every mixture that anything was measured of, each once: [mixtures, units]."""
        observed = [self.references, *self.proxies.values(), *self.other_scales.values()]
        weights = {name: row for some in observed for name, row in zip(some.ids, some.weights, strict=True)}
        return np.array(list(weights.values())).reshape(len(weights), len(self.units))

    def weights_of(self, mixtures: list[Mixture]) -> np.ndarray:
        """The weights of mixtures as an array.

        Returns:
            `np.ndarray`: [mixtures, units], float64.

        Raises:
            `InputError`: for a unit that the study does not have.
        """
        known = dict.fromkeys(self.units)  # in which a unit is found in an instant
        for mixture in mixtures:
            mixture.check_units(known)
        return weights_of(mixtures, self.units)

    def mixture_of(self, weights: np.ndarray) -> Mixture:
        """The mixture with these weights, [units]; what is below one millionth counts as zero."""
        return Mixture.of(
            {unit: float(weight) for unit, weight in zip(self.units, weights, strict=True) if weight > 1e-6}
        )
