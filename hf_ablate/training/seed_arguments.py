"""The arguments for the seed model, and for how components and reference models start from it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from ..arguments import ModelStageArguments
from ..errors import InputError
from .seed import SeedOrigin


# Fields called `seed_<name>` replace transformers' option `<name>` while the seed is trained.
_SEED_OVERRIDES = ("learning_rate", "lr_scheduler_type", "warmup_steps", "weight_decay")


@dataclass
class SeedArguments(ModelStageArguments):
    """Where the seed is from or how it is trained, and how the models of the pool start from it."""

    seed_model: str | None = field(
        default=None, metadata={"help": "Folder or Hub id of the seed. Null: train one from scratch."}
    )
    seed_revision: str | None = field(default=None, metadata={"help": "Revision of seed_model on the Hub."})
    model_type: str = field(default="llama", metadata={"help": "Architecture of a seed trained from scratch."})
    config_overrides: str | None = field(
        default=None,
        metadata={"help": "Its configuration, for example hidden_size=128,num_hidden_layers=4."},
    )
    attn_implementation: str | None = field(
        default=None, metadata={"help": "eager, sdpa, flash_attention_2, ... Null: the model's own choice."}
    )
    seed_tokens: int | None = field(
        default=None,
        metadata={"help": "Tokens that the seed is trained on. Null: its text once; 0: none (the no-seed control)."},
    )
    seed_learning_rate: float | None = field(
        default=None, metadata={"help": "learning_rate of the seed, if different."}
    )
    seed_lr_scheduler_type: str | None = field(
        default=None, metadata={"help": "lr_scheduler_type of the seed, if different."}
    )
    seed_warmup_steps: float | None = field(default=None, metadata={"help": "warmup_steps of the seed, if different."})
    seed_weight_decay: float | None = field(default=None, metadata={"help": "weight_decay of the seed, if different."})
    component_init: Literal["shared", "own"] = field(
        default="shared",
        metadata={
            "help": "What components and reference models start from where the seed is not trained (seed_tokens: 0). "
            "shared: all from the same random weights; own: each from random weights of its own."
        },
    )
    component_seed: int | None = field(
        default=None,
        metadata={"help": "seed of components and reference models, if different from that of the seed model."},
    )
    load_optimizer_state: bool = field(
        default=False,
        metadata={
            "help": "Components and reference models go on with the state of the optimizer (AdamW's moments) that the "
            "seed's training ended with; their learning rate schedule starts anew. A seed that is trained here then "
            "keeps its state; a given one must have been made so."
        },
    )

    def check_seed(self) -> None:
        """Raise `InputError` for options that contradict each other."""
        if self.seed_tokens is not None and self.seed_tokens < 0:
            raise InputError(f"`seed_tokens` is {self.seed_tokens}; expected 0 or more, or null")
        if self.seed_model and self.config_overrides:
            raise InputError(
                "`config_overrides` describe a seed trained from scratch; `seed_model` has a configuration"
            )
        if self.seed_model and self.seed_tokens:
            raise InputError("`seed_tokens` are for a seed trained from scratch; `seed_model` is taken as it is")
        if self.component_seed is not None and not 0 <= self.component_seed < 2**32:
            raise InputError(f"`component_seed` is {self.component_seed}; expected 0 to {2**32 - 1}, or null")
        is_untrained = self.seed_tokens == 0 and not self.seed_model
        if self.component_init == "own" and not is_untrained:
            raise InputError(
                "`component_init: own` gives each model random weights of its own, and this study has a trained seed "
                "to start from; set `seed_tokens: 0` and no `seed_model`, or leave component_init out"
            )
        if self.load_optimizer_state and is_untrained:
            raise InputError(
                "`load_optimizer_state` goes on with the state that the seed's training ended with, and "
                "`seed_tokens: 0` trains no seed; leave one of them out"
            )

    def overrides(self, kind: str) -> dict[str, Any]:
        """The values of transformers' options that are different for models of this kind."""
        if kind == "seed":
            values = {name: getattr(self, f"seed_{name}") for name in _SEED_OVERRIDES}
        else:
            values = {"seed": self.component_seed}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def seed_origin(self) -> SeedOrigin:
        """Where the seed is from."""
        return SeedOrigin(
            self.seed_model, self.seed_revision, self.model_type, self.config_overrides, self.attn_implementation
        )
