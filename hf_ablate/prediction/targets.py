"""What mixtures are judged on, as the weight of every domain in it."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..errors import InputError
from ..mixtures.mixture import check_weight, weight_text
from ..mixtures.ranked import MEAN, find_target


@dataclass(frozen=True)
class DomainWeights:
    """A target as weights of domains: the score on it is the weighted sum of the scores on the domains.

    Args:
        name (`str`): `mean`, `<source>`, `<source>/<domain>`, or a sum such as `0.75 in_domain/pandas + 0.25 web`.
        weights (`np.ndarray`): [domains], not negative; they sum to 1.
    """

    name: str
    weights: np.ndarray

    @property
    def label(self) -> str:
        """What people read."""
        return "mean of domains" if self.name == MEAN else self.name


def pooled_name(source: str) -> str:
    """What the target is called that is all text of a source, long documents counting more.

    Example:

    ```python
    >>> pooled_name("in_domain")
    'pooled:in_domain'

    ```
    """
    return f"pooled:{source}"


def domain_weights(
    target: str | Mapping[str, float] | None,
    domains: Sequence[str],
    others: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> DomainWeights:
    """The target that a user asks for.

    Args:
        target (`str` or `Mapping[str, float]`, *optional*): `mean` (the mean of all domains; the default), a source
            (the mean of its domains), `<source>/<domain>`, `<domain>` where only one source has it, one of the
            others, or a mapping from these to weights, which text gives as JSON. The weight of a source is shared out
            equally among its domains.
        domains (`Sequence[str]`): the domains, `<source>/<domain>`, as in [`Evidence`].
        others (`Mapping[str, np.ndarray]`): target → [domains], the weight of each domain in it: groups of units, and
            sources as one text.

    Raises:
        `InputError`: for an unknown name, with the nearest, and for weights that are negative or all zero.

    Example:

    ```python
    >>> domains = ["in_domain/pandas", "in_domain/scipy", "web"]
    >>> target = domain_weights('{"in_domain": 2, "web": 2}', domains)
    >>> target.name, target.weights.tolist()
    ('0.5 in_domain + 0.5 web', [0.25, 0.25, 0.5])
    >>> domain_weights("scipy", domains).name
    'in_domain/scipy'

    ```
    """
    if target is None:
        target = MEAN
    if isinstance(target, str) and not target.lstrip().startswith("{"):
        name, weights = _of_name(target, domains, others)
        return DomainWeights(name, weights)
    shares = _mapping(target)
    total = math.fsum(shares.values())
    named = [(share / total, *_of_name(name, domains, others)) for name, share in shares.items() if share]
    name = " + ".join(f"{weight_text(share)} {name}" for share, name, _ in named) if len(named) > 1 else named[0][1]
    return DomainWeights(name, np.sum([share * weights for share, _, weights in named], axis=0))


def named_targets(target: str | Mapping[str, float] | None) -> list[str]:
    """The names in a target as a user gives it, whatever the study has.

    Args:
        target (`str` or `Mapping[str, float]`, *optional*): as [`domain_weights`] takes it.

    Raises:
        `InputError`: for weights that are not a mapping in JSON, negative or all zero.

    Example:

    ```python
    >>> named_targets('{"hellaswag": 1, "in_domain": 2}'), named_targets(None)
    (['hellaswag', 'in_domain'], ['mean'])

    ```
    """
    if target is None:
        return [MEAN]
    is_name = isinstance(target, str) and not target.lstrip().startswith("{")
    return [target] if is_name else list(_mapping(target))


def _mapping(target: str | Mapping[str, float]) -> dict[str, float]:
    """The weights in a mapping or its JSON, checked."""
    if isinstance(target, str):
        try:
            target = json.loads(target)
        except json.JSONDecodeError as error:
            raise InputError(
                f'the target {target!r} is not a mapping in JSON; expected for example \'{{"pandas": 2, "web": 1}}\''
            ) from error
    for name, weight in target.items():
        check_weight(f"the weight of target {name!r}", weight)
    if not any(target.values()):
        raise InputError(f"all weights of the target {dict(target)} are zero; at least one must be positive")
    return dict(target)


def _of_name(name: str, domains: Sequence[str], others: Mapping[str, np.ndarray]) -> tuple[str, np.ndarray]:
    """The full name of a target, and the weights of the domains that it is the mean of."""
    parts = [domain.partition("/") for domain in domains]
    known = {MEAN: None} | {source: None for source, _, _ in parts}
    known |= {domain: part or None for domain, (_, _, part) in zip(domains, parts, strict=True)}
    found = find_target(name, known | dict.fromkeys(others))
    if found in others:
        return found, others[found]
    is_meant = np.array(
        [found in (MEAN, domain, source) for domain, (source, _, _) in zip(domains, parts, strict=True)], dtype=float
    )
    return found, is_meant / is_meant.sum()
