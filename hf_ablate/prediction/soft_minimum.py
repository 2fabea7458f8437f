"""The soft minimum of components: a proxy of a mixture that needs the components' own scores alone."""

import numpy as np


SHARPNESS = 8.0  # per bit per byte
_LEAST = 1e-200  # of a sum whose terms are all there


def soft_minimum(weights: np.ndarray, components: np.ndarray, sharpness: float = SHARPNESS) -> np.ndarray:
    """`-log(sum of weight x exp(-8 loss)) / 8`, over the units of each mixture, for every domain.

    Averaging probabilities token by token gives `-log(sum of weight x probability)` for every token; this is the same
    formula for pieces of text of about 12 bytes (8 / ln 2), on which every component has its mean loss. It lies
    between the loss of the best component of the mixture and the weighted mean of its components' losses.

    Args:
        weights (`np.ndarray`): [mixtures, units], rows sum to 1.
        components (`np.ndarray`): [units, domains], losses of the component models.
        sharpness (`float`): in place of 8; the mean of the components at 0, their minimum at infinity.

    Returns:
        `np.ndarray`: [mixtures, domains]; NaN where a unit of the mixture has no loss.

    Example:

    ```python
    >>> soft_minimum(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[2.0], [3.0]])).round(4)
    array([[2.    ],
           [2.0866]])

    ```
    """
    exponents = -sharpness * np.nan_to_num(components)
    top = exponents.max(axis=0)
    sums = weights @ np.exp(exponents - top)
    with np.errstate(divide="ignore"):
        found = -(np.log(sums) + top) / sharpness
    # Where all units of a mixture are far worse than others, what is left of the sum is too small for a float.
    for row, domain in zip(*np.nonzero(sums < _LEAST), strict=True):
        found[row, domain] = _of_one(weights[row], exponents[:, domain], sharpness)
    is_missing = (weights > 0).astype(float) @ np.isnan(components) > 0
    return np.where(is_missing, np.nan, found)


def _of_one(weights: np.ndarray, exponents: np.ndarray, sharpness: float) -> float:
    from scipy.special import logsumexp

    return -logsumexp(exponents, b=weights) / sharpness
