"""The options of transformers that a study decides: a recipe that set one of them would contradict itself."""

from collections.abc import Mapping
from typing import Any

from ..errors import InputError


_BUDGETS = "the token budgets decide: the unit's own, `seed_tokens`, `component_tokens`, `reference_tokens`"
# Option of transformers → what decides it.
_DECIDED = {
    "output_dir": "every model has its place in `run_dir`",
    "num_train_epochs": _BUDGETS,
    "max_steps": _BUDGETS,
    "resume_from_checkpoint": "an interrupted model always resumes from its last good checkpoint",
    "train_sampling_strategy": "the order of the data follows from the mixture and `seed`",
    "load_best_model_at_end": "a component is the model after its whole budget",
    "metric_for_best_model": "a component is the model after its whole budget",
    "auto_find_batch_size": "the batch is part of what is compared; set `per_device_train_batch_size`",
    "ignore_data_skip": "a resumed model sees the data that it has not seen yet",
    "push_to_hub": "`hf-ablate push` pushes finished models",
    "deepspeed": "use `--accelerate_config zero2` or `zero3`",
    "fsdp": "use `--accelerate_config fsdp2`",
}


def check_not_decided(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Refuse values for what the study decides.

    Args:
        options (`Mapping[str, Any]`): the values of all options of transformers.
        defaults (`Mapping[str, Any]`): their defaults.

    Raises:
        `InputError`: for such an option that does not have its default; says what decides it.
    """
    for name, reason in _DECIDED.items():
        if options[name] != defaults[name]:
            raise InputError(f"`{name}` cannot be set for a pool of models: {reason}")


def with_decided(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with the values that are the same in all studies."""
    return {
        **options,
        "disable_tqdm": True,  # one progress bar over the pool instead
        "remove_unused_columns": False,
        "train_sampling_strategy": "sequential",
        # A language model uses all parameters at every step.
        "ddp_find_unused_parameters": bool(options["ddp_find_unused_parameters"]),
    }
