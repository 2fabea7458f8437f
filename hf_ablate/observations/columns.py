"""Names of units and domains within names of columns: `train_the_pile_arxiv` is the unit `arxiv`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from os.path import commonprefix

from ..errors import InputError


_SEPARATORS = "_/.-: "
# What the names of columns begin and end with in tables of trainers and trackers.
_PREFIXES = (
    "", "train_", "train/", "weight_", "weights/", "mixture_", "metric/", "metrics/", "eval_", "eval/", "val_", "val/",
    "loss_", "loss/",
)  # fmt: skip
_SUFFIXES = ("", "_weight", "_share", "_loss", "/loss", "_val_loss", "_eval_loss", "_test_loss")


@dataclass(frozen=True)
class ColumnPattern:
    """What stands before and after a name in the names of columns.

    Example:

    ```python
    >>> pattern = ColumnPattern.of("metric/the_pile_*_val_loss")
    >>> pattern.name_in("metric/the_pile_arxiv_val_loss"), pattern.name_in("step")
    ('arxiv', None)

    ```
    """

    prefix: str = ""
    suffix: str = ""

    @classmethod
    def of(cls, text: str) -> "ColumnPattern":
        """The pattern in a text with one `*`, which stands for the name.

        Raises:
            `InputError`: for another number of `*`.
        """
        if text.count("*") != 1:
            raise InputError(f"{text!r} is not a pattern of columns; expected one *, as in 'train_*' or 'eval/*_loss'")
        prefix, _, suffix = text.partition("*")
        return cls(prefix, suffix)

    @property
    def text(self) -> str:
        """The pattern, with `*` for the name."""
        return f"{self.prefix}*{self.suffix}"

    def name_in(self, column: str) -> str | None:
        """The name in that of a column; `None` if there is none."""
        is_longer = len(column) > len(self.prefix) + len(self.suffix)
        if not (is_longer and column.startswith(self.prefix) and column.endswith(self.suffix)):
            return None
        return column[len(self.prefix) : len(column) - len(self.suffix)]

    def names_in(self, columns: Sequence[str]) -> list[str]:
        """The names in those of columns, without the columns that have none."""
        return [name for column in columns if (name := self.name_in(column)) is not None]


def guess_patterns(units: Sequence[str], domains: Sequence[str]) -> tuple[ColumnPattern, ColumnPattern]:
    """The patterns of two tables' columns by which most domains are called like units.

    What all columns have in common up to a separator may be a pattern, as may what is usual. Names that agree already
    are left alone; where none agrees, only what is usual is taken off.

    Args:
        units (`Sequence[str]`): the columns of the mixtures.
        domains (`Sequence[str]`): the columns of the losses.

    Returns:
        `tuple[ColumnPattern, ColumnPattern]`: of the units and of the domains.

    Example:

    ```python
    >>> [pattern.text for pattern in guess_patterns(["train_the_pile_a", "train_the_pile_b"], ["eval/a_loss"])]
    ['train_the_pile_*', 'eval/*_loss']

    ```
    """

    def agreeing(pair: tuple[ColumnPattern, ColumnPattern]) -> int:
        return len(set(pair[0].names_in(units)) & set(pair[1].names_in(domains)))

    def taken_off(pair: tuple[ColumnPattern, ColumnPattern]) -> int:
        return sum(len(pattern.prefix) + len(pattern.suffix) for pattern in pair)

    as_they_are = (ColumnPattern(), ColumnPattern())
    pairs = list(product(_candidates(units), _candidates(domains)))
    most = max(map(agreeing, pairs))
    if most == 0:
        return _usual(units), _usual(domains)
    if agreeing(as_they_are) == most:
        return as_they_are
    return max((pair for pair in pairs if agreeing(pair) == most), key=taken_off)


def guess_pattern(columns: Sequence[str], known: Collection[str]) -> ColumnPattern:
    """The pattern by which most columns are called like what the study knows; what is taken off is least.

    Args:
        columns (`Sequence[str]`): of one table.
        known (`Collection[str]`): the study's units, or its domains.
    """

    def rank(pattern: ColumnPattern) -> tuple[int, int]:
        names = set(pattern.names_in(columns))
        return len(names & set(known)), -len(pattern.prefix) - len(pattern.suffix)

    return max(_candidates(columns), key=rank)


def _candidates(columns: Sequence[str]) -> list[ColumnPattern]:
    """Patterns that fit all columns."""
    usual = _usual(columns)
    prefixes, suffixes = {"", usual.prefix}, {"", usual.suffix}
    if len(columns) > 1:
        prefixes.add(_common_start(columns))
        suffixes.add(_common_start([column[::-1] for column in columns])[::-1])
    patterns = [ColumnPattern(*pair) for pair in product(sorted(prefixes), sorted(suffixes))]
    return [pattern for pattern in patterns if len(pattern.names_in(columns)) == len(columns)]


def _usual(columns: Sequence[str]) -> ColumnPattern:
    """The longest usual prefix and suffix that all columns have."""
    patterns = [ColumnPattern(*pair) for pair in product(_PREFIXES, _SUFFIXES)]
    fitting = [pattern for pattern in patterns if len(pattern.names_in(columns)) == len(columns)]
    return max(fitting, key=lambda pattern: len(pattern.prefix) + len(pattern.suffix))


def _common_start(columns: Sequence[str]) -> str:
    """What all begin with, up to a separator."""
    start = commonprefix(list(columns))
    return start[: 1 + max(map(start.rfind, _SEPARATORS))]
