"""A mixture as an average of components: of their units, or of the mixtures (probes) that they were trained on.

With P the probes as a matrix [probes, units], a merge with coefficients w stands for the mixture w'P. A component of
every unit makes P the identity, and the coefficients are the weights. Otherwise they are those of the point in the
convex hull of the probes that is nearest to the mixture.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, unknown_name
from .mixture import Mixture, weight_text


TOLERANCE = 1e-3  # a share of the training data, as little as rounding to whole blocks changes in a small run
_DIGITS = 12  # of coefficients, so that they are the same on every machine


@dataclass(frozen=True)
class Representation:
    """What stands for a mixture.

    Args:
        coefficients (`Mixture`): of the components, by the names of their probes.
        distance (`float`): the share of the mixture's training data that is other data in what the coefficients
            stand for (total variation); 0 for a mixture in the hull of the probes.
    """

    coefficients: Mixture
    distance: float

    @property
    def is_inside(self) -> bool:
        """Whether the mixture is in the hull of the probes."""
        return self.distance <= TOLERANCE


def represent(mixture: Mixture, probes: Mapping[str, Mixture]) -> Representation:
    """The coefficients of components whose average stands for a mixture.

    Where the components of its units alone are there, the coefficients are the weights, as they are. Otherwise they
    are those of the nearest point of the hull, by Euclidean distance. That is a non-negative least squares problem:
    with D the probes less the mixture, the minimum of |D'w|² + (1'w - 1)² over w ≥ 0 is, up to its length, that of
    |D'w|² where the coefficients sum to 1 (Lawson & Hanson, Solving Least Squares Problems, ch. 23).

    Args:
        mixture ([`Mixture`]): of units.
        probes (`Mapping[str, Mixture]`): the name of each component → what it was trained on.

    Raises:
        `InputError`: for a unit that no probe has.

    Example:

    ```python
    >>> half = {"a": Mixture.of({"a": 3, "b": 1}), "b": Mixture.of({"a": 1, "b": 3})}
    >>> represent(Mixture.of({"a": 0.6, "b": 0.4}), half)
    Representation(coefficients=Mixture(items=(('a', 0.7), ('b', 0.3))), distance=0.0)
    >>> represent(Mixture.uniform(["a"]), half)
    Representation(coefficients=Mixture(items=(('a', 1.0),)), distance=0.25)

    ```
    """
    units = sorted({unit for probe in probes.values() for unit in probe.units})
    for unit in mixture.units:
        if unit not in units:
            raise InputError(f"no component was trained on any of it: {unknown_name('unit', unit, units)}")
    single = {probe.units[0]: name for name, probe in probes.items() if len(probe.units) == 1}
    if all(unit in single for unit in mixture.units):
        return Representation(Mixture.of({single[unit]: weight for unit, weight in mixture.items}), 0.0)
    from scipy.optimize import nnls

    matrix, target = _matrix(probes, units), _row(mixture, units)
    solution, _ = nnls(np.vstack([(matrix - target).T, np.ones(len(probes))]), np.append(np.zeros(len(units)), 1.0))
    rounded = np.round(solution / solution.sum(), _DIGITS)
    distance = round(float(np.abs(rounded @ matrix - target).sum()) / 2, _DIGITS)
    return Representation(Mixture.of(dict(zip(probes, rounded.tolist(), strict=True))), distance)


def condition_number(probes: Mapping[str, Mixture]) -> float:
    """By how much differences between mixtures may be magnified in the coefficients that represent them.

    Returns:
        `float`: the condition number of the matrix of probes: 1 for one component per unit, infinite where a probe is
        a mixture of others.
    """
    units = sorted({unit for probe in probes.values() for unit in probe.units})
    values = np.linalg.svd(_matrix(probes, units), compute_uv=False)
    rank_limit = values[0] * max(len(probes), len(units)) * np.finfo(float).eps
    return float(values[0] / values[-1]) if len(probes) <= len(units) and values[-1] > rank_limit else np.inf


def _matrix(probes: Mapping[str, Mixture], units: list[str]) -> np.ndarray:
    return np.array([_row(probe, units) for probe in probes.values()])


def _row(mixture: Mixture, units: list[str]) -> np.ndarray:
    return np.array([mixture.weights.get(unit, 0.0) for unit in units])


def check_represented(mixtures: Iterable[Mixture], probes: Mapping[str, Mixture]) -> None:
    """Refuse mixtures that no average of the components stands for.

    Args:
        mixtures (`Iterable[Mixture]`): the mixtures.
        probes (`Mapping[str, Mixture]`): the name of each component → what it was trained on.

    Raises:
        `InputError`: says how many are outside the hull of the probes, and which is the farthest from it.
    """
    facts = hull_facts(mixtures, probes)
    if facts and facts["outside"]:
        raise outside_hull(facts)


def outside_hull(facts: Mapping[str, Any]) -> InputError:
    """The error for mixtures outside the hull of the probes, from [`hull_facts`]."""
    return InputError(
        f"{hull_text(facts)}. Enumerate mixtures inside the hull, train components on other `probes`, or set "
        "`extrapolate` to use the nearest mixture inside instead"
    )


def hull_facts(mixtures: Iterable[Mixture], probes: Mapping[str, Mixture]) -> dict[str, Any] | None:
    """How well components that were trained on mixtures stand for other mixtures, as a flat record.

    Args:
        mixtures (`Iterable[Mixture]`): the mixtures.
        probes (`Mapping[str, Mixture]`): the name of each component → what it was trained on.

    Returns:
        `dict` or `None`: `probes`, `condition` (`None` where it is infinite), `mixtures`, `outside` (how many are
        outside the hull), `farthest` (the name of the one that is farthest outside) and its `distance`; `None` where
        every component was trained on one unit.
    """
    if all(len(probe.units) == 1 for probe in probes.values()):
        return None
    found = {mixture: represent(mixture, probes) for mixture in mixtures}
    outside = [mixture for mixture in found if not found[mixture].is_inside]
    farthest = max(outside, key=lambda mixture: (found[mixture].distance, mixture.id), default=None)
    condition = condition_number(probes)
    return {
        "probes": len(probes),
        "condition": round(condition, 3) if np.isfinite(condition) else None,
        "mixtures": len(found),
        "outside": len(outside),
        "farthest": farthest and farthest.shortened(),
        "distance": found[farthest].distance if farthest else 0.0,
    }


def hull_text(facts: Mapping[str, Any]) -> str:
    """The same in words.

    Example:

    ```python
    >>> probes = {"a": Mixture.of({"a": 3, "b": 1}), "b": Mixture.of({"a": 1, "b": 3})}
    >>> print(hull_text(hull_facts([Mixture.uniform(["a"]), Mixture.uniform(["a", "b"])], probes)))
    1 of 2 mixtures are outside the hull of the 2 probes (condition number 2), at most by 0.25 of their data (a)

    ```
    """
    number = facts["condition"]
    condition = "the probes are linearly dependent" if number is None else f"condition number {number:.3g}"
    text = f"{facts['outside']} of {facts['mixtures']} mixtures are outside the hull of the {facts['probes']} probes"
    if not facts["outside"]:
        return f"{text} ({condition})"
    share = weight_text(facts["distance"])
    return f"{text} ({condition}), at most by {share} of their data ({facts['farthest']})"
