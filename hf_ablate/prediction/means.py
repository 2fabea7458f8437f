"""Targets that are means of several domains besides sources: groups of units, and a source's text as one."""

from collections.abc import Mapping, Sequence

import numpy as np


def means_of_groups(
    groups: Mapping[str, Sequence[str]], units: Sequence[str], own_units: Sequence[int | None], domains: Sequence[str]
) -> dict[str, np.ndarray]:
    """The mean of the domains that are held out from the units of each group.

    A group with one such domain is left out, and one with exactly the domains of a source: these are targets already.

    Args:
        groups (`Mapping[str, Sequence[str]]`): group (`FIELD=VALUE`) → its units.
        units (`Sequence[str]`): of the study.
        own_units (`Sequence[int | None]`): for each domain, the position of the unit that it is held out from.
        domains (`Sequence[str]`): `<source>/<domain>`, or a source without domains.

    Returns:
        `dict[str, np.ndarray]`: group → [domains], weights that sum to 1.

    Example:

    ```python
    >>> groups = {"field=Biology": ["Biology_1", "Biology_2"], "field=Law": ["Law"]}
    >>> domains = ["s2orc/Biology_1", "s2orc/Biology_2", "s2orc/Law", "web"]
    >>> means_of_groups(groups, ["Biology_1", "Biology_2", "Law"], [0, 1, 2, None], domains)
    {'field=Biology': array([0.5, 0.5, 0. , 0. ])}

    ```
    """
    sources = [domain.partition("/")[0] for domain in domains]
    of_sources = [[source == other for other in sources] for source in set(sources)]
    means = {}
    for group, members in groups.items():
        held_out = [unit is not None and units[unit] in members for unit in own_units]
        if sum(held_out) > 1 and held_out not in of_sources:
            means[group] = np.array(held_out) / sum(held_out)
    return means


def means_of_text(domains: Sequence[str], sizes: np.ndarray) -> dict[str, np.ndarray]:
    """The shares of domains in all the text of each source that has several.

    Bits per byte of all text are the mean of those of its parts, weighted by their bytes.

    Args:
        domains (`Sequence[str]`): `<source>/<domain>`, or a source without domains.
        sizes (`np.ndarray`): [domains], bytes of their text.

    Returns:
        `dict[str, np.ndarray]`: source → [domains], weights that sum to 1.
    """
    sources = [domain.partition("/")[0] for domain in domains]
    means = {}
    for source in dict.fromkeys(sources):
        of_source = np.where([source == other for other in sources], sizes, 0)
        if sources.count(source) > 1:
            means[source] = of_source / of_source.sum()
    return means
