"""The stack, fitted to reference models.

How far slopes may stray, how much surface there is and how smooth it is are chosen by the leave-one-out error,
together for all domains, since one domain's few references do not tell.
"""

import math

import numpy as np

from .stack import INTERCEPT, Features, Stack, alike


_SLOPES = np.logspace(-3, 4, 11)
# (variance, length scale) of the surface; square roots of the weights of two mixtures are at most sqrt(2) apart.
_SURFACES = ((0.0, 1.0), *((variance, length) for variance in (0.3, 1.0) for length in (0.3, 0.5, 0.8)))


def fit_stack(
    features: Features,
    losses: np.ndarray,
    expected: np.ndarray,
    with_surface: bool = True,
    is_bounded: bool = False,
) -> Stack:
    """Fit the stack to reference models.

    A surface is only tried where there are two references or more for each unit: with fewer it explains luck.

    Args:
        features ([`Features`]): of the references. Those that are themselves fitted on references must be out of fold.
        losses (`np.ndarray`): [references, domains], finite.
        expected (`np.ndarray`): [features] or [domains, features], the slopes to shrink to; NaN: the one that fits all
            domains best which have it.
        with_surface (`bool`): whether a surface is tried.
        is_bounded (`bool`): as of [`Stack`].
    """
    references, units = features.roots.shape
    center, spread = features.values.mean(axis=0), features.values.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    expected = np.broadcast_to(expected, center.shape)
    expected = _with_common_slopes(features.values - center, losses - losses.mean(axis=0), expected)
    without = losses - (features.values * expected).sum(axis=2)
    level = without.mean(axis=0)
    residuals = without - level
    standard = ((features.values - center) / spread).transpose(1, 0, 2)  # [domains, references, features]
    scale = np.maximum(losses.var(axis=0), 1e-12)
    least, best = math.inf, None
    for variance, length in _SURFACES if with_surface and references >= 2 * units else _SURFACES[:1]:
        covariance = variance * alike(features.roots, features.roots, length) + np.eye(references) + INTERCEPT
        inverse = np.linalg.inv(covariance)
        # Woodbury's identity, for all slope variances at once: the features' part of the covariance has no more
        # dimensions than there are features. Arrays are [slope variances, domains, references, features].
        influence = inverse @ standard
        inner = np.eye(expected.shape[1]) / _SLOPES[:, None, None, None] + standard.transpose(0, 2, 1) @ influence
        removed = influence @ np.linalg.inv(inner)
        explained = influence.transpose(0, 2, 1) @ residuals.T[:, :, None]
        weights = (inverse @ residuals).T - (removed @ explained)[..., 0]
        left_out = weights / (np.diag(inverse) - (removed * influence).sum(axis=3))
        errors = ((left_out**2).mean(axis=2) / scale).sum(axis=1)
        at = int(np.argmin(errors))
        if errors[at] < least * (1 - 1e-9):
            least = errors[at]
            whole = inverse - removed[at] @ influence.transpose(0, 2, 1)
            best = (float(_SLOPES[at]), (variance, length), whole, weights[at], left_out[at])
    slope_variance, surface, inverse, weights, left_out = best
    return Stack(
        features,
        center,
        spread,
        expected,
        slope_variance,
        surface,
        level,
        inverse,
        weights,
        left_out.T,
        np.maximum((weights * left_out).mean(axis=1), 1e-12 * scale),
        _correlation(left_out.T),
        is_bounded,
    )


def _with_common_slopes(values: np.ndarray, losses: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The expected slopes, those that are NaN by least squares on all domains together, each in its own spread.

    A few references on many domains tell what they cannot on one: how much smaller differences are at a larger scale.

    Args:
        values (`np.ndarray`): [references, domains, features], with mean 0 over the references.
        losses (`np.ndarray`): [references, domains], likewise.
        expected (`np.ndarray`): [domains, features].
    """
    common = np.isnan(expected)
    features = common.any(axis=0)
    slopes = np.where(common, 0.0, expected)
    spread = np.maximum(losses.std(axis=0), 1e-9)
    left = (losses - (values * slopes).sum(axis=2)) / spread
    design = np.where(common, values, 0.0)[:, :, features] / spread[:, None]
    slopes[:, features] += (
        common[:, features] * np.linalg.lstsq(design.reshape(left.size, -1), left.ravel(), rcond=1e-6)[0]
    )
    return slopes


def _correlation(errors: np.ndarray) -> np.ndarray:
    """The correlation of errors on different domains: [domains, domains].

    It is shrunk to none by one part in the number of references, so that it stays invertible where these are few.
    """
    scaled = errors / np.sqrt(np.maximum((errors**2).mean(axis=0), 1e-300))
    share = 1 / len(errors)
    return (1 - share) * scaled.T @ scaled / len(errors) + share * np.eye(errors.shape[1])
