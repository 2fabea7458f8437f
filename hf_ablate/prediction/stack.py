"""The stack: losses of reference models as a linear function of a few predictors, and what that leaves smooth.

For every domain d, the loss of a mixture w is modelled as

    loss_d(w) = intercept_d + features_d(w) · slopes_d + surface_d(w) + noise,

all Gaussian: slopes lie near the values that are expected of them (1 for the best predictor, 0 for the others, or what
all domains have in common), and the surface is a Gaussian process on the square roots of the weights. Everything is
then a closed form: predictions, the covariance of their errors, and each reference's loss as the others predict it
(Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equations 2.23, 2.24 and 5.10 to 5.12). It
is fitted in `stack_fit.py`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from .predictor import Joint, Prediction


FEWEST_REFERENCES = 4
INTERCEPT = 1e4  # variance of what the mean of the residuals may be off by; all variances are shares of the noise


@dataclass(frozen=True)
class Features:
    """What the stack combines, for some mixtures.

    Args:
        values (`np.ndarray`): [mixtures, domains, features].
        roots (`np.ndarray`): [mixtures, units], square roots of the weights.
        errors (`np.ndarray`, *optional*): as `values`, their standard deviations: 0 for what was measured, more for
            the score of a proxy that was predicted from its other scores. None: all are 0.
    """

    values: np.ndarray
    roots: np.ndarray
    errors: np.ndarray | None = None

    def only(self, rows: np.ndarray) -> "Features":
        """Those of some of the mixtures."""
        return Features(self.values[rows], self.roots[rows], None if self.errors is None else self.errors[rows])

    def within(self, known: "Features") -> "Features":
        """The same with values held within those of the known mixtures, and errors that grow beyond them.

        They grow as a random walk whose steps are as large as those of the values: to all that the known values differ
        by, as far outside of them as they are apart.

        Args:
            known ([`Features`]): of the mixtures that say what is known.
        """
        low, high = known.values.min(axis=0), known.values.max(axis=0)
        values = np.clip(self.values, low, high)
        errors = np.sqrt((high - low) * np.abs(self.values - values))
        return Features(values, self.roots, errors if self.errors is None else np.hypot(errors, self.errors))


@dataclass(frozen=True)
class Stack:
    """A fitted stack.

    Args:
        features ([`Features`]): of the references.
        center (`np.ndarray`): [domains, features], their means over the references.
        spread (`np.ndarray`): [domains, features], their standard deviations.
        expected (`np.ndarray`): [domains, features], the slopes that are expected; 0 where a domain has no values.
        slope_variance (`float`): of the deviation from them, for standardised features, as a share of the noise.
        surface (`tuple[float, float]`): variance, as a share of the noise, and length scale.
        level (`np.ndarray`): [domains], the mean over the references of what the expected slopes leave.
        inverse (`np.ndarray`): [domains, references, references], of the covariance of the references.
        weights (`np.ndarray`): [domains, references], the inverse times the references' losses.
        leave_one_out (`np.ndarray`): [references, domains], each loss less what is expected from the others.
        noise (`np.ndarray`): [domains], the variance of the losses around slopes and surface.
        correlation (`np.ndarray`): [domains, domains], of the leave-one-out errors.
        is_bounded (`bool`): whether features are held within their values at the references.
        inflation (`float`): what standard deviations are multiplied by, so that intervals hold what they should.
    """

    features: Features
    center: np.ndarray
    spread: np.ndarray
    expected: np.ndarray
    slope_variance: float
    surface: tuple[float, float]
    level: np.ndarray
    inverse: np.ndarray
    weights: np.ndarray
    leave_one_out: np.ndarray
    noise: np.ndarray
    correlation: np.ndarray
    is_bounded: bool = False
    inflation: float = 1.0

    def inflated(self, factor: float) -> "Stack":
        """The same with standard deviations multiplied by a factor."""
        return replace(self, inflation=self.inflation * factor)

    def expected_losses(self, features: Features) -> np.ndarray:
        """The mean of [`Stack.predict`] alone.

        Args:
            features ([`Features`]): of the mixtures.

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        features = self._bounded(features)
        mean = self._expected(features)
        for domain, shared in self._covariances(features, self.features, range(mean.shape[1])):
            mean[:, domain] += shared @ self.weights[domain]
        return mean

    def predict(self, features: Features) -> Prediction:
        """The losses of mixtures on every domain.

        Args:
            features ([`Features`]): of the mixtures.
        """
        features = self._bounded(features)
        mean = self._expected(features)
        variance = np.empty_like(mean)
        own = 1 + self._variances(features)
        for domain, shared in self._covariances(features, self.features, range(mean.shape[1])):
            mean[:, domain] += shared @ self.weights[domain]
            variance[:, domain] = own[:, domain] - ((shared @ self.inverse[domain]) * shared).sum(axis=1)
        variance = self.inflation**2 * self.noise * np.maximum(variance, 1) + self._of_features(features)
        return Prediction(mean, np.sqrt(variance))

    def joint(self, features: Features, target: np.ndarray) -> Joint:
        """The losses of mixtures on a target, with the covariance of their errors.

        Errors on different domains are taken to correlate as the leave-one-out errors do, whatever the mixture.

        Args:
            features ([`Features`]): of the mixtures.
            target (`np.ndarray`): [domains], the weight of each domain.
        """
        features = self._bounded(features)
        mean = np.zeros(len(features.roots))
        covariance = np.zeros((len(features.roots), len(features.roots)))
        spread = target * np.sqrt(self.noise)
        shares = spread**2 / max((spread**2).sum(), 1e-300)
        expected = self._expected(features)
        domains = np.flatnonzero(target)
        between = self._covariances(features, self.features, domains)
        for (domain, shared), (_, among) in zip(between, self._covariances(features, features, domains), strict=True):
            mean += target[domain] * (shared @ self.weights[domain] + expected[:, domain])
            own = among - shared @ self.inverse[domain] @ shared.T
            covariance += shares[domain] * own
        noise = float(spread @ self.correlation @ spread) * self.inflation**2
        of_features = (target * np.sqrt(self._of_features(features))).sum(axis=1)  # the same error on all domains
        return Joint(mean, noise * (covariance + covariance.T) / 2 + np.diag(of_features**2), noise)

    def compared(self, features: Features, bases: Features, targets: np.ndarray) -> tuple[np.ndarray, ...]:
        """What [`Stack.joint`] says of mixtures' errors on several targets, each compared with one mixture.

        Args:
            features ([`Features`]): of the mixtures.
            bases ([`Features`]): of the mixture that those on each target are compared with.
            targets (`np.ndarray`): [targets, domains], the weight of each domain.

        Returns:
            `tuple`: variances of the mixtures, [targets, mixtures], and of the others, [targets]; the covariances of
            the two, [targets, mixtures]; and the noise, [targets].
        """
        features, bases = self._bounded(features), self._bounded(bases)
        spread = targets * np.sqrt(self.noise)
        shares = spread**2 / np.maximum((spread**2).sum(axis=1, keepdims=True), 1e-300)
        variance = np.zeros((len(targets), len(features.roots)))
        between, of_bases = np.zeros_like(variance), np.zeros(len(targets))
        domains = range(targets.shape[1])
        alone, bases_alone = self._variances(features), self._variances(bases)
        covariances = zip(
            self._covariances(features, self.features, domains),
            self._covariances(bases, self.features, domains),
            self._covariances(features, bases, domains),
            strict=True,
        )
        for (domain, shared), (_, shared_bases), (_, among) in covariances:
            known = shared @ self.inverse[domain]
            known_of_bases = ((shared_bases @ self.inverse[domain]) * shared_bases).sum(axis=1)
            own, own_of_bases = (
                alone[:, domain] - (known * shared).sum(axis=1),
                bases_alone[:, domain] - known_of_bases,
            )
            for target in np.flatnonzero(shares[:, domain]):
                share = shares[target, domain]
                variance[target] += share * own
                of_bases[target] += share * own_of_bases[target]
                between[target] += share * (among[:, target] - known @ shared_bases[target])
        noise = np.einsum("td,de,te->t", spread, self.correlation, spread) * self.inflation**2
        of_features = np.sqrt(self._of_features(features)) @ targets.T  # the same error on all domains
        of_features_of_bases = (np.sqrt(self._of_features(bases)) * targets).sum(axis=1)
        scale = noise[:, None]
        return scale * variance + of_features.T**2, noise * of_bases + of_features_of_bases**2, scale * between, noise

    @property
    def slopes(self) -> np.ndarray:
        """The change of each domain's loss with each feature: [domains, features]."""
        standard = self._standard(self.features)
        return self.expected + self.slope_variance * np.einsum("dn,ndf->df", self.weights, standard) / self.spread

    def _bounded(self, features: Features) -> Features:
        return features.within(self.features) if self.is_bounded else features

    def _of_features(self, features: Features) -> np.ndarray:
        """The variance that the errors of the features give the losses: [mixtures, domains]."""
        if features.errors is None:
            return np.zeros(features.values.shape[:2])
        return ((self.slopes * features.errors) ** 2).sum(axis=2)

    def _standard(self, features: Features) -> np.ndarray:
        """[mixtures, domains, features]."""
        return (features.values - self.center) / self.spread

    def _variances(self, features: Features) -> np.ndarray:
        """What the losses of mixtures vary by where nothing is known, as a share of the noise: [mixtures, domains]."""
        return self.surface[0] + INTERCEPT + self.slope_variance * (self._standard(features) ** 2).sum(axis=2)

    def _expected(self, features: Features) -> np.ndarray:
        """What the expected slopes and the level say: [mixtures, domains]."""
        return (features.values * self.expected).sum(axis=2) + self.level

    def _covariances(
        self, first: Features, second: Features, domains: Iterable[int]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Domains with the covariance of two lists of mixtures' losses, as a share of the noise: [first, second]."""
        ours, theirs = self._standard(first), self._standard(second)
        surface = self.surface[0] * alike(first.roots, second.roots, self.surface[1]) if self.surface[0] else 0.0
        for domain in domains:
            yield domain, self.slope_variance * ours[:, domain] @ theirs[:, domain].T + surface + INTERCEPT


def alike(first: np.ndarray, second: np.ndarray, length: float) -> np.ndarray:
    """The squared-exponential kernel between mixtures.

    Args:
        first (`np.ndarray`): [first, units], square roots of weights.
        second (`np.ndarray`): [second, units], square roots of weights.
        length (`float`): the distance at which the kernel has fallen to 0.61.

    Returns:
        `np.ndarray`: [first, second], 1 for equal mixtures.
    """
    squared = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    return np.exp(-np.maximum(squared, 0) / (2 * length**2))
