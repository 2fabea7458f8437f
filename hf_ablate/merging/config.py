"""A mixture as a mergekit configuration, and back."""

import math
from pathlib import Path

import yaml

from ..errors import InputError
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder


CONFIG_NAME = "mergekit_config.yml"


def merge_yaml(mixture: Mixture, out_dtype: str = "float32") -> str:
    """The YAML that makes mergekit average a study's components, as `mergekit-yaml` reads it in the run folder.

    Paths are relative to the run folder, so that a study can be moved and published. They hold two slashes: mergekit
    reads a relative path with fewer as a name on the Hub. `base_model` gives configuration and tokenizer; without it
    mergekit takes those of an arbitrary input. `dtype` is that of the arithmetic and must stay float32.

    Example:

    ```python
    >>> print(merge_yaml(Mixture.of({"sympy": 1, "pandas": 3})))
    # pandas 0.75, sympy 0.25. Run in the study's run folder: mergekit-yaml THIS_FILE OUTPUT_FOLDER
    # (with --trust-remote-code if the components' folders hold the code of their architecture, modeling_*.py)
    merge_method: linear
    base_model: models/components/pandas
    models:
    - model: models/components/pandas
      parameters:
        weight: 0.75
    - model: models/components/sympy
      parameters:
        weight: 0.25
    parameters:
      normalize: true
    dtype: float32
    out_dtype: float32
    <BLANKLINE>

    ```
    """
    config = {
        "merge_method": "linear",
        "base_model": component_path(mixture.units[0]),
        "models": [
            {"model": component_path(unit), "parameters": {"weight": weight}} for unit, weight in mixture.items
        ],
        "parameters": {"normalize": True},
        "dtype": "float32",
        "out_dtype": out_dtype,
    }
    shares = ", ".join(f"{unit} {weight:.6g}" for unit, weight in mixture.items)
    comment = (
        f"# {shares}. Run in the study's run folder: mergekit-yaml THIS_FILE OUTPUT_FOLDER\n"
        "# (with --trust-remote-code if the components' folders hold the code of their architecture, modeling_*.py)\n"
    )
    return comment + yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def component_path(unit: str) -> str:
    """How [`merge_yaml`] names a component: its place in the run folder."""
    return RunFolder(Path()).component(unit).as_posix()


def read_merge_yaml(path: Path) -> dict[str, float]:
    """Model → weight of a linear merge, normalised.

    Raises:
        `InputError`: if the file is not a linear merge of whole models with one weight each.
    """
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        method = config["merge_method"]
        weights: dict[str, float] = {}
        for entry in config["models"]:
            weights[entry["model"]] = weights.get(entry["model"], 0) + entry["parameters"]["weight"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not a mergekit configuration of `models` with a `weight` each ({error})"
        ) from error
    if method != "linear":
        raise InputError(f"{path} has merge_method {method!r}; only linear merges are averages of models")
    is_normalised = (config.get("parameters") or {}).get("normalize", True)
    if not is_normalised and not math.isclose(math.fsum(weights.values()), 1, rel_tol=1e-9):
        raise InputError(
            f"{path} sets `normalize: false`, and its weights sum to {math.fsum(weights.values()):.6g}; only "
            "averages, whose weights sum to 1, are scored"
        )
    return Mixture.of(weights).weights
