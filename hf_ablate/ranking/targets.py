"""The targets of a ranking: domains, sources, groups of units, the mean of all domains, and one that a user weighs."""

from dataclasses import dataclass

import numpy as np

from ..mixtures.ranked import MEAN
from ..prediction.evidence import Evidence
from ..prediction.targets import pooled_name


DOMAIN, POOLED, WEIGHTED = "domain", "source", "weighted"  # levels


@dataclass(frozen=True)
class Target:
    """What mixtures are ranked on.

    Args:
        name (`str`): `<source>/<domain>`, `<source>` (the mean of its domains, or a source without domains),
            `pooled:<source>` (all its text), `FIELD=VALUE` (the mean of the domains of a group of units), `mean` (the
            mean of all domains), or a weighted sum of these.
        level (`str`): `domain`, `source_mean`, `source` (pooled), `group`, `mean` or `weighted`.
        source (`str`, *optional*): the source, none for `mean`, groups and sums.
        domain (`str`, *optional*): the domain, none for averages and sources without domains.
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


def targets_of(evidence: Evidence, weighted: str | None = None) -> list[Target]:
    """What mixtures are ranked on.

    `mean` comes first; then, for each source of several domains, their mean and all its text pooled, followed by its
    domains; then the means of groups of units, and the weighted target.

    Args:
        evidence ([`Evidence`]): of the study.
        weighted (`str`, *optional*): weights of other targets as JSON.

    Raises:
        `InputError`: for a mistake in the weighted target.
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
        if len(own) > 1:
            targets.append(target(source, "source_mean", source))
        if source in evidence.pooled:
            targets.append(target(pooled_name(source), POOLED, source))
        targets += [target(name, DOMAIN, source, domain) for name, domain in own]
    targets += [target(group, "group") for group in evidence.group_means]
    return targets if weighted is None else [*targets, target(weighted, WEIGHTED)]
