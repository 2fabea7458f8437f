"""The arguments of `hf-ablate train`: transformers' own `TrainingArguments` and what a pool needs besides."""

import argparse
import copy
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from transformers import HfArgumentParser, TrainingArguments

from ..errors import InputError
from .devices import lacking_precisions
from .speed import PEAK_TFLOPS


_BUDGETS = "the token budgets decide: the unit's own, `seed_tokens`, `component_tokens`, `reference_tokens`"
# What follows from the study, so that a recipe that sets it would contradict itself: field → what decides it instead.
_DECIDED_ELSEWHERE = {
    "output_dir": "every model has its place in `run_dir`",
    "num_train_epochs": _BUDGETS,
    "max_steps": _BUDGETS,
    "resume_from_checkpoint": "an interrupted model always goes on from its last good checkpoint",
    "train_sampling_strategy": "the order of the data follows from the mixture and `seed`",
    "load_best_model_at_end": "a component is the model after its whole budget",
    "metric_for_best_model": "a component is the model after its whole budget",
    "auto_find_batch_size": "the batch is part of what is compared; set `per_device_train_batch_size`",
    "ignore_data_skip": "a resumed model sees the data that it has not seen yet",
    "push_to_hub": "`hf-ablate push` pushes finished models",
    "deepspeed": "use `--accelerate_config zero2` or `zero3`",
    "fsdp": "use `--accelerate_config fsdp2`",
}
# Own fields called `seed_<name>` replace the field `<name>` while the seed is trained.
_SEED_OVERRIDES = ("learning_rate", "lr_scheduler_type", "warmup_steps", "weight_decay")
_ADAPTER = ("lora_r", "lora_alpha", "lora_dropout", "lora_target_modules")
# What the trained weights depend on. Batch size, precision and data are added by the pool.
_MATTERS = (
    "learning_rate", "lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps", "weight_decay", "optim", "optim_args",
    "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm", "label_smoothing_factor", "neftune_noise_alpha",
    "mixed_precision", "tf32", "seed", "data_seed",
)  # fmt: skip


@dataclass
class TrainArguments(TrainingArguments):
    """What `hf-ablate train` takes: all of `TrainingArguments` (but what the study decides) and our own keys."""

    run_dir: Path = field(default=Path("runs/study"), metadata={"help": "The study's run folder."})
    dry_run: bool = field(default=False, metadata={"help": "Print the missing models and their cost, train nothing."})
    output_format: Literal["table", "json"] = field(
        default="table", metadata={"help": "How results are printed on stdout."}
    )
    model: str = field(
        default="all",
        metadata={"help": "all (what is missing), seed, component:<unit>, or reference:<mixture id or name>."},
    )
    accelerate_config: str | None = field(
        default=None,
        metadata={
            "help": "Train under accelerate launch: cpu, single_gpu, multi_gpu, zero2, zero3, fsdp2, multi_node, or a "
            "file. Options that train does not have, such as --num_processes, are then accelerate's. Null: multi_gpu "
            "for models of 100 million parameters or more on several GPUs, if global_batch_size is given; otherwise "
            "one process."
        },
    )
    report_to: list[str] = field(
        default_factory=lambda: ["none"],
        metadata={"help": "Trackers: trackio, wandb, tensorboard, ... (several at once), all, or none."},
    )
    global_batch_size: int | None = field(
        default=None,
        metadata={
            "help": "Blocks per optimizer step over all processes; gradient_accumulation_steps then follows from it."
        },
    )
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
    seed_learning_rate: float | None = field(default=None, metadata={"help": "learning_rate of the seed, if other."})
    seed_lr_scheduler_type: str | None = field(
        default=None, metadata={"help": "lr_scheduler_type of the seed, if other."}
    )
    seed_warmup_steps: float | None = field(default=None, metadata={"help": "warmup_steps of the seed, if other."})
    seed_weight_decay: float | None = field(default=None, metadata={"help": "weight_decay of the seed, if other."})
    component_tokens: int | None = field(
        default=None, metadata={"help": "Tokens that a component is trained on. Null: its unit's budget."}
    )
    reference_budget: Literal["fixed", "union"] = field(
        default="fixed",
        metadata={"help": "fixed: every reference model sees reference_tokens; union: k units give k times as many."},
    )
    reference_tokens: int | None = field(
        default=None, metadata={"help": "Tokens of a reference model (per unit with union). Null: the unit's budget."}
    )
    copies: list[str] | None = field(
        default=None, metadata={"help": "Whole copies of a unit's budget, as sympy=2 scipy=3. Others have one."}
    )
    stages: list[str] | None = field(
        default=None,
        metadata={
            "help": "All units, in the order in which reference models see them, one after the other. Null: shuffled."
        },
    )
    peft: Literal["lora"] | None = field(
        default=None,
        metadata={
            "help": "lora: components and reference models are low-rank adapters of the seed, folded in when saved."
        },
    )
    lora_r: int = field(default=16, metadata={"help": "Rank of the adapters."})
    lora_alpha: float = field(default=32, metadata={"help": "The update is scaled by lora_alpha / lora_r."})
    lora_dropout: float = field(default=0.0, metadata={"help": "Dropout before the adapters."})
    lora_target_modules: list[str] | None = field(
        default=None, metadata={"help": "Names of the layers with adapters. Null: all linear ones but the output."}
    )
    eval_data: list[str] | None = field(
        default=None,
        metadata={
            "help": "Evaluation text for eval_strategy: folders <source>/<split>/*.jsonl.gz. Null: the corpus's own."
        },
    )
    eval_split: str = field(default="val", metadata={"help": "Its split."})
    eval_limit: int | None = field(default=None, metadata={"help": "So many documents of each source."})
    gpu: Literal[tuple(PEAK_TFLOPS)] | None = field(
        default=None, metadata={"help": "The GPU, for hours in --dry_run and for model FLOPs utilisation in metrics."}
    )
    peak_tflops: float | None = field(
        default=None, metadata={"help": "Peak TFLOP/s of one device, where `gpu` does not have it."}
    )
    expected_mfu: float = field(
        default=0.4, metadata={"help": "The share of the peak that --dry_run expects, for its hours."}
    )
    keep_checkpoints: bool = field(
        default=False, metadata={"help": "Keep the checkpoint-* folders of finished models."}
    )

    def __post_init__(self) -> None:
        defaults = {entry.name: entry.default for entry in fields(TrainingArguments)}
        for name, reason in _DECIDED_ELSEWHERE.items():
            if getattr(self, name) != defaults[name]:
                raise InputError(f"`{name}` cannot be set for a pool of models: {reason}")
        self._check_numbers()
        self.output_dir = str(self.run_dir / "models")
        self.use_cpu = self.use_cpu or os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true"
        self.disable_tqdm = True  # one progress bar over the pool instead
        self.remove_unused_columns = False
        self.train_sampling_strategy = "sequential"
        # transformers raises at once where the device lacks a precision; recipes must parse anywhere: see `devices`.
        lacking = {name: getattr(self, name) for name in lacking_precisions(self)}
        vars(self).update(dict.fromkeys(lacking))
        try:
            super().__post_init__()
        except ValueError as error:
            raise InputError(str(error)) from error
        vars(self).update(lacking)
        if self.bf16:
            self.mixed_precision = "bf16"
        if self.ddp_find_unused_parameters is None:
            self.ddp_find_unused_parameters = False  # a language model uses all of them at every step
        self._n_gpu = min(self._n_gpu, 1)  # several GPUs are for `accelerate launch`, never for DataParallel
        self._derive_accumulation()

    def _check_numbers(self) -> None:
        for name in ("per_device_train_batch_size", "gradient_accumulation_steps"):
            if getattr(self, name) < 1:
                raise InputError(f"`{name}` is {getattr(self, name)}; expected 1 or more")
        for text in self.copies or []:
            _parse_copies(text)
        for name in ("lora_r", "lora_alpha", "expected_mfu"):
            if not getattr(self, name) > 0:
                raise InputError(f"`{name}` is {getattr(self, name)}; expected a positive number")
        for name in ("global_batch_size", "component_tokens", "reference_tokens", "eval_limit", "peak_tflops"):
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise InputError(f"`{name}` is {getattr(self, name)}; expected a positive number, or null")
        if self.seed_tokens is not None and self.seed_tokens < 0:
            raise InputError(f"`seed_tokens` is {self.seed_tokens}; expected 0 or more, or null")
        if self.seed_model and self.config_overrides:
            raise InputError(
                "`config_overrides` describe a seed trained from scratch; `seed_model` has a configuration"
            )
        if self.seed_model and self.seed_tokens:
            raise InputError("`seed_tokens` are for a seed trained from scratch; `seed_model` is taken as it is")

    def _derive_accumulation(self) -> None:
        if self.global_batch_size is None:
            return
        at_once = self.per_device_train_batch_size * self.world_size
        if self.gradient_accumulation_steps != 1:
            raise InputError("set `global_batch_size` or `gradient_accumulation_steps`, not both")
        if self.global_batch_size % at_once:
            raise InputError(
                f"`global_batch_size` {self.global_batch_size} is no multiple of the {at_once} blocks that "
                f"{self.world_size} process(es) take at once (`per_device_train_batch_size` "
                f"{self.per_device_train_batch_size} each)"
            )
        self.gradient_accumulation_steps = self.global_batch_size // at_once

    def to_dict(self) -> dict[str, Any]:
        """All arguments for trackers, which write them as JSON."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in super().to_dict().items()}

    @property
    def own_accelerate_config(self) -> str | None:
        """The accelerate configuration where none is named; `None`: this process trains alone."""
        from .plan import accelerate_config_for

        return accelerate_config_for(self)

    @property
    def tokenizer_dir(self) -> Path:
        """The tokenizer of the corpus."""
        return self.run_dir / "corpus" / "tokenizer"

    @property
    def blocks_per_step(self) -> int:
        """The global batch: blocks per optimizer step, over all processes and accumulated micro-batches."""
        return self.per_device_train_batch_size * self.gradient_accumulation_steps * self.world_size

    @property
    def copies_of(self) -> dict[str, int]:
        """The units that are upsampled, with their whole copies."""
        return dict(map(_parse_copies, self.copies or []))

    @property
    def order_seed(self) -> int:
        """What the order of the data is shuffled by, together with the mixture."""
        return self.seed if self.data_seed is None else self.data_seed

    def of_kind(self, kind: str) -> dict:
        """The fields that are different for models of this kind (`"seed"`), with their values."""
        if kind != "seed":
            return {}
        values = {name: getattr(self, f"seed_{name}") for name in _SEED_OVERRIDES}
        return {name: value for name, value in values.items() if value is not None}

    def for_kind(self, kind: str) -> "TrainArguments":
        """A copy with the values for models of this kind."""
        own = copy.copy(self)
        vars(own).update(self.of_kind(kind))
        return own

    def that_matter(self, kind: str) -> dict:
        """The arguments that the weights of a model of this kind depend on, ready for a manifest."""
        values = {name: getattr(self, name) for name in _MATTERS} | self.of_kind(kind)
        values = {name: getattr(value, "value", value) for name, value in values.items()}
        if self.has_adapter(kind):
            values |= {name: getattr(self, name) for name in ("peft", *_ADAPTER)}
        return values | {"blocks_per_step": self.blocks_per_step}

    def has_adapter(self, kind: str) -> bool:
        """Whether models of this kind are trained as adapters of the seed."""
        return self.peft is not None and kind != "seed"

    @property
    def peak_flops(self) -> float | None:
        """Peak FLOP/s of one device, if it was given."""
        tflops = self.peak_tflops or (PEAK_TFLOPS[self.gpu] if self.gpu else None)
        return tflops and tflops * 1e12


def _parse_copies(text: str) -> tuple[str, int]:
    unit, _, number = text.rpartition("=")
    if not unit or not number.isdigit() or int(number) < 1:
        raise InputError(f"`copies` has {text!r}; expected UNIT=NUMBER with a whole number, for example sympy=2")
    return unit, int(number)


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    pass


def make_train_parser(prog: str = "hf-ablate train", description: str = "", examples: str = "") -> HfArgumentParser:
    """The parser of [`TrainArguments`]; the values that it parses are the class's keyword arguments."""
    return HfArgumentParser(
        TrainArguments,
        prog=prog,
        description=description,
        epilog=examples and f"examples:\n{examples}",
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
    )
