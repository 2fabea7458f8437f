"""What a reference model costs, as the manifests of those that were trained record it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..manifest import read_manifest
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder


@dataclass(frozen=True)
class Cost:
    """Of training models.

    Args:
        tokens (`float`): that they see.
        flops (`float`): floating-point operations.
        hours (`float`): of training, by the clock.

    Example:

    ```python
    >>> Cost(tokens=100, flops=600, hours=0.5).times(2)
    Cost(tokens=200, flops=1200, hours=1.0)

    ```
    """

    tokens: float
    flops: float
    hours: float

    def times(self, factor: float) -> "Cost":
        """As much as this, so many times."""
        return Cost(self.tokens * factor, self.flops * factor, self.hours * factor)


def total_cost(costs: Iterable[Cost]) -> Cost:
    """The sum of costs; nothing for none."""
    costs = list(costs)
    return Cost(*(sum(getattr(cost, name) for cost in costs) for name in ("tokens", "flops", "hours")))


@dataclass(frozen=True)
class ReferenceCosts:
    """What a reference model of a study costs.

    Args:
        per_model (`Cost`): of one reference model; under `union`, for each of its units.
        grows_with_units (`bool`): whether k units give k times the tokens.
    """

    per_model: Cost
    grows_with_units: bool

    def of(self, mixture: Mixture) -> Cost:
        """The cost of the reference model of a mixture."""
        return self.per_model.times(len(mixture.units) if self.grows_with_units else 1)


def reference_costs(run_dir: Path) -> ReferenceCosts | None:
    """What a reference model of a study costs: what those that are trained did on average, or a component if none is.

    Args:
        run_dir (`Path`): the run folder.

    Returns:
        `ReferenceCosts | None`: `None` where all models were trained elsewhere, or there is none.
    """
    for kind in ("reference", "component"):
        manifests = map(read_manifest, RunFolder(run_dir).saved_models(kind))
        models = [model for model in manifests if model.get("seconds") is not None]
        if models:
            grows = models[-1].get("reference_budget") == "union"
            shares = sum(len(model["mixture"]) if grows else 1 for model in models)
            return ReferenceCosts(total_cost(map(recorded_cost, models)).times(1 / shares), grows)
    return None


def recorded_cost(manifest: Mapping[str, Any]) -> Cost:
    """What training a model took, by its manifest."""
    return Cost(manifest["tokens"], manifest["flops"], manifest["seconds"] / 3600)
