"""Score rows of one model on one source as arrays: a study has thousands of models, and hundreds of domains."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from .rows import MEASUREMENT, SUMS, ScoreRow, perplexity


COUNTS = SUMS[:-1]
_OF_A_DOMAIN = ("domain", *SUMS)
_NAMES = tuple(entry.name for entry in fields(ScoreRow))
_DEFAULTS = {name: getattr(ScoreRow, name) for name in _NAMES if hasattr(ScoreRow, name)}
_DIVIDED_BY = {"ppl_token": "num_tokens", "ppl_char": "num_chars", "ppl_word": "num_words", "ppl_byte": "num_bytes"}


@dataclass(frozen=True)
class RowBlock:
    """The score rows of one model on the domains of one source, under one measurement.

    Args:
        shared (`Mapping[str, Any]`): the fields of [`ScoreRow`] that all rows have in common.
        domains (`tuple[str | None, ...]`): of the rows, each once.
        counts (`np.ndarray`): [`COUNTS`, domains], int64.
        sum_logprob (`np.ndarray`): [domains], float64.

    Example:

    ```python
    >>> row = ScoreRow("m", "external", None, "s", "d", "val", 1, 4, 8, 8, 2, -8 * math.log(2))
    >>> (block,) = blocks_of([row, replace(row, domain="e", sum_logprob=-16 * math.log(2))])
    >>> block.domains, block.values("bits_per_byte").tolist()
    (('d', 'e'), [1.0, 2.0])
    >>> next(iter(block)) == row
    True

    ```
    """

    shared: Mapping[str, Any]
    domains: tuple[str | None, ...]
    counts: np.ndarray
    sum_logprob: np.ndarray

    @property
    def model(self) -> str:
        """Id within the study, Hub id or folder name."""
        return self.shared["model"]

    @property
    def kind(self) -> str:
        """Of the model."""
        return self.shared["kind"]

    @property
    def source(self) -> str:
        """The evaluation data set."""
        return self.shared["source"]

    @property
    def split(self) -> str:
        """`val` or `test`."""
        return self.shared["split"]

    @property
    def mixture(self) -> Mapping[str, float] | None:
        """Unit → weight."""
        return self.shared["mixture"]

    @property
    def key(self) -> tuple:
        """What rows of two blocks that are the same score have in common, besides their domain."""
        return block_key(self.shared)

    def values(self, metric: str) -> np.ndarray:
        """The domains' scores, as [`ScoreRow`] has them.

        Args:
            metric (`str`): one of [`METRICS`].

        Returns:
            `np.ndarray`: [domains].
        """
        counts = self.counts[COUNTS.index(_DIVIDED_BY.get(metric, "num_bytes"))]
        if metric == "bits_per_byte":
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(counts > 0, -self.sum_logprob / (counts * math.log(2)), np.nan)
        # The exponentials of the C library, digit for digit; those of NumPy may differ in the last.
        return np.array(list(map(perplexity, self.sum_logprob.tolist(), counts.tolist())))

    def __iter__(self) -> Iterator[ScoreRow]:
        columns = (*self.counts.tolist(), self.sum_logprob.tolist())
        for domain, *sums in zip(self.domains, *columns, strict=True):
            yield ScoreRow(**self.shared, domain=domain, **dict(zip(SUMS, sums, strict=True)))

    def __len__(self) -> int:
        return len(self.domains)

    def of(self, **shared: Any) -> "RowBlock":
        """The same rows with other values of the fields that they share."""
        return replace(self, shared={**self.shared, **shared})

    def without(self, domains: Collection[str | None]) -> "RowBlock":
        """The rows of other domains."""
        return self._only([place for place, domain in enumerate(self.domains) if domain not in domains])

    def sorted(self) -> "RowBlock":
        """The rows in the order of their domains."""
        order = _order(self.domains)
        return self if order is None else self._only(order)

    def joined(self, later: "RowBlock") -> "RowBlock":
        """These rows and later ones, which have the place of those of the same domains."""
        if later.domains == self.domains:
            return later
        rows = {row.domain: row for row in (*self, *later)}
        return _block({**self.shared, **later.shared}, list(rows.values()))

    def as_line(self) -> dict[str, Any]:
        """What a file holds of the rows: fields in which they may differ are lists, with a value for each row."""
        if len(self) == 1:
            return asdict(next(iter(self)))
        own = dict(zip(_OF_A_DOMAIN, (self.domains, *self.counts.tolist(), self.sum_logprob.tolist()), strict=True))
        return {name: own[name] if name in own else self.shared[name] for name in _NAMES}

    def _only(self, places: list[int]) -> "RowBlock":
        domains = tuple(self.domains[place] for place in places)
        return RowBlock(self.shared, domains, self.counts[:, places], self.sum_logprob[places])


@lru_cache(maxsize=256)  # of many models the domains are the same
def _order(domains: tuple[str | None, ...]) -> list[int] | None:
    """The places of domains in their order; `None` if they are in it."""
    order = sorted(range(len(domains)), key=lambda place: domains[place] or "")
    return None if order == list(range(len(domains))) else order


def block_key(shared: Mapping[str, Any]) -> tuple:
    """As [`RowBlock.key`].

    Args:
        shared (`Mapping[str, Any]`): the fields that the rows have in common.
    """
    return tuple(shared[name] for name in ("model", "model_digest", "source", "split", *MEASUREMENT))


def shared_fields(**given: Any) -> dict[str, Any]:
    """The fields that the rows of a block have in common, with the defaults of those that are not given."""
    return {name: value for name, value in _DEFAULTS.items() if name not in _OF_A_DOMAIN} | given


def block_of_line(line: Mapping[str, Any]) -> RowBlock:
    """The rows of a line, see [`RowBlock.as_line`].

    Args:
        line (`Mapping[str, Any]`): field → a value for all rows, or a list of those of each; fields that a score row
            does not have are left out.

    Raises:
        `KeyError`, `TypeError` or `ValueError`: if it is not a line of score rows.
    """
    if missing := [name for name in _NAMES if name not in line and name not in _DEFAULTS]:
        raise TypeError(f"it lacks {', '.join(missing)}")
    values = {**_DEFAULTS, **{name: line[name] for name in _NAMES if name in line}}
    own = [values.pop(name) for name in _OF_A_DOMAIN]
    columns = own if isinstance(own[0], list) else [[value] for value in own]
    if len(set(map(len, columns))) > 1:
        raise ValueError("its lists are of different lengths")
    domains, *counts, sum_logprob = columns
    return RowBlock(values, tuple(domains), np.array(counts, dtype=np.int64), np.array(sum_logprob, dtype=float))


def blocks_of(rows: Iterable[ScoreRow]) -> list[RowBlock]:
    """Rows of any models, sources and measurements as blocks, in the order of the first row of each.

    Args:
        rows (`Iterable[ScoreRow]`): of two that are the same score, the later one counts.
    """
    by_key: dict[tuple, dict[str | None, ScoreRow]] = {}
    for row in rows:
        by_key.setdefault(block_key(vars(row)), {})[row.domain] = row
    return [_block(_shared(next(iter(own.values()))), list(own.values())) for own in by_key.values()]


def _shared(row: ScoreRow) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name not in _OF_A_DOMAIN}


def _block(shared: Mapping[str, Any], rows: list[ScoreRow]) -> RowBlock:
    counts = np.array([[getattr(row, name) for row in rows] for name in COUNTS], dtype=np.int64)
    return RowBlock(shared, tuple(row.domain for row in rows), counts, np.array([row.sum_logprob for row in rows]))
