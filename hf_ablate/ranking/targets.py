"""The targets of a ranking: domains, tasks, sources, groups of units, the mean of all domains, and a weighed one."""

from dataclasses import dataclass

import numpy as np

from ..evaluation.scoring.task_results import TASKS
from ..mixtures.ranked import MEAN
from ..prediction.evidence import Evidence
from ..prediction.targets import pooled_name


DOMAIN, TASK, POOLED, WEIGHTED = "domain", "task", "source", "weighted"  # levels
TASK_MEAN = "task_mean"


@dataclass(frozen=True)
class Target:
    """What mixtures are ranked on.

    Args:
        name (`str`): `<source>/<domain>`, `<source>` (the mean of its domains, or a source without domains),
            `pooled:<source>` (all its text), `FIELD=VALUE` (the mean of the domains of a group of units), `mean` (the
            mean of all domains), `tasks/<task>`, `tasks` (their mean), or a weighted sum of these.
        level (`str`): `domain`, `task`, `source_mean`, `task_mean`, `source` (pooled), `group`, `mean` or `weighted`.
        source (`str`, *optional*): the source, none for `mean`, groups and sums; `tasks` for tasks.
        domain (`str`, *optional*): the domain or task, none for averages and sources without domains.
        weights (`np.ndarray`): [domains], they sum to 1.
    """

    name: str
    level: str
    source: str | None
    domain: str | None
    weights: np.ndarray

    @property
    def key(self) -> dict[str, str | None]:
        """What identifies the target in a record: `target`, `level`, `source`, `domain`."""
        return {"target": self.name, "level": self.level, "source": self.source, "domain": self.domain}

    def of(self, values: np.ndarray) -> np.ndarray:
        """The values for this target.

        Args:
            values (`np.ndarray`): [..., domains].

        Returns:
            `np.ndarray`: [...], NaN where the value of a domain with a weight is missing.
        """
        columns = np.flatnonzero(self.weights)
        return values[..., columns] @ self.weights[columns]


def targets_of(evidence: Evidence) -> list[Target]:
    """What mixtures are ranked on.

    `mean` comes first; then, for each source of several domains, their mean and all its text pooled, followed by its
    domains; then the mean of tasks and the tasks, the means of groups of units, and the study's target, if it is none
    of these.

    Args:
        evidence ([`Evidence`]): of the study.

    Raises:
        `InputError`: for a mistake in the study's target.
    """
    domains = evidence.domains
    parts = [domain.partition("/") for domain in domains]

    def target(name: str, level: str, source: str | None = None, domain: str | None = None) -> Target:
        found = evidence.target(name)
        return Target(found.name, level, source, domain, found.weights)

    targets = [target(MEAN, MEAN)]
    for source in dict.fromkeys(source for source, _, _ in parts):
        own = [
            (name, domain or None) for name, (other, _, domain) in zip(domains, parts, strict=True) if other == source
        ]
        is_text = source != TASKS or not evidence.tasks
        if len(own) > 1 or not is_text:
            targets.append(target(source, "source_mean" if is_text else TASK_MEAN, source))
        if source in evidence.pooled:
            targets.append(target(pooled_name(source), POOLED, source))
        targets += [target(name, DOMAIN if is_text else TASK, source, domain) for name, domain in own]
    targets += [target(group, "group") for group in evidence.group_means]
    asked = evidence.target()
    is_known = any(known.name == asked.name for known in targets)
    return targets if is_known else [*targets, Target(asked.name, WEIGHTED, None, None, asked.weights)]
