"""RegMix's real runs, of which tests/fixtures/regmix/ holds a part."""

from pathlib import Path

import numpy as np
import pandas as pd

from hf_ablate.prediction.observations import Observations


REGMIX = Path(__file__).parent / "fixtures" / "regmix"
PILE_CC = 8  # among the domains


def read(mixture_file: str, loss_file: str) -> Observations:
    """Runs from two tables."""
    weights = pd.read_csv(REGMIX / mixture_file, index_col="index")
    losses = pd.read_csv(REGMIX / loss_file, index_col="index").loc[weights.index]
    shares = weights.to_numpy() / weights.to_numpy().sum(axis=1, keepdims=True)
    return Observations(tuple(map(str, weights.index)), shares, losses.to_numpy())


def swarm() -> Observations:
    """96 runs of models of 1M parameters."""
    return read("train_mixture_1m.csv.gz", "train_pile_loss_1m.csv.gz")


def larger() -> Observations:
    """40 other mixtures, models of 60M parameters."""
    return read("test_mixture_60m.csv.gz", "test_pile_loss_60m.csv.gz")


def own_units() -> tuple[int | None, ...]:
    """For each of RegMix's domains, its unit."""
    units = list(pd.read_csv(REGMIX / "train_mixture_1m.csv.gz", index_col="index").columns)
    domains = pd.read_csv(REGMIX / "train_pile_loss_1m.csv.gz", index_col="index").columns
    return tuple(units.index("train_" + name.removeprefix("metric/").removesuffix("_val_loss")) for name in domains)


def rank_correlations(predicted: np.ndarray, measured: np.ndarray) -> tuple[float, float, float]:
    """Spearman's rho on Pile-CC, averaged over the domains, and of the mean of domains."""
    from scipy.stats import spearmanr

    rhos = [spearmanr(predicted[:, domain], measured[:, domain])[0] for domain in range(measured.shape[1])]
    return rhos[PILE_CC], float(np.mean(rhos)), float(spearmanr(predicted.mean(axis=1), measured.mean(axis=1))[0])
