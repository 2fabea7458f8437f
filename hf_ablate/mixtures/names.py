"""Which mixtures an id, a name or a pattern of names means: by units, or by groups as people read them."""

from collections.abc import Collection, Iterable

from ..corpus.names import is_pattern, pattern_regex
from .display import display_names
from .mixture import Mixture
from .units import CorpusUnits


def find_mixture(name: str, mixtures: Iterable[Mixture]) -> Mixture | None:
    """The mixture with this id or name; `None` if there is none.

    Example:

    ```python
    >>> mixtures = [Mixture.uniform(["a"]), Mixture.uniform(["a", "b"])]
    >>> find_mixture("a + b", mixtures) is find_mixture(mixtures[1].id, mixtures)
    True

    ```
    """
    return next((mixture for mixture in mixtures if name in (mixture.id, mixture.name)), None)


def find_mixtures(name: str, mixtures: Collection[Mixture], corpus: CorpusUnits | None = None) -> list[Mixture]:
    """The mixture with this id or name, or all whose names match a pattern; none where none does.

    Args:
        name (`str`): an id, a name, or a pattern of names.
        mixtures (`Collection[Mixture]`): those that may be meant.
        corpus ([`CorpusUnits`], *optional*): what no mixture is called by its units may be a name by its groups.

    Example:

    ```python
    >>> mixtures = [Mixture.uniform(["a"]), Mixture.uniform(["a", "b"]), Mixture.uniform(["a", "c"])]
    >>> [mixture.name for mixture in find_mixtures("a + *", mixtures)]
    ['a + b', 'a + c']

    ```
    """
    matches = pattern_regex(name).fullmatch if is_pattern(name) else name.__eq__
    found = [mixture for mixture in mixtures if name == mixture.id or matches(mixture.name)]
    if found or corpus is None:
        return found
    by_groups = display_names(mixtures, corpus)
    return [mixture for mixture in mixtures if matches(by_groups[mixture.id])]
