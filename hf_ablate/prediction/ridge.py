"""Ridge regression whose penalty is the one of least leave-one-out error, in closed form."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError


FEWEST_ROWS = 3
# Relative to the number of rows: the first all but interpolates, the last all but predicts the mean of the values.
PENALTIES = np.logspace(-6, 3, 37)


@dataclass(frozen=True)
class Ridge:
    """A linear model with an intercept, and what its predictions are made of.

    Args:
        center (`np.ndarray`): [features], the features' means in the rows that it was fitted on.
        influence (`np.ndarray`): [features, rows], the change of each coefficient with each fitted value.
        values (`np.ndarray`): [rows], what it was fitted on.
        penalty (`float`): of the squared coefficients of standardised features, beside the sum of squared residuals.
        leave_one_out (`np.ndarray`): [rows], each value less its prediction by the same model fitted on the others.
        noise (`float`): variance of the residuals, for as many degrees of freedom as the fit leaves.

    Example:

    ```python
    >>> ridge = fit_ridge(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([1.0, 3.0, 5.0, 7.0]))
    >>> ridge.predict(np.array([[10.0]])).round(2)
    array([21.])

    ```
    """

    center: np.ndarray
    influence: np.ndarray
    values: np.ndarray
    penalty: float
    leave_one_out: np.ndarray
    noise: float

    @property
    def coefficients(self) -> np.ndarray:
        """[features], of the features as they were given."""
        return self.influence @ self.values

    @property
    def intercept(self) -> float:
        """The prediction where all features are 0."""
        return float(self.values.mean() - self.center @ self.coefficients)

    def smoother(self, features: np.ndarray) -> np.ndarray:
        """The share of each fitted value in each prediction.

        Args:
            features (`np.ndarray`): [mixtures, features].

        Returns:
            `np.ndarray`: [mixtures, rows]; its product with the values is the prediction, and `noise` times the sum of
            its squares the variance that noise in the values gives the prediction.
        """
        return 1 / len(self.values) + (features - self.center) @ self.influence

    def predict(self, features: np.ndarray) -> np.ndarray:
        """The expected values.

        Args:
            features (`np.ndarray`): [mixtures, features].

        Returns:
            `np.ndarray`: [mixtures].
        """
        return self.intercept + features @ self.coefficients


def fit_ridge(features: np.ndarray, values: np.ndarray) -> Ridge:
    """Fit one column of values; see [`fit_ridges`].

    Args:
        features (`np.ndarray`): [rows, features].
        values (`np.ndarray`): [rows].
    """
    return fit_ridges(features, values[:, None])[0]


def fit_ridges(features: np.ndarray, values: np.ndarray) -> list[Ridge]:
    """Fit every column of values on the same features, each with its own penalty.

    Features are standardised, so that one penalty suits them all, and the intercept is not penalised. With H the
    matrix that makes predictions from values, the leave-one-out residual is the residual divided by 1 - H_ii, exactly:
    one singular value decomposition gives it for all penalties.

    Args:
        features (`np.ndarray`): [rows, features]; linearly dependent ones, and more than rows, are fine.
        values (`np.ndarray`): [rows, columns], finite.

    Returns:
        `list[Ridge]`: one for each column.

    Raises:
        `InputError`: for fewer than three rows.
    """
    rows = len(features)
    if rows < FEWEST_ROWS:
        raise InputError(f"a ridge regression needs {FEWEST_ROWS} observations or more, and there are {rows}")
    center = features.mean(axis=0)
    spread = features.std(axis=0)
    spread = np.where(spread > 1e-12 * np.abs(features).max(axis=0), spread, 1.0)  # a constant feature stays at zero
    left, singular, right = np.linalg.svd((features - center) / spread, full_matrices=False)
    penalties = rows * PENALTIES
    shrinkage = singular**2 / (singular**2 + penalties[:, None])  # [penalties, directions]
    leverage = 1 / rows + shrinkage @ (left**2).T  # [penalties, rows]
    centered = values - values.mean(axis=0)
    residuals = centered - np.einsum("rd,pd,dc->prc", left, shrinkage, left.T @ centered, optimize=True)
    leave_one_out = residuals / (1 - leverage)[:, :, None]
    ridges = []
    for column, best in enumerate((leave_one_out**2).sum(axis=1).argmin(axis=0)):
        gain = singular / (singular**2 + penalties[best])
        ridges.append(
            Ridge(
                center,
                (right.T * gain) @ left.T / spread[:, None],
                values[:, column],
                float(penalties[best]),
                leave_one_out[best, :, column],
                float((residuals[best, :, column] ** 2).sum() / (rows - leverage[best].sum())),
            )
        )
    return ridges
