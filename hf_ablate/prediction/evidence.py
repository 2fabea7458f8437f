"""All that is known of a study's mixtures: reference models, components, proxies, and runs at other scales."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..mixtures.mixture import Mixture
from ..mixtures.ranked import MEAN
from .observations import Observations
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

    def target(self, asked: str | Mapping[str, float] | None = None) -> DomainWeights:
        """What mixtures are judged on.

        Args:
            asked (`str` or `Mapping[str, float]`, *optional*): as [`domain_weights`] takes it. Default: the mean of
                all domains, without tasks.

        Raises:
            `InputError`: as [`domain_weights`] does.
        """
        pooled = {pooled_name(source): weights for source, weights in self.pooled.items()}
        return domain_weights(asked, self.domains, {**self.group_means, **pooled, **self._mean_without_tasks})

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

    def known_mixtures(self) -> np.ndarray:
        """The weights of every mixture that anything was measured of, each once.

        Returns:
            `np.ndarray`: [mixtures, units].
        """
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
        for mixture in mixtures:
            mixture.check_units(list(self.units))
        return np.array([[mixture.weights.get(unit, 0.0) for unit in self.units] for mixture in mixtures])

    def mixture_of(self, weights: np.ndarray) -> Mixture:
        """The mixture with these weights, [units]; what is below one millionth counts as zero."""
        return Mixture.of(
            {unit: float(weight) for unit, weight in zip(self.units, weights, strict=True) if weight > 1e-6}
        )
