"""A mixture as a mergekit configuration, and back."""

import math
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError
from ..mixtures.mixture import Mixture


CONFIG_NAME = "mergekit_config.yml"
MULTI_NAME = "mergekit_multi.yml"
MERGEKIT, OURSELVES = "mergekit", "hf_ablate"  # what has averaged the weights of a written merge
# The head of the YAML of a merge that mergekit cannot write, see [`write_merge`].
WITHOUT_MERGEKIT = (
    "# mergekit fails on this architecture or leaves weights out, as the log of `hf-ablate merge` says. hf_ablate\n"
    "# has written the average that this configuration defines, and mergekit-yaml does not make it again.\n"
)


def merge_yaml(coefficients: Mixture, folders: Mapping[str, Path], out_dtype: str = "float32") -> str:
    """The YAML that makes mergekit average a study's models, from any working directory.

    Paths are absolute: mergekit reads relative ones from the working directory, and short ones as names on the Hub.

    Args:
        coefficients ([`Mixture`]): the averaged models, by name, and their coefficients.
        folders (`Mapping[str, Path]`): name → saved model.
        out_dtype (`str`): number format of the saved weights.

    Example:

    ```python
    >>> folders = {name: Path("/data/x/models/components") / name for name in ("pandas", "sympy")}
    >>> print(merge_yaml(Mixture.of({"sympy": 1, "pandas": 3}), folders))
    # pandas 0.75, sympy 0.25. Run anywhere on this machine: mergekit-yaml THIS_FILE OUTPUT_FOLDER
    # (with --trust-remote-code if the models' folders hold the code of their architecture, modeling_*.py).
    # If the study has been moved, `hf-ablate merge` puts the new paths here.
    merge_method: linear
    base_model: /data/x/models/components/pandas
    models:
    - model: /data/x/models/components/pandas
      parameters:
        weight: 0.75
    - model: /data/x/models/components/sympy
      parameters:
        weight: 0.25
    parameters:
      normalize: true
    dtype: float32
    out_dtype: float32
    <BLANKLINE>

    ```
    """
    models = {name: model_reference(str(folders[name].resolve())) for name in coefficients.units}
    comment = (
        f"# {_shares(coefficients)}. Run anywhere on this machine: mergekit-yaml THIS_FILE OUTPUT_FOLDER\n{_MOVED}"
    )
    return comment + dump(merge_config(coefficients, models, out_dtype))


def multi_yaml(groups: Mapping[str, Mixture], folders: Mapping[str, Path], out_dtype: str = "float32") -> str:
    """The YAML that makes mergekit-multi average each group of a study's components, then the groups in equal shares.

    Args:
        groups (`Mapping[str, Mixture]`): group → its components, by name, and their coefficients.
        folders (`Mapping[str, Path]`): name → saved component.
        out_dtype (`str`): number format of the saved weights; those of groups are float32.

    Example:

    ```python
    >>> groups = {"bio": Mixture.uniform(["bio_1", "bio_2"]), "cs": Mixture.uniform(["cs"])}
    >>> text = multi_yaml(groups, {name: Path("/x") / name for name in ("bio_1", "bio_2", "cs")})
    >>> [document.get("name") for document in yaml.safe_load_all(text)]
    ['1_bio', None]

    ```
    """
    named = {group: f"{number}_{re.sub('[^A-Za-z0-9]', '_', group)}" for number, group in enumerate(groups, start=1)}
    documents, averages = [], {}
    for group, coefficients in groups.items():
        models = {name: model_reference(str(folders[name].resolve())) for name in coefficients.units}
        single = len(models) == 1
        averages[group] = models[coefficients.units[0]] if single else named[group]
        if not single:
            documents.append({"name": named[group]} | merge_config(coefficients, models, "float32"))
    documents.append(merge_config(Mixture.uniform(list(groups)), averages, out_dtype))
    shares = "; ".join(f"{group}: {_shares(coefficients)}" for group, coefficients in groups.items())
    comment = (
        f"# {shares}; then the groups in equal shares. Run anywhere on this machine:\n"
        f"# mergekit-multi THIS_FILE --intermediate-dir FOLDER --out-path OUTPUT_FOLDER\n{_MOVED}"
        f"# Sums are rounded twice, so weights differ from those of {CONFIG_NAME} in the last bit of float32.\n"
    )
    if any("+" in str(folder.resolve()) or "@" in str(folder.resolve()) for folder in folders.values()):
        comment += (
            "# mergekit-multi reads + and @ in the path of a folder as LoRA and revision: move the study first.\n"
        )
    return comment + "---\n".join(map(dump, documents))


_MOVED = (
    "# (with --trust-remote-code if the models' folders hold the code of their architecture, modeling_*.py).\n"
    "# If the study has been moved, `hf-ablate merge` puts the new paths here.\n"
)


def _shares(coefficients: Mixture) -> str:
    return ", ".join(f"{name} {weight:.6g}" for name, weight in coefficients.items)


def merge_config(coefficients: Mixture, models: dict[str, Any], out_dtype: str) -> dict[str, Any]:
    """mergekit's configuration of a linear merge.

    `base_model` gives configuration and tokenizer; without it mergekit takes those of an arbitrary input. `dtype` is
    that of the arithmetic and must stay float32.

    Args:
        coefficients ([`Mixture`]): the components, by name, and their coefficients.
        models (`dict[str, Any]`): name → how mergekit names a component.
        out_dtype (`str`): number format of the saved weights.
    """
    return {
        "merge_method": "linear",
        "base_model": deepcopy(models[coefficients.units[0]]),  # the same object twice would become an alias in YAML
        "models": [{"model": models[name], "parameters": {"weight": weight}} for name, weight in coefficients.items],
        "parameters": {"normalize": True},
        "dtype": "float32",
        "out_dtype": out_dtype,
    }


def recorded_coefficients(manifest: Mapping[str, Any]) -> Mixture:
    """The components, by name, and their coefficients in a saved merge, from its manifest."""
    return Mixture.of(manifest["arguments"].get("coefficients", manifest["mixture"]))


def dump(config: dict[str, Any]) -> str:
    """A configuration as YAML, a value a line."""
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=math.inf)


def model_reference(path: str) -> str | dict[str, Any]:
    """How mergekit names the folder of a model: in a text, it would read `+` as LoRA and `@` as revision."""
    return {"model": {"path": path}} if "+" in path or "@" in path else path


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
            name = _name(entry["model"])
            weights[name] = weights.get(name, 0) + entry["parameters"]["weight"]
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


def _name(model: str | dict[str, Any]) -> str:
    """The path or Hub id of a model, which mergekit takes as a text or in parts."""
    if isinstance(model, str):
        return model
    path, revision = model["model"]["path"], model["model"].get("revision")
    return f"{path}@{revision}" if revision else path
