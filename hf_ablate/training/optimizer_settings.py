"""The options of transformers that trained weights depend on, as manifests record them."""

import json
import os
from collections.abc import Mapping
from typing import Any


_OPTIONS = (
    "learning_rate", "lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps", "weight_decay", "optim", "optim_args",
    "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm", "label_smoothing_factor", "neftune_noise_alpha",
    "tf32", "seed", "data_seed",
)  # fmt: skip


def optimizer_settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the weights depend on besides the data, the starting weights and the batch: the optimizer and its schedule.

    Args:
        options (`Mapping[str, Any]`): the values of all options of transformers.
    """
    settings = {name: plain(options[name]) for name in _OPTIONS}
    settings["lr_scheduler_kwargs"] = _as_mapping(settings["lr_scheduler_kwargs"])
    return settings | {"mixed_precision": _mixed_precision(options)}


def plain(value: Any) -> Any:
    """The value of a member of one of transformers' enumerations; any other value as it is."""
    return getattr(value, "value", value)


def _mixed_precision(options: Mapping[str, Any]) -> str:
    if options["fp16"]:
        return "fp16"
    return "bf16" if options["bf16"] else os.environ.get("ACCELERATE_MIXED_PRECISION", "no")


def _as_mapping(value: Any) -> Any:
    """A mapping given as JSON, read as transformers reads it: numbers and booleans in quotes count as such."""
    is_json = isinstance(value, str) and value.startswith("{")
    return _convert(json.loads(value)) if is_json else value


def _convert(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _convert(entry) for name, entry in value.items()}
    if not isinstance(value, str):
        return value
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if value.isdigit():
        return int(value)
    return float(value) if value.replace(".", "", 1).isdigit() else value
