"""Which mixtures an id, a name or a pattern of names means."""

from collections.abc import Iterable

from ..corpus.names import is_pattern, pattern_regex
from .mixture import Mixture


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


def find_mixtures(name: str, mixtures: Iterable[Mixture]) -> list[Mixture]:
    """The mixture with this id or name, or all whose names match a pattern; none where none does.

    Example:

    ```python
    >>> mixtures = [Mixture.uniform(["a"]), Mixture.uniform(["a", "b"]), Mixture.uniform(["a", "c"])]
    >>> [mixture.name for mixture in find_mixtures("a + *", mixtures)]
    ['a + b', 'a + c']

    ```
    """
    if is_pattern(name):
        regex = pattern_regex(name)
        return [mixture for mixture in mixtures if regex.fullmatch(mixture.name)]
    mixture = find_mixture(name, mixtures)
    return [] if mixture is None else [mixture]
