"""The mixture: one frozen value that drives both sides, merging (proxy) and sampling (reference model)."""

import hashlib
import json
import math
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..errors import InputError, unknown_name


ID_EXPLAINED = "m-…: the id of a mixture, which options take in place of its name."


@dataclass(frozen=True)
class Mixture:
    """Base units with weights that are positive and sum to 1.

    A weight is the share of the unit in the training tokens of a reference model and, at once, the coefficient of the
    unit's component model in the proxy. Build one with [`Mixture.of`] or [`Mixture.uniform`], which validate.

    Args:
        items (`tuple[tuple[str, float], ...]`): (unit, weight) pairs sorted by unit, without zero weights.

    Example:

    ```python
    >>> mixture = Mixture.of({"sympy": 1, "pandas": 3, "scipy": 0})
    >>> mixture.weights
    {'pandas': 0.75, 'sympy': 0.25}
    >>> mixture == Mixture.of({"pandas": 0.75, "sympy": 0.25})
    True
    >>> mixture.name
    '0.75 pandas + 0.25 sympy'
    >>> Mixture.uniform(["sympy", "pandas"]).name
    'pandas + sympy'

    ```
    """

    items: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> "Mixture":
        """Normalise non-negative weights to sum to 1; units of weight 0 are left out.

        Raises:
            `InputError`: for a weight that is negative, NaN, infinite or not a number, or when all are zero.
        """
        for unit, weight in weights.items():
            if not (type(weight) is float and 0 <= weight < math.inf):  # as nearly all are
                check_weight(f"the weight of unit {unit!r}", weight)
        total = math.fsum(weights.values())
        if total <= 0:
            raise InputError(f"all weights of the mixture {dict(weights)} are zero; at least one must be positive")
        if math.isclose(total, 1, rel_tol=1e-12):
            total = 1.0  # already normalised: written and read back, a mixture keeps its weights to the last bit
        return cls(tuple((unit, weights[unit] / total) for unit in sorted(weights) if weights[unit] > 0))

    @classmethod
    def uniform(cls, units: list[str]) -> "Mixture":
        """The mixture in which all the given units have the same weight.

        Raises:
            `InputError`: if no unit is given or one is given twice.
        """
        if len(set(units)) != len(units):
            raise InputError(f"a unit is named twice in {units}; name each once, or give weights")
        return cls.of(dict.fromkeys(units, 1.0))

    @property
    def weights(self) -> dict[str, float]:
        return dict(self.items)

    @property
    def units(self) -> list[str]:
        return [unit for unit, _ in self.items]

    @cached_property
    def is_uniform(self) -> bool:
        return all(math.isclose(weight, 1 / len(self.items), rel_tol=1e-9) for _, weight in self.items)

    @cached_property
    def id(self) -> str:
        """A name that is safe as a folder, derived from units and weights (12 significant digits) alone."""
        canonical = json.dumps([[unit, f"{weight:.12g}"] for unit, weight in self.items], ensure_ascii=False)
        return "m-" + hashlib.sha256(canonical.encode()).hexdigest()[:12]

    @cached_property
    def name(self) -> str:
        """What people read: units joined by `+`, with their weights where these differ."""
        return self.named_by([(unit, [unit]) for unit in self.units], width=sys.maxsize)

    def shortened(self, width: int = 96) -> str:
        """The name; where that is longer than `width`, the heaviest units and the id, which tells it from others.

        Example:

        ```python
        >>> Mixture.of({"code": 1, "manuals": 4, "news": 3, "web": 2}).shortened(42)
        '0.4 manuals + … 3 more units (m-e1f9b3942dee)'
        >>> Mixture.uniform(["code", "news"]).shortened(44)
        'code + news'

        ```
        """
        return self.named_by([(unit, [unit]) for unit in self.units], width)

    def named_by(self, parts: Sequence[tuple[str, Sequence[str]]], width: int, kind: str = "unit") -> str:
        """A name made of those of its parts, shortened as [`shortened`] does.

        Args:
            parts (`Sequence[tuple[str, Sequence[str]]]`): name and units of each, which hold every unit once.
            width (`int`): beyond which the name is shortened.
            kind (`str`): of the parts.
        """
        weights = self.weights
        shares = [(math.fsum(map(weights.__getitem__, units)), name) for name, units in parts]
        if len(parts) == 1:
            return self._term(shares[0])
        if sum(len(name) + 3 for name, _ in parts) - 3 <= width:  # else it is too long before any weight is written
            whole = " + ".join(map(self._term, shares))
            if len(whole) <= width:
                return whole
        shown: list[str] = []
        for share in sorted(shares, key=lambda share: -share[0])[:-1]:
            shown.append(self._term(share))
            if len(" + ".join(shown)) > width:
                break
        while len(shown) > 1 and len(self._cut(shown, len(parts), kind)) > width:
            shown.pop()
        return self._cut(shown, len(parts), kind)

    def _term(self, part: tuple[float, str]) -> str:
        share, name = part
        return name if self.is_uniform else f"{weight_text(share)} {name}"

    def _cut(self, shown: list[str], count: int, kind: str) -> str:
        left = count - len(shown)
        return f"{' + '.join(shown)} + … {left} more {kind}{'s' * (left > 1)} ({self.id})"

    def check_units(self, known: Collection[str]) -> None:
        """Raise `InputError` if the mixture names a unit that is not among the known ones."""
        for unit in self.units:
            if unit not in known:
                raise unknown_name("unit", unit, list(known))


def weight_text(weight: float) -> str:
    """A weight for people, to three digits of it or of what it lacks to 1, so that no share looks like all or nothing.

    Example:

    ```python
    >>> [weight_text(weight) for weight in (1 / 3, 0.75, 0.000392, 1 - 0.000392, 1)]
    ['0.333', '0.75', '0.000392', '0.999608', '1']

    ```
    """
    least = min(weight, 1 - weight)
    digits = 2 - math.floor(math.log10(least)) if least > 0 else 0
    return f"{weight:.{digits}f}".rstrip("0").rstrip(".") if digits else "1"


def mixture_keys(model: str, mixture: Mapping[str, float] | None) -> dict[str, Any]:
    """What a record says of its model's mixture: `name`, `mixture_id`, `mixture`.

    Args:
        model (`str`): id of the model, which is its name where there is no mixture.
        mixture (`Mapping[str, float]`, *optional*): unit → weight.

    Example:

    ```python
    >>> mixture_keys("component:code", {"code": 1.0})
    {'name': 'code', 'mixture_id': 'm-95a87eb86d55', 'mixture': {'code': 1.0}}
    >>> mixture_keys("seed", None)
    {'name': 'seed', 'mixture_id': None, 'mixture': None}

    ```
    """
    if mixture is None:
        return {"name": model, "mixture_id": None, "mixture": None}
    found = Mixture.of(mixture)
    return {"name": found.name, "mixture_id": found.id, "mixture": found.weights}


def check_weight(what: str, weight: object) -> None:
    """Raise `InputError` for a weight, or a multiplier of one, that is negative, NaN, infinite or not a number."""
    if isinstance(weight, bool) or not isinstance(weight, (int, float)):
        raise InputError(f"{what} is {weight!r}; expected a number")
    if not math.isfinite(weight) or weight < 0:
        raise InputError(f"{what} is {weight}; it must be finite and not negative")
