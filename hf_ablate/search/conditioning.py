"""What a decision between mixtures is expected to lose, now and after more reference models have been trained.

A predictor's [`Joint`] is a normal distribution of the losses of mixtures. Training a model on one of them observes
its loss with the noise of training, and conditioning gives the distribution of all others. The values here are
averages over draws of that distribution that are the same at every call (Sobol points and their mirror images).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..prediction.predictor import Joint


_DRAWS = 2**12  # of losses: two mixtures' expected regret to 0.1 %
_FUTURES = 2**9  # of what a batch of trainings shows


def condition(joint: Joint, rows: list[int], losses: np.ndarray) -> Joint:
    """The distribution of the losses after models were trained on some of the mixtures.

    Args:
        joint ([`Joint`]): the distribution before.
        rows (`list[int]`): the mixtures that were trained, by position; a mixture trained twice is there twice.
        losses (`np.ndarray`): [rows], what the models show; with the expected losses, the mean stays as it is.

    Example:

    ```python
    >>> before = Joint(np.zeros(2), np.array([[1.0, 0.5], [0.5, 1.0]]), noise=0.25)
    >>> after = condition(before, [0], np.array([1.0]))
    >>> after.mean.round(3).tolist(), after.covariance.round(3).tolist()
    ([0.8, 0.4], [[0.2, 0.1], [0.1, 0.8]])

    ```
    """
    shared = joint.covariance[:, rows]
    observed = joint.covariance[np.ix_(rows, rows)] + joint.noise * np.eye(len(rows))
    # a predictor without any doubt and noise makes this matrix singular
    gain = shared @ np.linalg.pinv(observed, hermitian=True)
    mean = joint.mean + gain @ (losses - joint.mean[rows])
    return Joint(mean, joint.covariance - gain @ shared.T, joint.noise)


def expected_regret(joint: Joint) -> float:
    """The expected loss of the mixture that is expected to be best, above that of the mixture that is best.

    Args:
        joint ([`Joint`]): of the mixtures to choose from.

    Example:

    ```python
    >>> even = Joint(np.zeros(2), np.eye(2) / 2, noise=0.0)
    >>> round(expected_regret(even), 3), round((2 * np.pi) ** -0.5, 3)
    (0.399, 0.399)

    ```
    """
    return float(max(joint.mean.min() - draw_losses(joint).min(axis=1).mean(), 0.0))


def draw_losses(joint: Joint) -> np.ndarray:
    """Equally likely losses of all mixtures together, the same at every call.

    Args:
        joint ([`Joint`]): their distribution.

    Returns:
        `np.ndarray`: [draws, mixtures].
    """
    variances, directions = np.linalg.eigh(joint.covariance)
    matters = np.flatnonzero(variances > 1e-9 * max(variances.max(), 0.0))[::-1]  # Sobol's first dimensions are best
    root = directions[:, matters] * np.sqrt(variances[matters])
    deviations = standard_draws(_DRAWS, len(matters)) @ root.T
    return joint.mean + np.concatenate([deviations, -deviations])


def standard_draws(count: int, dimensions: int) -> np.ndarray:
    """Draws of independent standard normal values.

    Args:
        count (`int`): a power of two.
        dimensions (`int`): values in each.

    Returns:
        `np.ndarray`: [count, dimensions].
    """
    from scipy.stats import norm
    from scipy.stats.qmc import Sobol

    if dimensions == 0:
        return np.zeros((count, 0))
    return norm.ppf(Sobol(dimensions, seed=0).random(count))


@dataclass(frozen=True)
class Futures:
    """What may be expected of the mixtures once a batch of them has been trained: equally likely futures.

    Args:
        means (`np.ndarray`): [futures, mixtures], the losses that will be expected.
        joint ([`Joint`]): with the covariance that will be left, the same in all futures.
        surprises (`np.ndarray`): [futures, trainings], how the models of the batch and of those to come turn out, in
            standard deviations of what is expected of each.
        trained (`int`): models in the batch so far.
    """

    means: np.ndarray
    joint: Joint
    surprises: np.ndarray
    trained: int = 0

    @classmethod
    def before(cls, joint: Joint, trainings: int) -> "Futures":
        """The present, from which at most so many models will be trained."""
        surprises = standard_draws(_FUTURES, trainings)
        return cls(np.tile(joint.mean, (_FUTURES, 1)), joint, surprises)

    def shift(self, row: int) -> np.ndarray:
        """How much the expected losses rise if the model of a mixture is one standard deviation worse than expected.

        Args:
            row (`int`): the mixture's position.

        Returns:
            `np.ndarray`: [mixtures].
        """
        covariance = self.joint.covariance
        deviation = np.sqrt(covariance[row, row] + self.joint.noise)
        return covariance[:, row] / deviation if deviation > 0 else np.zeros(len(covariance))

    def gain(self, row: int, choices: np.ndarray) -> float:
        """As [`Futures.gains`], of a single mixture."""
        return self.gains([row], choices)[row]

    def gains(self, rows: Iterable[int], choices: np.ndarray) -> dict[int, float]:
        """By how much one more training lowers the expected regret; never negative.

        The knowledge gradient for correlated beliefs (Frazier, Powell and Dayanik, INFORMS Journal on Computing 21,
        2009), here of the batch's next member.

        Args:
            rows (`Iterable[int]`): the mixtures to train one of, by position.
            choices (`np.ndarray`): positions of the mixtures that can turn out best.

        Returns:
            `dict[int, float]`: by row.
        """
        means = self.means[:, choices]
        now, surprises = means.min(axis=1), self.surprises[:, self.trained, None]
        changes, changed = np.empty_like(means), np.empty_like(means)  # of all rows: new ones take as long as the sums
        gains = {}
        for row in rows:
            np.multiply(surprises, self.shift(row)[choices], out=changes)
            better = np.add(means, changes, out=changed).min(axis=1)
            later = (better + np.subtract(means, changes, out=changed).min(axis=1)) / 2
            gains[row] = float((now - later).mean())
        return gains

    def after(self, row: int) -> "Futures":
        """The futures once a mixture has been trained too."""
        means = self.means + self.surprises[:, self.trained, None] * self.shift(row)
        joint = condition(self.joint, [row], self.joint.mean[[row]])
        return Futures(means, joint, self.surprises, self.trained + 1)
