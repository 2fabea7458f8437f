"""The mean of laws says how wrong it is on mixtures that it has not seen."""

import numpy as np
from regmix_runs import larger

from hf_ablate.prediction.laws.averaged import enough_runs, fit_averaged_laws
from hf_ablate.prediction.observations import Observations


def error(predicted, losses):
    """Root mean square, in standard deviations of each domain, mean over domains."""
    return np.sqrt(((predicted - losses) ** 2).mean(axis=0) / losses.var(axis=0)).mean()


def test_with_few_runs_the_process_does_not_flatter_itself():
    runs = larger()
    runs = Observations(runs.ids, runs.weights, runs.losses[:, 4:8])  # four of 13 domains: for time
    known, others = runs.only(range(20)), runs.only(range(20, 40))
    process = fit_averaged_laws(known).laws["process"]
    expected, real = error(process.leave_one_out, known.losses), error(process.losses(others.weights), others.losses)
    assert 0.9 * real < expected < 2 * real


def test_laws_are_fitted_on_as_many_runs_as_units_but_not_on_as_many_units_as_the_papers():
    def runs(count, units):
        return Observations(tuple(map(str, range(count))), np.full((count, units), 1 / units), np.zeros((count, 1)))

    assert enough_runs(runs(8, 5)) and enough_runs(runs(40, 40))
    assert not enough_runs(runs(7, 5)) and not enough_runs(runs(39, 40)) and not enough_runs(runs(180, 139))
