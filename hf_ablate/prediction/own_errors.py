"""What a predictor gets wrong at single mixtures: known, by and by, where models were really trained."""

from dataclasses import dataclass

import numpy as np

from .stack import alike


LENGTH = 0.15  # between square roots of weights, within which mixtures share their errors
# Without repeats, what is left unexplained may be noise or error. Taking it for noise, the expected regret on
# RegMix's 1M runs with 32 and 64 of them as references is 0.000; halved, it is 0.060 and 0.042, where the predictor's
# choice among 100 others really lost 0.063 and 0.034.
ERROR_SHARE = 0.5


@dataclass(frozen=True)
class OwnErrors:
    """Errors that mixtures share with their neighbours only, seen in the residuals of reference models.

    Their covariance is `share` of the variance that the predictor leaves unexplained times a kernel of short length;
    the rest of it is noise.

    Args:
        roots (`np.ndarray`): [references, units], square roots of the weights.
        residuals (`np.ndarray`): [references, domains], losses less what is predicted for their mixtures.
    """

    roots: np.ndarray
    residuals: np.ndarray

    def expected(self, roots: np.ndarray, share: float) -> np.ndarray:
        """What the losses of mixtures are above the prediction.

        Args:
            roots (`np.ndarray`): [mixtures, units].
            share (`float`): of what is unexplained that is error.

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        return self._gain(roots, share) @ self.residuals

    def covariance(self, roots: np.ndarray, share: float) -> np.ndarray:
        """How uncertain that is, as a share of what is unexplained.

        Args:
            roots (`np.ndarray`): [mixtures, units].
            share (`float`): of what is unexplained that is error.

        Returns:
            `np.ndarray`: [mixtures, mixtures].
        """
        known = share * self._gain(roots, share) @ alike(self.roots, roots, LENGTH)
        return share * alike(roots, roots, LENGTH) - (known + known.T) / 2

    def variances(self, roots: np.ndarray, share: float) -> np.ndarray:
        """The diagonal of [`OwnErrors.covariance`]: [mixtures].

        Args:
            roots (`np.ndarray`): [mixtures, units].
            share (`float`): of what is unexplained that is error.

        Returns:
            `np.ndarray`: [mixtures].
        """
        return share - share * np.einsum("mr,rm->m", self._gain(roots, share), alike(self.roots, roots, LENGTH))

    def between(self, roots: np.ndarray, others: np.ndarray, share: float) -> np.ndarray:
        """The same of mixtures and others: what their errors have in common.

        Args:
            roots (`np.ndarray`): [mixtures, units].
            others (`np.ndarray`): [others, units].
            share (`float`): of what is unexplained that is error.

        Returns:
            `np.ndarray`: [mixtures, others].
        """
        known = share * self._gain(roots, share) @ alike(self.roots, others, LENGTH)
        return share * alike(roots, others, LENGTH) - known

    def _gain(self, roots: np.ndarray, share: float) -> np.ndarray:
        """[mixtures, references]."""
        observed = share * alike(self.roots, self.roots, LENGTH) + (1 - share) * np.eye(len(self.roots))
        return share * np.linalg.solve(observed, alike(self.roots, roots, LENGTH)).T
