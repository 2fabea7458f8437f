"""The targets of a ranking: every domain, every source, the mean of all domains, and one that a user weighs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..mixtures.ranked import MEAN
from ..prediction.targets import domain_weights


WEIGHTED = "weighted"


@dataclass(frozen=True)
class Target:
    """What mixtures are ranked on.

    Args:
        name (`str`): `<source>/<domain>`, `<source>` (the mean of its domains, or a source without domains), `mean`
            (the mean of all domains), or a weighted sum of these.
        level (`str`): `domain`, `source_mean`, `mean` or `weighted`.
        source (`str`, *optional*): the source, none for `mean` and sums.
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


def targets_of(domains: Sequence[str], weighted: str | None = None) -> list[Target]:
    """`mean` first, then each source's mean (of two domains or more) followed by its domains, then the weighted one.

    Args:
        domains (`Sequence[str]`): `<source>/<domain>`, or a source without domains.
        weighted (`str`, *optional*): weights of domains and sources as JSON.

    Raises:
        `InputError`: for a mistake in the weighted target.
    """
    parts = [domain.partition("/") for domain in domains]
    targets = [_target(MEAN, MEAN, None, None, domains)]
    for source in dict.fromkeys(source for source, _, _ in parts):
        own = [
            (name, domain or None) for name, (other, _, domain) in zip(domains, parts, strict=True) if other == source
        ]
        if len(own) > 1:
            targets.append(_target(source, "source_mean", source, None, domains))
        targets += [_target(name, "domain", source, domain, domains) for name, domain in own]
    if weighted is not None:
        chosen = domain_weights(weighted, domains)
        targets.append(Target(chosen.name, WEIGHTED, None, None, chosen.weights))
    return targets


def _target(name: str, level: str, source: str | None, domain: str | None, domains: Sequence[str]) -> Target:
    return Target(name, level, source, domain, domain_weights(name, domains).weights)
