"""Laws fitted on RegMix's runs of 1M parameters: how they rank the mixtures of its models of 60M, and their time.

    python -m benchmarks.predictors FOLDER              # the first 96 runs
    python -m benchmarks.predictors FOLDER --runs 512

FOLDER holds `train_mixture_1m.csv`, `train_pile_loss_1m.csv`, `test_mixture_60m.csv` and `test_pile_loss_60m.csv` of
https://github.com/sail-sg/regmix. Spearman's rho over its 256 models of 60M, of which no law sees a loss.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from benchmarks.measurement import CannotRun, Measurement
from hf_ablate.prediction.laws.exponential import fit_exponential_law
from hf_ablate.prediction.laws.gaussian_process import fit_gaussian_process
from hf_ablate.prediction.laws.own_weight import fit_own_weight_law
from hf_ablate.prediction.laws.power import fit_power_law
from hf_ablate.prediction.laws.trees import fit_trees
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.out_of_fold import Fitted


FOLDER = Path("regmix/data")
TABLES = ("train_mixture_1m.csv", "train_pile_loss_1m.csv"), ("test_mixture_60m.csv", "test_pile_loss_60m.csv")
UNIT, DOMAIN = "train_the_pile_{}", "metric/the_pile_{}_val_loss"


def read_runs(folder: Path, mixtures: str, losses: str) -> tuple[list[str], list[str], Observations]:
    """Names of units and of domains, and runs."""
    weights = pd.read_csv(folder / mixtures, index_col="index")
    measured = pd.read_csv(folder / losses, index_col="index").loc[weights.index]
    shares = weights.to_numpy() / weights.to_numpy().sum(axis=1, keepdims=True)  # rounded to three digits
    runs = Observations(tuple(map(str, weights.index)), shares, measured.to_numpy())
    return list(weights.columns), list(measured.columns), runs


def make_fits(units: list[str], domains: list[str]) -> dict[str, Callable[[Observations], Fitted]]:
    unit_of = {DOMAIN.format(unit.removeprefix(UNIT.format(""))): number for number, unit in enumerate(units)}
    return {
        "own weight": lambda runs: fit_own_weight_law(runs, tuple(unit_of[domain] for domain in domains)),
        "exponential law": fit_exponential_law,
        "power law": fit_power_law,
        "Gaussian process": fit_gaussian_process,
        "gradient-boosted trees": fit_trees,
    }


def rhos(law: Fitted, runs: Observations) -> tuple[list[float], float]:
    """Of all domains, and of their mean."""
    predicted = law.losses(runs.weights)
    domains = [spearmanr(*pair)[0] for pair in zip(predicted.T, runs.losses.T, strict=True)]
    return domains, spearmanr(predicted.mean(axis=1), runs.losses.mean(axis=1))[0]


def measure(quick: bool) -> list[Measurement]:
    """From draws of the runs of 1M: 3 if quick, else 10."""
    if not (FOLDER / TABLES[0][0]).is_file():
        raise CannotRun(f"needs RegMix's tables in {FOLDER} (https://github.com/sail-sg/regmix)")
    (_, _, swarm), (_, _, larger) = (read_runs(FOLDER, *names) for names in TABLES)
    ratios = []
    for seed in range(3 if quick else 10):
        order = np.random.default_rng(seed).permutation(len(swarm))
        process, trees = fit_gaussian_process(swarm.only(order[:96])), fit_trees(swarm.only(order[:512]))
        ratios.append(float(np.mean(rhos(process, larger)[0]) / np.mean(rhos(trees, larger)[0])))
    compared = "rho averaged over the domains of RegMix: a Gaussian process of 96 runs / trees of 512"
    return [Measurement("predictors", compared, ratios, more_is_better=True)]


def main() -> None:
    """Fit, predict, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=96, help="that laws are fitted on, the first of the table")
    arguments = parser.parse_args()
    (units, domains, swarm), (_, _, larger) = (read_runs(arguments.folder, *names) for names in TABLES)
    swarm = swarm.only(range(arguments.runs))
    pile_cc = domains.index(DOMAIN.format("pile_cc"))
    columns = ["", "processor seconds", "Pile-CC", "mean of the rhos of 13 domains", "mean of domains"]
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for name, fit in make_fits(units, domains).items():
        start = time.process_time()
        law = fit(swarm)
        seconds = time.process_time() - start
        each, average = rhos(law, larger)
        print(f"| {name} | {seconds:.1f} | {each[pile_cc]:.3f} | {np.mean(each):.3f} | {average:.3f} |")


if __name__ == "__main__":
    main()
