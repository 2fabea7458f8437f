"""Names shortened for narrow tables, which stay different from each other."""

from collections import Counter
from collections.abc import Iterable


_BEGINNINGS = (0.5, 0.75, 0.25)  # shares of a shortened name that are its beginning, in the order of preference
_SOURCE = 5  # characters of what is before the slash in `source/domain`


def short_names(names: Iterable[str], most: int) -> dict[str, str]:
    """Names that are too long without their middle, or with a number where these would be the same.

    Args:
        names (`Iterable[str]`): all that appear together; none becomes the same as another.
        most (`int`): characters of a name, at least 12.

    Returns:
        `dict[str, str]`: each name that is too long → what stands for it.

    Example:

    ```python
    >>> short_names(["Computer_Science_1970-1975", "Computer_Science_1980-1985", "sympy"], 13)
    {'Computer_Science_1970-1975': 'Comput…0-1975', 'Computer_Science_1980-1985': 'Comput…0-1985'}
    >>> short_names(["out_of_domain/mc4_en_long_name"], 18)
    {'out_of_domain/mc4_en_long_name': 'out_…/mc4_en…_name'}
    >>> short_names(["a_department_of_old_things", "a_department_and_old_things"], 12)
    {'a_department_and_old_things': 'a_departm…~1', 'a_department_of_old_things': 'a_departm…~2'}

    ```
    """
    names = set(names)
    left = sorted(name for name in names if len(name) > most)
    taken, short = names.difference(left), {}
    for beginning in _BEGINNINGS:
        tried = {name: _without_middles(name, most, beginning) for name in left}
        count = Counter(tried.values())
        different = {name: one for name, one in tried.items() if count[one] == 1 and one not in taken}
        short |= different
        taken |= set(different.values())
        left = [name for name in left if name not in different]
    width = most - len("…~") - len(str(len(left)))
    return short | {name: f"{name[:width]}…~{number}" for number, name in enumerate(left, start=1)}


def _without_middles(name: str, most: int, beginning: float) -> str:
    source, slash, domain = name.rpartition("/")
    source = _without_middle(source, _SOURCE, 1)
    return source + slash + _without_middle(domain, most - len(source + slash), beginning)


def _without_middle(name: str, most: int, beginning: float) -> str:
    if len(name) <= most:
        return name
    head = round(beginning * (most - 1))
    return f"{name[:head]}…{name[len(name) - (most - 1 - head) :]}"
