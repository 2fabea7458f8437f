"""Ridge regression: leave-one-out errors are those of refits, predictions are products with the smoother."""

import numpy as np
import pytest

from hf_ablate.errors import InputError
from hf_ablate.prediction.ridge import PENALTIES, fit_ridge, fit_ridges


def rows(count: int = 20, features: int = 4, noise: float = 0.3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random features of unlike sizes, and values that are linear in them up to noise."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(count, features)) * 10.0 ** np.arange(features) + 5
    return drawn, 3 + drawn @ (10.0 ** -np.arange(features)) + noise * rng.normal(size=count)


def refitted(features: np.ndarray, values: np.ndarray, penalty: float, spread: np.ndarray) -> np.ndarray:
    """Intercept and coefficients by the normal equations, with a penalty on standardised features."""
    design = np.column_stack([np.ones(len(features)), features])
    return np.linalg.solve(design.T @ design + penalty * np.diag([0, *spread**2]), design.T @ values)


def test_leave_one_out_errors_are_those_of_models_fitted_without_the_row():
    features, values = rows()
    ridge = fit_ridge(features, values)
    for row in range(len(values)):
        others = np.arange(len(values)) != row
        model = refitted(features[others], values[others], ridge.penalty, features.std(axis=0))
        error = values[row] - model[0] - features[row] @ model[1:]
        assert ridge.leave_one_out[row] == pytest.approx(error, rel=1e-6)


def test_coefficients_are_those_of_the_normal_equations():
    features, values = rows()
    ridge = fit_ridge(features, values)
    expected = refitted(features, values, ridge.penalty, features.std(axis=0))
    assert np.allclose([ridge.intercept, *ridge.coefficients], expected, rtol=1e-8)


def test_predictions_are_the_smoother_times_the_values():
    features, values = rows()
    ridge = fit_ridge(features, values)
    new, _ = rows(seed=1)
    assert np.allclose(ridge.smoother(new) @ values, ridge.predict(new), rtol=1e-10)
    assert np.allclose(ridge.smoother(new).sum(axis=1), 1)


def test_a_line_without_noise_is_found_and_noise_alone_is_not_fitted():
    features, values = rows(noise=0)
    assert np.allclose(fit_ridge(features, values).predict(features), values, rtol=1e-5)
    unrelated = np.random.default_rng(2).normal(size=20)
    ridge = fit_ridge(features, unrelated)
    assert ridge.predict(features).std() < 0.4 * unrelated.std()


def test_the_penalty_is_the_one_of_least_leave_one_out_error():
    features, values = rows(noise=30)
    ridge = fit_ridge(features, values)

    def squared_error(penalty: float) -> float:
        error = 0.0
        for row in range(len(values)):
            others = np.arange(len(values)) != row
            model = refitted(features[others], values[others], penalty, features.std(axis=0))
            error += (values[row] - model[0] - features[row] @ model[1:]) ** 2
        return error

    errors = [squared_error(penalty) for penalty in len(values) * PENALTIES]
    assert ridge.penalty == pytest.approx(len(values) * PENALTIES[int(np.argmin(errors))])


def test_the_noise_is_estimated():
    features, values = rows(count=400, noise=0.5)
    assert fit_ridge(features, values).noise == pytest.approx(0.25, rel=0.15)


def test_columns_are_fitted_as_if_each_were_alone():
    features, values = rows()
    noisy = rows(noise=30)[1]
    for together, column in zip(fit_ridges(features, np.column_stack([values, noisy])), [values, noisy], strict=True):
        alone = fit_ridge(features, column)
        assert together.penalty == alone.penalty
        assert np.allclose(together.coefficients, alone.coefficients, rtol=1e-10)


@pytest.mark.parametrize("count", [3, 5, 20])
def test_dependent_and_constant_features_and_more_features_than_rows_are_fine(count):
    features, values = rows(count=count)
    doubled = np.column_stack([features, features, np.full(count, 0.1), features.sum(axis=1)])
    ridge = fit_ridge(doubled, values)
    assert np.isfinite(ridge.leave_one_out).all() and np.isfinite(ridge.coefficients).all()
    assert ridge.coefficients[2 * features.shape[1]] == pytest.approx(0, abs=1e-9)
    assert np.allclose(ridge.coefficients[:4], ridge.coefficients[4:8], rtol=1e-6)


def test_two_rows_are_too_few():
    with pytest.raises(InputError, match="needs 3 observations or more, and there are 2"):
        fit_ridge(*rows(count=2))
