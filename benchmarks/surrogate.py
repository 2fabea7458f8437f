"""How well a share of a pool's merges predicts the others: by what is learned, and by how the share is chosen.

    python -m benchmarks.surrogate tests/fixtures/pool_scores

The folder is a run folder with `scores/`, all of its mixtures merged, or one that holds mixtures.jsonl and
rows.jsonl.gz. Shown is Spearman's rho between predicted and scored merges, over the mixtures that were left to be
predicted: averaged over domains, and of the mean of domains.
"""

import argparse
import gzip
import itertools
import json
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from benchmarks.measurement import Measurement
from hf_ablate.evaluation.row_blocks import blocks_of
from hf_ablate.evaluation.rows import ScoreRow
from hf_ablate.manifest import has_manifest
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.space_filling import space_filling
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.read_evidence import evidence_of, read_evidence
from hf_ablate.prediction.scores import collect_scores
from hf_ablate.prediction.surrogate import fit_process
from hf_ablate.run_folder import RunFolder
from hf_ablate.text_table import text_table


FIXTURE = Path(__file__).parent.parent / "tests" / "fixtures" / "pool_scores"
METRIC = "bits_per_byte"
SCORES, DIFFERENCE = "their scores", "what they lose against averaged probabilities"
WEIGHTS, ROOTS = "weights", "square roots"
BATCHES = 4  # that merges are chosen in by variance


def read_pool(folder: Path) -> Evidence:
    if has_manifest(RunFolder(folder).scores):
        return read_evidence(folder, METRIC)
    mixtures = [
        Mixture.of(json.loads(line)["weights"]) for line in (folder / "mixtures.jsonl").read_text().splitlines()
    ]
    with gzip.open(folder / "rows.jsonl.gz", "rt") as file:
        blocks = blocks_of(ScoreRow(**json.loads(line)) for line in file)
    return evidence_of(collect_scores(blocks, mixtures, METRIC, "val"), METRIC)


class Pool:
    """All merges of a pool as arrays."""

    def __init__(self, evidence: Evidence) -> None:
        merged, ensembles = evidence.proxies["merged"], evidence.proxies["ensemble"]
        assert merged.ids == ensembles.ids
        self.weights, self.losses = merged.weights, merged.losses
        several = (merged.weights > 0).sum(axis=1) > 1
        self.components, self.several = np.flatnonzero(~several), np.flatnonzero(several)
        self.expected = {SCORES: np.zeros_like(merged.losses), DIFFERENCE: ensembles.losses}
        self.inputs = {WEIGHTS: merged.weights, ROOTS: np.sqrt(merged.weights)}
        order = space_filling([evidence.mixture_of(merged.weights[row]) for row in self.several], len(self.several))
        self.filling = np.array([merged.ids.index(mixture.id) for mixture in order])

    def rhos(self, scored: np.ndarray, learned: str, inputs: str) -> tuple[float, float]:
        """Over the mixtures that were not scored: averaged over domains, and of the mean of domains."""
        known, others = np.concatenate([self.components, scored]), np.setdiff1d(self.several, scored)
        process = fit_process(self.inputs[inputs][known], (self.losses - self.expected[learned])[known])
        found = self.expected[learned][others] + process.predict(self.inputs[inputs][others])
        real = self.losses[others]
        domains = [spearmanr(found[:, domain], real[:, domain])[0] for domain in range(real.shape[1])]
        return float(np.mean(domains)), float(spearmanr(found.mean(axis=1), real.mean(axis=1))[0])

    def by_variance(self, count: int) -> np.ndarray:
        """Half by space filling, then batches of those that the process is least sure of."""
        scored = self.filling[: (count + 1) // 2]
        for batch in range(BATCHES):
            known, left = np.concatenate([self.components, scored]), np.setdiff1d(self.several, scored)
            process = fit_process(self.weights[known], self.losses[known])
            deviation = process.predict(self.weights[left], return_std=True)[1].mean(axis=1)
            size = round((count - len(scored)) / (BATCHES - batch))
            scored = np.concatenate([scored, left[np.argsort(-deviation, kind="stable")[:size]]])
        return scored


def measure(quick: bool) -> list[Measurement]:
    """On the pool of the tests, a fifth of whose merges are scored; against 6 draws at random if quick, else 20."""
    pool = Pool(read_pool(FIXTURE))
    count = round(0.2 * len(pool.several))
    draws = [np.random.default_rng(seed).permutation(pool.several)[:count] for seed in range(6 if quick else 20)]
    ours = [pool.rhos(pool.filling[:count], SCORES, inputs)[0] for inputs in (WEIGHTS, ROOTS)]
    others = [pool.rhos(draw, SCORES, WEIGHTS)[0] for draw in draws]
    missing = "1 - Spearman's rho of predicted merges, a fifth of them scored"
    return [
        Measurement(
            "surrogate, choice of merges", f"{missing}: chosen by space filling / at random",
            [(1 - ours[0]) / (1 - other) for other in others], more_is_better=False, goal=1,
        ),
        Measurement(
            "surrogate, inputs", f"{missing}: from weights / from their square roots",
            [(1 - ours[0]) / (1 - ours[1])], more_is_better=False, goal=1,
        ),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pool", type=Path, help="a scored run folder, or mixtures.jsonl and rows.jsonl.gz")
    parser.add_argument("--shares", type=float, nargs="+", default=[0.1, 0.2, 0.3, 0.5], help="of the merges")
    parser.add_argument("--draws", type=int, default=20, help="at random, that results are averaged over")
    arguments = parser.parse_args()
    pool = Pool(read_pool(arguments.pool))
    counts = [round(share * len(pool.several)) for share in arguments.shares]
    draws = [np.random.default_rng(seed).permutation(pool.several) for seed in range(arguments.draws)]
    results: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    for way in itertools.product((SCORES, DIFFERENCE), (WEIGHTS, ROOTS)):
        results[*way, f"{arguments.draws} draws"] = [
            tuple(np.mean([pool.rhos(draw[:count], *way) for draw in draws], axis=0)) for count in counts
        ]
        results[*way, "space filling"] = [pool.rhos(pool.filling[:count], *way) for count in counts]
    by_variance = [pool.rhos(pool.by_variance(count), SCORES, WEIGHTS) for count in counts]
    results[SCORES, WEIGHTS, "half filling, half variance"] = by_variance
    print(f"{len(pool.several)} merges of {pool.weights.shape[1]} units, {pool.losses.shape[1]} domains\n")
    headers = [f"{share:.0%} ({count})" for share, count in zip(arguments.shares, counts, strict=True)]
    rows = [[*names, *(f"{domains:.4f} {mean:.3f}" for domains, mean in found)] for names, found in results.items()]
    print(text_table(["learned of the merges", "from", "chosen by", *headers], rows, left=(0, 1, 2)))


if __name__ == "__main__":
    main()
