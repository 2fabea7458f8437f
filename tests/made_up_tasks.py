"""Results of made-up downstream tasks for a synthetic study, as `evaluate --tasks` writes them."""

import json
from pathlib import Path

from hf_ablate.mixtures.mixture import Mixture


HARD = "scipy"  # the unit that the task `arithmetic` gains most from
SHARES = {"arithmetic": {HARD: 0.8, "sympy": 0.3}, "reading": {"pandas": 0.5, "networkx": 0.4}}


def loss(task: str, mixture: Mixture | None) -> float:
    """Bits per byte of the right answer: less, the more the mixture has of the units that a task gains from."""
    weights = {} if mixture is None else mixture.weights
    return 2.0 - sum(gain * weights.get(unit, 0.0) ** 0.5 for unit, gain in SHARES[task].items())


def write_tasks(
    run_dir: Path, tasks=("arithmetic", "reading"), metrics=("acc", "bits_per_byte"), without=(), limit=None
) -> list[dict]:
    """Add results of tasks to the scored models of a study, ensembles and those named in `without` left out."""
    manifest = json.loads((run_dir / "scores" / "manifest.json").read_text())
    rows = []
    for model, facts in manifest["models"].items():
        if facts["kind"].startswith("ensemble") or model in without:
            continue
        mixture = facts["mixture"] and Mixture.of(facts["mixture"])
        for task in tasks:
            bits = loss(task, mixture) + (0.05 if facts["kind"] == "merged" else 0.0)
            values = {"acc": round(1 - bits / 2.5, 2), "bits_per_byte": bits, "mcc": 0.1}
            rows += [
                {
                    "model": model, "kind": facts["kind"], "mixture": facts["mixture"],
                    "model_digest": facts["digest"], "task": task, "limit": limit, "dtype": "float32",
                    "max_length": 256, "lm_eval": "0.4", "metric": metric, "value": values[metric], "stderr": 0.01,
                    "num_docs": 50, "num_fewshot": 0, "version": 1,
                }
                for metric in metrics
            ]  # fmt: skip
    with open(run_dir / "scores" / "tasks.jsonl", "a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return rows
