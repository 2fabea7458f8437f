"""The weights of many mixtures as an array."""

from collections.abc import Sequence

import numpy as np

from .mixture import Mixture


def weights_of(mixtures: Sequence[Mixture], units: Sequence[str]) -> np.ndarray:
    """The weights of mixtures; those of units that are not among the given ones are left out.

    Args:
        mixtures (`Sequence[Mixture]`): any number.
        units (`Sequence[str]`): in the order of the columns.

    Returns:
        `np.ndarray`: [mixtures, units], float64.

    Example:

    ```python
    >>> weights_of([Mixture.uniform(["a", "b"]), Mixture.uniform(["c"])], ["b", "a"])
    array([[0.5, 0.5],
           [0. , 0. ]])

    ```
    """
    columns = {unit: column for column, unit in enumerate(units)}
    weights = np.zeros((len(mixtures), len(units)))
    for row, mixture in enumerate(mixtures):
        for unit, weight in mixture.items:
            if unit in columns:
                weights[row, columns[unit]] = weight
    return weights
