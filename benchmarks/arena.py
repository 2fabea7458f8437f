"""Which method should choose a mixture, at which cost? Regret of the choice against training that was paid for.

    python -m benchmarks.arena --pool tests/fixtures/pool_scores --figures benchmarks
    python -m benchmarks.arena --regmix regmix/data --figures benchmarks

`--pool` is a scored run folder, or one that holds mixtures.jsonl and rows.jsonl.gz: the choice is among the mixtures
that were really trained, and what a method trains is looked up. A component costs as much as a reference model.
`--regmix` holds RegMix's tables of 1M and 60M: the choice is among its mixtures with models of 60M, and 60 runs of 1M
cost as much as one of them. Costs are in runs of the models that are asked about. Regret is on the mean of domains,
against the best model of all: its mean over draws of the runs, and what 90 % of the draws lie between.
"""

import argparse
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.contest import Contest, lowest, on_target
from benchmarks.measurement import Measurement
from benchmarks.predictors import TABLES, read_runs
from benchmarks.surrogate import FIXTURE, read_pool
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.features import fit_features
from hf_ablate.prediction.laws.exponential import fit_exponential_law
from hf_ablate.prediction.laws.gaussian_process import fit_gaussian_process
from hf_ablate.prediction.laws.power import fit_power_law
from hf_ablate.prediction.laws.trees import FEWEST_RUNS, fit_trees
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.other_scale import fit_other_scale


logger = logging.getLogger(__name__)

LAWS = {
    "exponential law": fit_exponential_law,
    "power law": fit_power_law,
    "Gaussian process": fit_gaussian_process,
}
BUDGETS = (4, 8, 16, 32)
PROXIES = {"merged": "merged weights", "ensemble": "averaged probabilities", "soft_minimum": "soft minimum"}
SMALL, SWARMS, RELATIVE_COST = 96, (96, 256, 512), 60  # runs of 1M that the tool has, and the swarm; cost of 60M
LEAST_SHOWN = 1e-4  # regret in a figure


@dataclass(frozen=True)
class Entry:
    """What a method reached: its cost beside runs at the scale that is asked about, and budget → regrets."""

    method: str
    before: float
    regrets: dict[int, np.ndarray]


def contest(contests: Sequence[Contest], before: float, tool: str, loop: str) -> list[Entry]:
    """All methods that take runs, each contest with its own draw of them."""
    count = len(contests[0].runs)
    drawn = [(one, np.random.default_rng(seed).permutation(count)) for seed, one in enumerate(contests)]
    budgets = [budget for budget in BUDGETS if budget < count]

    def entry(name: str, before: float, choose: Callable[[Contest, np.ndarray], int], fewest: int = 0) -> Entry:
        logger.info(name)
        return Entry(
            name,
            before,
            {
                budget: np.array([one.regret(choose(one, draw[:budget])) for one, draw in drawn])
                for budget in budgets
                if budget >= fewest
            },
        )

    entries = [
        entry("random search", 0, Contest.random_search),
        entry("swarm, LightGBM (RegMix)", 0, Contest.by_swarm, FEWEST_RUNS),
        *(entry(name, 0, partial(Contest.by_law, fit=fit)) for name, fit in LAWS.items()),
        entry(tool, before, Contest.by_tool),
    ]
    logger.info(loop)
    looped = [[one.regret(row) for row in one.closed_loop(draw, budgets)] for one, draw in drawn]
    return [*entries, Entry(loop, before, dict(zip(budgets, np.transpose(looped), strict=True)))]


def on_pool(folder: Path, draws: int) -> list[Entry]:
    """Components cost one run each; proxies need no other training."""
    arena = Contest(read_pool(folder))
    table, units = fit_features(arena.evidence.with_references(np.arange(0))), len(arena.evidence.units)
    alone = [
        Entry(label, units, {0: np.array([arena.regret(lowest(table.values(name, arena.runs.weights)))])})
        for name, label in PROXIES.items()
        if name in table.names
    ]
    return alone + contest([arena] * draws, units, "stack", "closed loop")


def on_regmix(folder: Path, draws: int) -> list[Entry]:
    """The tool has 96 of the runs of 1M; the swarms of RegMix's way are as large as they are."""
    (_, _, small), (units, domains, large) = (read_runs(folder, *names) for names in TABLES)
    own_units = tuple(
        units.index("train_" + domain.removeprefix("metric/").removesuffix("_val_loss")) for domain in domains
    )

    def drawn(size: int) -> list[Observations]:
        return [small.only(np.random.default_rng(seed).permutation(len(small))[:size]) for seed in range(draws)]

    contests = []
    for runs in drawn(SMALL):
        nothing = np.full((len(units), len(domains)), np.nan)
        evidence = Evidence(
            tuple(units), tuple(domains), own_units, large, nothing, {}, {"1m": runs}, "60m", "nats per token"
        )
        contests.append(Contest(evidence, fit_other_scale(evidence)))
    entries = []
    for size in SWARMS:
        logger.info("%d runs of 1M", size)
        laws = [fit_trees(on_target(runs)) for runs in drawn(size)]
        regrets = [contests[0].regret(lowest(law.losses(large.weights))) for law in laws]
        entries.append(Entry(f"{size} of 1M, LightGBM (RegMix)", size / RELATIVE_COST, {0: np.array(regrets)}))
    regrets = [one.regret(lowest(one.other_scale.losses(large.weights))) for one in contests]
    entries.append(Entry(f"{SMALL} of 1M, laws", SMALL / RELATIVE_COST, {0: np.array(regrets)}))
    names = f"{SMALL} of 1M, stack", f"{SMALL} of 1M, closed loop"
    return entries + contest(contests, SMALL / RELATIVE_COST, *names)


def measure(quick: bool) -> list[Measurement]:
    """On the pool of the tests: what 16 runs lead to, in 6 draws of them if quick, else in 30."""
    arena = Contest(read_pool(FIXTURE))
    draws = [np.random.default_rng(seed).permutation(len(arena.runs))[:16] for seed in range(6 if quick else 30)]
    mean = {
        choose.__name__: float(np.mean([arena.regret(choose(arena, rows)) for rows in draws]))
        for choose in (Contest.by_tool, Contest.by_swarm, Contest.random_search)
    }
    return [
        Measurement(
            f"arena, against {other}", f"mean regret with 16 runs on a pool of 5 units: hf-ablate / {other}",
            [mean["by_tool"] / mean[name]], more_is_better=False, goal=1,
        )
        for name, other in (("by_swarm", "LightGBM (RegMix)"), ("random_search", "random search"))
    ]  # fmt: skip


def markdown(entries: Sequence[Entry]) -> str:
    """Regret by the number of runs at the scale that is asked about."""
    budgets = sorted({budget for entry in entries for budget in entry.regrets})
    lines = [["", "paid before", *(f"{budget} runs" for budget in budgets)], ["---"] * (2 + len(budgets))]
    for entry in entries:
        cells = [cell(entry.regrets[budget]) if budget in entry.regrets else "" for budget in budgets]
        lines.append([entry.method, f"{entry.before:.1f}", *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(regrets: np.ndarray) -> str:
    """The mean, and what 90 % of the draws lie between."""
    if len(regrets) == 1:
        return f"{regrets[0]:.4f}"
    low, high = np.quantile(regrets, [0.05, 0.95])
    return f"{regrets.mean():.4f} ({low:.4f} to {high:.4f})"


def draw_figure(title: str, entries: Sequence[Entry], path: Path) -> None:
    """Mean regret by cost, with its standard error over draws."""
    import matplotlib.pyplot as plt
    from PIL import Image

    figure, axis = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    for number, entry in enumerate(entries):
        costs = [entry.before + budget for budget in entry.regrets]
        means = [max(regrets.mean(), LEAST_SHOWN) for regrets in entry.regrets.values()]
        errors = [regrets.std() / len(regrets) ** 0.5 for regrets in entry.regrets.values()]
        color = plt.get_cmap("tab20")(2 * number % 20 + 2 * number // 20)
        style = {"marker": "os^Dv"[number % 5], "markersize": 5, "color": color, "capsize": 2}
        axis.errorbar(costs, means, errors, linewidth=1, label=entry.method, **style)
    axis.set(title=title, xlabel="cost, in runs of the models that are asked about", ylabel="mean regret")
    axis.set(xscale="log", yscale="log")
    axis.set_xticks([2, 4, 8, 16, 32], ["2", "4", "8", "16", "32"])
    axis.minorticks_off()
    figure.legend(loc="outside right center", fontsize=7)
    figure.savefig(path, dpi=110)
    Image.open(path).convert("RGB").quantize(64).save(path, optimize=True)


def main() -> None:
    """Let all methods choose, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--regmix", type=Path)
    parser.add_argument("--draws", type=int, default=30, help="of the runs that methods are given")
    parser.add_argument("--figures", type=Path, help="a folder to write PNGs to")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for title, folder, play in (
        ("A pool of components", arguments.pool, on_pool),
        ("RegMix's runs of 1M and 60M", arguments.regmix, on_regmix),
    ):
        if folder is not None:
            entries = play(folder, arguments.draws)
            print(f"\n{title}\n\n{markdown(entries)}")
            if arguments.figures:
                draw_figure(title, entries, arguments.figures / f"arena_{play.__name__.removeprefix('on_')}.png")


if __name__ == "__main__":
    main()
