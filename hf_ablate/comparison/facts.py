"""What may differ between runs, as the manifests in their run folders record it."""

from pathlib import Path
from typing import Any

from ..manifest import find_manifest
from ..run_folder import RunFolder


FACTS = ("slices", "parameters", "component_tokens", "seed_tokens", "start")
SEED, OWN_WEIGHTS, SHARED_WEIGHTS = "a seed", "own random weights", "the same random weights"


def facts_of(run_dir: Path) -> dict[str, Any]:
    """What may differ between this run and others.

    Args:
        run_dir (`Path`): of a study.

    Returns:
        `dict`: a value for each of `FACTS`; `None` where it is not recorded.
    """
    folder = RunFolder(run_dir)
    corpus, seed = find_manifest(folder.corpus), find_manifest(folder.seed) or {}
    components = map(find_manifest, folder.saved_models("component"))
    component = next(components, None) or {}
    return {
        "slices": corpus and (corpus["arguments"].get("slices") or 1),
        "parameters": component.get("parameters"),
        "component_tokens": component.get("tokens"),
        "seed_tokens": seed.get("tokens"),
        "start": component and _start(component, seed) or None,
    }


def _start(component: dict[str, Any], seed: dict[str, Any]) -> str:
    """What the components start from."""
    if "init_seed" in component["arguments"]:
        return OWN_WEIGHTS
    is_untrained = seed.get("tokens") == 0 and not seed.get("arguments", {}).get("seed_model")
    return SHARED_WEIGHTS if is_untrained else SEED


def varied_fact(facts: list[dict[str, Any]]) -> str | None:
    """The first fact that is known of all runs and not the same for all; `None` if there is none.

    Args:
        facts (`list[dict]`): of each run, from [`facts_of`].

    Example:

    ```python
    >>> facts = {"slices": 1, "parameters": None, "component_tokens": 5, "seed_tokens": 0, "start": "a seed"}
    >>> varied_fact([facts, facts | {"parameters": 7, "component_tokens": 9}])
    'component_tokens'

    ```
    """
    values = {name: [one[name] for one in facts] for name in FACTS}
    return next((name for name, each in values.items() if None not in each and len(set(each)) > 1), None)
