"""What people read for a mixture: its units and weights or, in a corpus of many units, the groups that it holds."""

import math
from collections import Counter
from collections.abc import Iterable

from .mixture import Mixture
from .units import CorpusUnits


_MOST_UNITS = 16  # of a corpus whose mixtures are named by units; with more, such names say nothing
_MOST_LISTED = 4  # units of a mixture that are always named, unless they are a whole group


def display_names(mixtures: Iterable[Mixture], corpus: CorpusUnits, width: int = 96) -> dict[str, str]:
    """Names of mixtures, a different one for each.

    Args:
        mixtures (`Iterable[Mixture]`): of the corpus's units.
        corpus ([`CorpusUnits`]): the units, and their groups.
        width (`int`): beyond which a name is shortened.

    Returns:
        `dict[str, str]`: id → name, which ends with the id where it would be that of several mixtures.
    """
    names = {mixture.id: display_name(mixture, corpus, width) for mixture in mixtures}
    count = Counter(names.values())
    return {own: f"{name} ({own})" if count[name] > 1 else name for own, name in names.items()}


def display_name(mixture: Mixture, corpus: CorpusUnits, width: int = 96) -> str:
    """The name of a mixture, which of many units may be that of others, too.

    Args:
        mixture ([`Mixture`]): of the corpus's units.
        corpus ([`CorpusUnits`]): the units, and their groups.
        width (`int`): beyond which a name is shortened.

    Example:

    ```python
    >>> years = [f"{field}_{year}" for field in ("bio", "law", "cs") for year in range(2010, 2017)]
    >>> groups = {f"field={field}": [unit for unit in years if field in unit] for field in ("bio", "law", "cs")}
    >>> corpus = CorpusUnits(years, groups)
    >>> display_name(Mixture.uniform(groups["field=bio"]), corpus)
    'field=bio (7)'
    >>> display_name(Mixture.uniform(["bio_2010", "bio_2011", "cs_2016"]), corpus)
    'bio_2010 + bio_2011 + cs_2016'
    >>> display_name(Mixture.uniform([*groups["field=bio"][:4], "cs_2016"]), corpus)
    'bio (4 of 7) + cs_2016'
    >>> display_name(Mixture.of(dict.fromkeys(groups["field=bio"], 1 / 7) | {"cs_2016": 1}), corpus)
    '0.5 field=bio (7) + 0.5 cs_2016'

    ```
    """
    if len(mixture.units) == len(corpus.names) and mixture.is_uniform and len(mixture.name) > width:
        return f"all {len(mixture.units)} units in equal shares"
    if len(corpus.names) <= _MOST_UNITS or len(mixture.units) == 1:
        return mixture.shortened(width)
    return mixture.named_by(_parts(mixture, corpus), width, kind="part")


def _parts(mixture: Mixture, corpus: CorpusUnits) -> list[tuple[str, list[str]]]:
    """Name and units of each part: whole groups, the largest first; several units of other groups; single units."""
    parts, left = [], mixture.weights

    def take(name: str, units: list[str]) -> None:
        parts.append((name, units))
        for unit in units:
            del left[unit]

    for name, units in corpus.largest_groups:
        if all(unit in left for unit in units) and _are_alike(units, left):
            take(f"{name} ({len(units)})", units)
    for name, units in corpus.largest_first_groups if len(mixture.units) > _MOST_LISTED else ():
        some = [unit for unit in units if unit in left]
        if len(some) > 1 and _are_alike(some, left):
            take(f"{name.partition('=')[2]} ({len(some)} of {len(units)})", some)
    return parts + [(unit, [unit]) for unit in left]


def _are_alike(units: list[str], weights: dict[str, float]) -> bool:
    return all(math.isclose(weights[unit], weights[units[0]], rel_tol=1e-9) for unit in units)
