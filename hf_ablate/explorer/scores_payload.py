"""Scores of a proxy as data of a page, from which `js/scores.js` makes them again.

Scores of 10,000 mixtures on 50 domains take 4 MB as they are, most of it digits that no prediction depends on.
Of many, the page therefore has what a formula with few parameters, fitted to them, leaves of them, in steps that are
as large as predictions bear: 13 bits for each.
"""

from typing import Any

import numpy as np

from .arrays import packed


_MOST_EXACT = 100_000  # scores that are kept as they are
_SHARPNESS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of soft minima of the components, relative to the surrogate's
_LEAST = 1e-300  # what the logarithm of nothing is taken of


def scores_payload(
    weights: np.ndarray, values: np.ndarray, steps: np.ndarray, components: np.ndarray, sharpness: float | None
) -> dict[str, Any]:
    """The scores of mixtures for `scoresOf` of the page.

    Args:
        weights (`np.ndarray`): [mixtures, units].
        values (`np.ndarray`): [mixtures, domains], scores, or their logarithms; NaN where there is none.
        steps (`np.ndarray`): [mixtures], twice the error that the scores of each may have where they are many.
        components (`np.ndarray`): [units, domains], losses, or their logarithms.
        sharpness (`float`, *optional*): of the soft minimum of components that averaged probabilities are near to;
            `None` where components lack losses.
    """
    if values.size <= _MOST_EXACT:
        return {"exact": packed(values)}
    sharpnesses = [] if sharpness is None else [factor * sharpness for factor in _SHARPNESS]
    missing = np.isnan(values)
    filled = np.where(missing, np.nanmean(values, axis=0), values)
    shared = _of_weights(weights)
    own = np.stack([_of_components(weights, losses, sharpnesses) for losses in components.T], axis=1)
    found = _least_squares(shared, own, filled).astype(np.float32)
    of_shared, of_own = np.split(found.astype(np.float64), [shared.shape[1]])
    left = filled - shared @ of_shared - np.einsum("mdk,kd->md", own, of_own)
    codes = _unsigned(np.rint(left.T / steps))
    return {
        "coefficients": packed(found),
        "sharpnesses": sharpnesses,
        "missing": packed(np.flatnonzero(missing.T).astype(np.int32)),
        "parts": [_part(codes, steps, step) for step in np.unique(steps)],
    }


def _part(codes: np.ndarray, steps: np.ndarray, step: float) -> dict[str, Any]:
    """The codes of the mixtures with one step, apart from the others, which are of another size."""
    rows = np.flatnonzero(steps == step)
    return {"step": float(step), "rows": packed(rows.astype(np.int32)), "codes": packed(codes[:, rows])}


def _of_weights(weights: np.ndarray) -> np.ndarray:
    """What all domains have in common: [mixtures, columns]; `ofWeights` of the page is the same."""
    positive = weights > 0
    entropy = -(weights * np.log(weights, where=positive, out=np.zeros_like(weights))).sum(axis=1)
    squares = (weights**2).sum(axis=1)
    return np.column_stack([np.ones(len(weights)), squares, entropy, entropy**2, weights, np.sqrt(weights)])


def _of_components(weights: np.ndarray, losses: np.ndarray, sharpnesses: list[float]) -> np.ndarray:
    """Soft minima of one domain: [mixtures, sharpnesses]; `scoresOf` of the page does the same."""
    if not sharpnesses:
        return np.empty((len(weights), 0))
    likely = np.exp(-np.outer(losses - losses.min(), sharpnesses))
    return np.log(weights @ likely + _LEAST)


def _least_squares(shared: np.ndarray, own: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Coefficients of the columns that all domains have in common, then of their own: [coefficients, domains].

    Own columns are [mixtures, domains, columns].

    From normal equations, since they need not be the very best. What all have in common is factorised once: the
    coefficients of own columns are those of what it leaves of them (Frisch and Waugh, Econometrica 1, 1933).
    """
    inverse = np.linalg.pinv(shared.T @ shared, rcond=1e-13, hermitian=True)
    flat = own.reshape(len(own), -1)  # one product for all domains
    explained = inverse @ (shared.T @ flat)
    left = (flat - shared @ explained).reshape(own.shape).transpose(1, 0, 2)
    gram, right = left.transpose(0, 2, 1) @ left, left.transpose(0, 2, 1) @ values.T[:, :, None]
    of_own = (np.linalg.pinv(gram, rcond=1e-13, hermitian=True) @ right)[:, :, 0].T
    of_shared = inverse @ (shared.T @ values)
    of_shared -= np.einsum("cdk,kd->cd", explained.reshape(len(explained), *own.shape[1:]), of_own)
    return np.vstack([of_shared, of_own])


def _unsigned(codes: np.ndarray) -> np.ndarray:
    """0, -1, 1, -2, 2, … as 0, 1, 2, 3, 4, …, whose upper bytes are all zero."""
    return np.where(codes < 0, -2 * codes - 1, 2 * codes).astype(np.uint32)
