"""A finished run folder without any training: made-up but plausible scores of a study, for ranking and report.

Run as a script to look at one: `python tests/synthetic_study.py FOLDER`, then `hf-ablate rank --run_dir FOLDER`.
"""

import itertools
import json
import math
import random
import sys
from pathlib import Path

from hf_ablate.manifest import digest, write_manifest, write_text
from hf_ablate.mixtures.mixture import Mixture


UNITS = ["networkx", "pandas", "scipy", "sympy", "transformers"]
HELD_OUT = ["cpython", "matplotlib", "torch_cpp"]
DOMAINS = [("in_domain", unit) for unit in UNITS] + [("out_of_domain", name) for name in HELD_OUT]
BLOCK_SIZE, UNIT_TOKENS, PARAMETERS = 256, 1_024_000, 1_180_000
MEASUREMENT = {
    "split": "val", "tokenizer_digest": "tokenizer-1", "max_length": BLOCK_SIZE, "limit": None, "dtype": "float32",
}  # fmt: skip
SCORED_TOKENS = 400_000
FLOPS_PER_TOKEN = 6 * PARAMETERS


def subsets(units: list[str]) -> list[Mixture]:
    """All uniform mixtures of the units."""
    return [
        Mixture.uniform(list(chosen))
        for size in range(1, len(units) + 1)
        for chosen in itertools.combinations(units, size)
    ]


class World:
    """Made-up truth: what training on a mixture does to bits per byte.

    A domain gains most from its own unit and, where units have fields, more from those of the same field.
    """

    def __init__(
        self,
        seed: int = 0,
        noise: float = 0.004,
        units: list[str] = UNITS,
        domains: list[tuple[str, str]] = DOMAINS,
        fields: dict[str, dict[str, str]] | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.noise = noise
        self.units, self.domains, self.fields = units, domains, fields or {}
        self.base = {domain: self.random.uniform(2.3, 2.9) for domain in domains}
        self.gain = {(unit, domain): self._gain(unit, domain[1]) for unit in units for domain in domains}

    def _gain(self, unit: str, domain: str) -> float:
        if domain == unit:
            return 0.75
        own, other = (self.fields.get(name, {}).get("field") for name in (unit, domain))
        return self.random.uniform(0.05, 0.4) + (0.25 if own and own == other else 0)

    def seed_model(self, domain: tuple[str, str]) -> float:
        return self.base[domain]

    def component(self, unit: str, domain: tuple[str, str]) -> float:
        return self.base[domain] - self.gain[unit, domain]

    def reference(self, mixture: Mixture, domain: tuple[str, str]) -> float:
        """Log returns on tokens of each unit, and a little luck."""
        learned = sum(self.gain[unit, domain] * weight**0.35 for unit, weight in mixture.weights.items())
        return self.base[domain] - 0.62 * learned - 0.2 * self._first(mixture, domain) + self._luck()

    def merged(self, mixture: Mixture, domain: tuple[str, str]) -> float:
        """Near the average of the components, better for the bowl that they share, and flat in the number of units."""
        mean = sum(self.component(unit, domain) * weight for unit, weight in mixture.weights.items())
        return mean - 0.25 * (1 - 1 / len(mixture.units)) * self._first(mixture, domain) + self._luck() / 4

    def _first(self, mixture: Mixture, domain: tuple[str, str]) -> float:
        return max(self.gain[unit, domain] for unit in mixture.units)

    def _luck(self) -> float:
        return self.random.gauss(0, self.noise)


def score_rows(model: str, mixture: Mixture | None, values: dict[tuple[str, str], float]) -> list[dict]:
    """Rows in the format of the design whose bits per byte are the given values."""
    rows = []
    for position, ((source, domain), bits) in enumerate(values.items()):
        size = 100_000 + 1_000 * position
        rows.append(
            {
                "model": model, "kind": model.partition(":")[0], "mixture": mixture and mixture.weights,
                "source": source, "domain": domain, "split": "val", "num_docs": 60, "num_tokens": size // 3,
                "num_chars": size - 50, "num_bytes": size, "num_words": size // 8,
                "sum_logprob": -bits * size * math.log(2), "data_digest": f"data-{source}",
                "model_digest": f"digest-{model}", "tokenizer_digest": "tokenizer-1", "max_length": BLOCK_SIZE,
                "limit": None, "dtype": "float32",
            }
        )  # fmt: skip
    return rows


def make_study(
    run_dir: Path,
    mixtures: list[Mixture] | None = None,
    references: int = 14,
    proxies: tuple[str, ...] = ("merged",),
    budget: str = "fixed",
    seed: int = 0,
    evaluated: list[tuple[str, str]] | None = None,
    world: World | None = None,
) -> Path:
    """Write a run folder up to `scores/`, and return it; with the domains that training evaluated, if it did."""
    world = world or World(seed)
    mixtures = subsets(UNITS) if mixtures is None else mixtures
    larger = [mixture for mixture in mixtures if len(mixture.units) > 1]
    trained = random.Random(1).sample(larger, min(references, len(larger)))
    values = {"seed": (None, {domain: world.seed_model(domain) for domain in world.domains})}
    for unit in world.units:
        own = {domain: world.component(unit, domain) for domain in world.domains}
        values[f"component:{unit}"] = (Mixture.uniform([unit]), own)
    for mixture in trained:
        own = {domain: world.reference(mixture, domain) for domain in world.domains}
        values[f"reference:{mixture.id}"] = (mixture, own)
    for proxy in proxies:
        for mixture in larger:
            own = {domain: world.merged(mixture, domain) for domain in world.domains}
            values[f"{proxy}:{mixture.id}"] = (mixture, own)
    write_scores(run_dir, values)
    _write_mixtures(run_dir, world.units, mixtures, {mixture.id for mixture in trained})
    _write_corpus(run_dir, world)
    _write_models(run_dir, world.units, trained, budget)
    if evaluated:
        for unit in world.units:
            log_evaluations(run_dir / "models" / "components" / unit, world, unit, evaluated)
    return run_dir


def write_scores(run_dir: Path, values: dict[str, tuple[Mixture | None, dict[tuple[str, str], float]]]) -> None:
    """Write `scores/`: model id → (mixture, (source, domain) → bits per byte)."""
    rows = [row for model, (mixture, own) in values.items() for row in score_rows(model, mixture, own)]
    write_text(run_dir / "scores" / "rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    models = {
        model: {
            "kind": model.partition(":")[0], "digest": f"digest-{model}", "mixture": mixture and mixture.weights
        }
        for model, (mixture, _) in values.items()
    }  # fmt: skip
    data = {row["source"]: row["data_digest"] for row in rows}
    write_manifest(
        run_dir / "scores", "evaluate", {"split": "val"}, {"rows": digest(rows)},
        models=models, measurement=MEASUREMENT | {"data": data},
        cost=_scoring_costs([model["kind"] for model in models.values()]),
    )  # fmt: skip


def _scoring_costs(kinds: list[str]) -> list[dict]:
    """What scoring cost by kind of model; ensembles take no forward passes."""
    costs = []
    for kind in dict.fromkeys(kinds):
        passes = 0 if kind == "ensemble" else kinds.count(kind)
        cost = {"tokens": passes * SCORED_TOKENS, "flops": passes * SCORED_TOKENS * 2 * PARAMETERS, "seconds": passes}
        costs.append({"kind": kind, "models": kinds.count(kind), **cost})
    return costs


def _write_mixtures(run_dir: Path, units: list[str], mixtures: list[Mixture], references: set[str]) -> None:
    rows = [
        {
            "id": mixture.id, "name": mixture.name, "weights": mixture.weights, "reference": mixture.id in references
        }
        for mixture in mixtures
    ]  # fmt: skip
    write_text(run_dir / "mixtures" / "mixtures.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write_manifest(
        run_dir / "mixtures", "enumerate", {"methods": ["subsets"]}, {}, digest=f"mixtures-{len(rows)}",
        units=units, count=len(rows),
    )  # fmt: skip


def _write_corpus(run_dir: Path, world: World) -> None:
    units = {
        unit: {
            "digest": f"unit-{unit}", "blocks": UNIT_TOKENS // BLOCK_SIZE, "tokens": UNIT_TOKENS,
            "unique_tokens": unique, "available_tokens": unique, "epochs": UNIT_TOKENS / unique,
            "documents": documents,
        }
        for unit, unique, documents in zip(
            world.units, itertools.cycle((610_000, 1_024_000, 1_024_000, 1_024_000, 890_000)),
            itertools.cycle((310, 980, 870, 1210, 1450)),
        )
    }  # fmt: skip
    evaluation, sources = {}, {domain: source for source, domain in world.domains}
    for source, domain in world.domains:
        split = evaluation.setdefault(source, {}).setdefault("val", {"digest": f"data-{source}", "domains": {}})
        split["domains"][domain] = {"documents": 60, "bytes": 100_000}
    write_manifest(
        run_dir / "corpus", "partition", {"block_size": BLOCK_SIZE}, {}, digest="corpus-1", units=units, seed=None,
        tokenizer={"digest": "tokenizer-1", "vocab_size": 4096}, block_size=BLOCK_SIZE, eval=evaluation,
        groups={unit: {"fields": fields, "source": [sources[unit]]} for unit, fields in world.fields.items()},
        removed={"duplicate documents": 212, "documents too short": 95, "documents that overlap the evaluation": 17},
    )  # fmt: skip


def _write_models(run_dir: Path, units: list[str], trained: list[Mixture], budget: str) -> None:
    _write_model(run_dir / "models" / "seed", "seed", None, {"seed": 4000}, 11.0)
    for unit in units:
        mixture = Mixture.uniform([unit])
        _write_model(run_dir / "models" / "components" / unit, f"component:{unit}", mixture, {unit: 4000}, 9.5)
    for mixture in trained:
        blocks = 4000 * (len(mixture.units) if budget == "union" else 1)
        shares = {unit: round(blocks * weight) for unit, weight in mixture.weights.items()}
        folder = run_dir / "models" / "references" / mixture.id
        _write_model(folder, f"reference:{mixture.id}", mixture, shares, 9.5 * blocks / 4000, budget)


def _write_model(
    folder: Path, model: str, mixture: Mixture | None, blocks: dict[str, int], seconds: float, budget: str = ""
) -> None:
    luck = random.Random(model)
    level = 5.2 if model == "seed" else 3.4 + luck.uniform(-0.2, 0.2)
    log = [
        {"step": step, "loss": level * (1 + 0.9 * math.exp(-step / 60)) / 1.5 + luck.gauss(0, 0.02)}
        for step in range(10, 260, 10)
    ]
    write_text(folder / "metrics.jsonl", "".join(json.dumps(row) + "\n" for row in log))
    tokens = sum(blocks.values()) * BLOCK_SIZE
    write_manifest(
        folder, "train", {"learning_rate": 2e-3, "lr_scheduler_type": "cosine", "blocks_per_step": 16, "seed": 42}, {},
        model=model, kind=model.partition(":")[0], digest=f"digest-{model}", mixture=mixture and mixture.weights,
        seed_digest=None if model == "seed" else "digest-seed", tokenizer_digest="tokenizer-1", tokens=tokens,
        flops=tokens * FLOPS_PER_TOKEN, parameters=PARAMETERS, seconds=seconds,
        blocks={unit: {"blocks": count, "epochs": count / 4000} for unit, count in blocks.items()},
        **({"reference_budget": budget} if budget else {}),
    )  # fmt: skip


def log_evaluations(folder: Path, world: World, unit: str, domains: list[tuple[str, str]]) -> None:
    """Add what evaluation during training logs: the average, every source, every domain, on the way to the scores."""
    rows = []
    for step in range(50, 251, 50):
        bits = {
            domain: world.component(unit, domain) + world.gain[unit, domain] * math.exp(-step / 60)
            for domain in domains
        }  # fmt: skip
        sources: dict[str, list[float]] = {}
        for (source, _), value in bits.items():
            sources.setdefault(source, []).append(value)
        row = {}
        for metric, convert in (("bits_per_byte", float), ("ppl_token", lambda value: 2 ** (3 * value))):
            row[f"eval_{metric}"] = convert(sum(bits.values()) / len(bits))
            row |= {f"eval_{metric}/{source}": convert(sum(own) / len(own)) for source, own in sources.items()}
            row |= {f"eval_{metric}/{source}/{name}": convert(value) for (source, name), value in bits.items()}
        rows.append(row | {"epoch": step / 250, "step": step})
    with open(folder / "metrics.jsonl", "a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def add_to_manifest(folder: Path, **facts) -> None:
    """Change a finished folder's manifest."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | facts), encoding="utf-8")


if __name__ == "__main__":
    print(make_study(Path(sys.argv[1]), proxies=("merged", "ensemble"), evaluated=DOMAINS[:7]))
