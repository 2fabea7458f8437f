"""What mixtures are ranked by, as arrays: records of thousands of mixtures on hundreds of targets are gigabytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..manifest import atomic_path


@dataclass(frozen=True)
class RankedScores:
    """The scores of mixtures on every target by every predictor that they are ranked by; NaN where there is none.

    Args:
        targets (`np.ndarray`): [targets], names.
        predictors (`np.ndarray`): [predictors], names, that of the one that answers first.
        ids (`np.ndarray`): [mixtures].
        scores (`np.ndarray`): [targets, predictors, mixtures], lower is better.
        sd (`np.ndarray`): [targets, mixtures], of the scores of the predictor that answers.
        tied (`np.ndarray`): [targets, mixtures], bool, whether these may be as good as the best.
        as_scored (`np.ndarray`): [targets, mixtures], the scores of the predictor that answers where it is a proxy, as
            it was scored.
        references (`np.ndarray`): [targets, trained], the scores of reference models.
        trained (`np.ndarray`): [trained], the positions of their mixtures.
    """

    targets: np.ndarray
    predictors: np.ndarray
    ids: np.ndarray
    scores: np.ndarray
    sd: np.ndarray
    tied: np.ndarray
    as_scored: np.ndarray
    references: np.ndarray
    trained: np.ndarray

    def __len__(self) -> int:
        """The number of records."""
        return self.scores.size

    def records(
        self, target: Mapping[str, Any], predictor: str, mixtures: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """The records of a ranking, best first; docs/json.md explains the keys.

        Args:
            target (`Mapping[str, Any]`): `target` and what else identifies it in a record.
            predictor (`str`): one of those that there are.
            mixtures (`Sequence[Mapping[str, Any]]`): `mixture_id` and `name` of each.
        """
        row, column = self._place(target["target"], predictor)
        mean, order = self.scores[row, column], self._order(row, column)
        ranks = 1 + np.searchsorted(mean[order], mean[order])
        answers = column == 0
        sd, tied = (self.sd[row], self.tied[row].tolist()) if answers else (np.full_like(mean, np.nan), None)
        as_scored = self.as_scored[row] if answers else mean
        references = dict(zip(self.trained.tolist(), self.references[row].tolist(), strict=True))
        return [
            {
                **target,
                "predictor": predictor,
                "rank": rank,
                "mixture_id": mixtures[place]["mixture_id"],
                "name": mixtures[place]["name"],
                "score": float(mean[place]),
                "sd": _number(sd[place]),
                "tied": tied and tied[place],
                "as_scored": _number(as_scored[place]),
                "reference": _number(references[place]) if place in references else None,
            }
            for rank, place in zip(ranks.tolist(), order.tolist(), strict=True)
        ]

    def has(self, target: str, predictor: str) -> bool:
        """Whether there are scores on a target by a predictor."""
        return target in self.targets and predictor in self.predictors

    def write(self, path: Path) -> None:
        """Write the arrays by the names of the fields, for [`read_ranked_scores`] and `numpy.load`."""
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **vars(self))

    def _place(self, target: str, predictor: str) -> tuple[int, int]:
        return int(np.flatnonzero(self.targets == target)[0]), int(np.flatnonzero(self.predictors == predictor)[0])

    def _order(self, row: int, column: int) -> np.ndarray:
        """The positions of mixtures with a score, best first, equal ones by their ids."""
        known = np.flatnonzero(np.isfinite(self.scores[row, column]))
        return known[np.lexsort((self._alphabetical[known], self.scores[row, column, known]))]

    @cached_property
    def _alphabetical(self) -> np.ndarray:
        """[mixtures], the place of each id among all."""
        return np.argsort(np.argsort(self.ids))


def read_ranked_scores(path: Path) -> RankedScores:
    """The arrays that [`RankedScores.write`] wrote."""
    with np.load(path) as arrays:
        return RankedScores(*(arrays[field.name] for field in fields(RankedScores)))


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
