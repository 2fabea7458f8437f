"""Evidence of a made-up study: three units, four domains, proxies of known quality."""

from dataclasses import replace

import numpy as np

from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.observations import Observations


UNITS, DOMAINS = ("a", "b", "c"), ("in/a", "in/b", "in/c", "web")
COMPONENTS = np.array([[1.0, 2.0, 2.2, 1.9], [2.1, 1.2, 2.3, 1.8], [2.2, 2.1, 1.1, 1.7]])
TASKS = ("tasks/easy", "tasks/hard")
GAIN = np.array([0.5, 2.0])  # of the tasks' differences, on what merges show


def losses_of(weights: np.ndarray) -> np.ndarray:
    """What training on mixtures gives: [mixtures, domains]; on one unit, its component."""
    return weights @ COMPONENTS - 0.4 * (1 - (weights**2).sum(axis=1, keepdims=True))


def observed(weights: np.ndarray, losses: np.ndarray, prefix: str) -> Observations:
    """Observations with ids of their own."""
    return Observations(tuple(f"{prefix}{row}" for row in range(len(weights))), weights, losses)


def made_up_evidence(references: int = 10, noise: float = 0.002, seed: int = 0) -> Evidence:
    """Averaged probabilities gain half of what training does, merged weights are noise."""
    random = np.random.default_rng(seed)
    weights = random.dirichlet(np.ones(3), 30)
    truth = losses_of(weights)
    trained = truth[:references] + random.normal(0, noise, (references, 4))
    return Evidence(
        units=UNITS,
        domains=DOMAINS,
        own_units=(0, 1, 2, None),
        references=observed(weights[:references], trained, "m"),
        components=COMPONENTS,
        proxies={
            "ensemble": observed(weights, (truth + weights @ COMPONENTS) / 2, "m"),
            "merged": observed(weights, 2 + random.random((30, 4)), "m"),
        },
    )


def on_tasks(weights: np.ndarray) -> np.ndarray:
    """What merges have on two tasks: [mixtures, 2]."""
    return losses_of(weights)[:, :2] * 0.8 + 0.3


def with_tasks(scored: int = 30, references: int = 10) -> Evidence:
    """The made-up evidence with two tasks: merges order them as models on the mixtures do, up to a slope."""
    plain = made_up_evidence()
    nothing = np.full((len(plain.proxies["ensemble"]), 2), np.nan)
    merges = on_tasks(plain.proxies["merged"].weights)
    merges[scored:] = np.nan
    trained = GAIN * on_tasks(plain.references.weights)

    def beside(known, losses):
        return observed(known.weights, np.hstack([known.losses, losses]), "m")

    return replace(
        plain,
        domains=(*plain.domains, *TASKS),
        own_units=(*plain.own_units, None, None),
        references=beside(plain.references, trained).only(range(references)),
        components=np.hstack([plain.components, on_tasks(np.eye(3))]),
        proxies={
            "ensemble": beside(plain.proxies["ensemble"], nothing),
            "merged": beside(plain.proxies["merged"], merges),
        },
        tasks=dict.fromkeys(TASKS, "bits per byte of the right answer"),
    )
