"""What the colours of mixtures stand for in scatter plots: numbers of units, methods, or a field of the units."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from ..mixtures.units import CorpusUnits
from .arguments import METHOD, NUMBER_OF_UNITS
from .ranked_study import RankedStudy
from .style import GREY, LINES, SEQUENCE


_SEVERAL, _OTHERS = "several", "others"
_MOST_SIZES = 6  # in a legend: of more, neighbours share a colour
_MOST_KINDS = len(LINES) - 1  # that have a colour of their own


@dataclass(frozen=True)
class Colours:
    """Colours of mixtures.

    Args:
        labels (`Mapping[str, str]`): id of each mixture → what its colour stands for.
        colours (`Mapping[str, Any]`): that → the colour, in the order of a legend.
    """

    labels: Mapping[str, str]
    colours: Mapping[str, Any]

    def of(self, mixture: str) -> Any:
        """The colour of a mixture, given by its id."""
        return self.colours[self.labels[mixture]]

    def handles(self, mixtures: set[str]) -> list[Line2D]:
        """The legend of these mixtures."""
        shown = {self.labels[mixture] for mixture in mixtures}
        return [
            Line2D([], [], marker="o", linestyle="", color=colour, markersize=5.5, label=label)
            for label, colour in self.colours.items()
            if label in shown
        ]


def colours_of(study: RankedStudy) -> Colours:
    """The colours that the report was asked for."""
    mixtures = {name: list(row["mixture"]) for name, row in study.ranking.mixtures.items()}
    if study.colour_by == NUMBER_OF_UNITS:
        return _by_size({name: len(units) for name, units in mixtures.items()})
    if study.colour_by == METHOD:
        kinds = {name: next(iter(study.methods.get(name, ())), _OTHERS) for name in mixtures}
    else:
        value_of = values_of_units(study.ranking.corpus, study.colour_by)
        kinds = {name: _common({value_of.get(unit, _OTHERS) for unit in units}) for name, units in mixtures.items()}
    return _by_kind(
        kinds, {entry["mixture_id"] for entry in study.ranking.entries() if entry["reference"] is not None}
    )


def values_of_units(corpus: CorpusUnits, field: str) -> dict[str, str]:
    """Unit → its value of a field of the corpus."""
    return {unit: group.partition("=")[2] for group in corpus.groups_of(field) for unit in corpus.groups[group]}


def _common(values: set[str]) -> str:
    return values.pop() if len(values) == 1 else _SEVERAL


def _by_size(sizes: dict[str, int]) -> Colours:
    different = np.unique([size for size in sizes.values() if size > 1] or [1])
    few = len(different) <= _MOST_SIZES
    alone = len(different) if few else _MOST_SIZES // 2  # the smallest, which most mixtures have
    parts = [*different[:alone, None], *([] if few else np.array_split(different[alone:], _MOST_SIZES - alone))]
    labels = [f"{part[0]} units" if len(part) == 1 else f"{part[0]} to {part[-1]} units" for part in parts]
    shades = np.linspace(0, 1, len(parts)) if len(parts) > 1 else [0.5]
    return Colours(
        {name: labels[sum(size > part[-1] for part in parts[:-1])] for name, size in sizes.items()},
        {label: SEQUENCE(shade) for label, shade in zip(labels, shades, strict=True)},
    )


def _by_kind(kinds: dict[str, str], drawn: set[str]) -> Colours:
    counts = Counter(kind for name, kind in kinds.items() if name in drawn and kind not in (_SEVERAL, _OTHERS))
    common = [kind for kind, _ in counts.most_common(_MOST_KINDS)]
    colours = dict(zip(common, LINES, strict=False)) | {_SEVERAL: LINES[-1], _OTHERS: GREY}
    return Colours({name: kind if kind in colours else _OTHERS for name, kind in kinds.items()}, colours)
