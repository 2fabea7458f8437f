"""The arguments of `hf-ablate train`: what a pool needs, and the values of transformers' `TrainingArguments`."""

import os
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from ..cache import remembered
from ..errors import InputError, unknown_name
from ..executor_arguments import ExecutorArguments
from ..launch import is_launched, process_count
from ..mixtures.probes import check_probes
from ..run_folder import RunFolder
from .adapter_arguments import AdapterArguments
from .budgets import Budgets, parse_copies
from .cost import Throughput
from .decided_options import check_not_decided, with_decided
from .optimizer_settings import optimizer_settings, plain
from .optimizer_state import check_optimizer_has_state
from .options import choices_of, library_versions, trainer_defaults
from .speed import PEAK_TFLOPS


@dataclass
class TrainArguments(AdapterArguments, ExecutorArguments):
    """What `hf-ablate train` takes.

    The values of transformers' options are in `trainer`. The object that the Trainer gets is made of them in
    `trainer_arguments`, where training starts, because importing it takes seconds.
    """

    places: ClassVar[tuple[str, ...]] = ("seed_model", "eval_data", "accelerate_config", "deepspeed")

    dry_run: bool = field(default=False, metadata={"help": "Print the missing models and their cost, train nothing."})
    model: str = field(
        default="all",
        metadata={"help": "all (what is missing), seed, component:<unit>, or reference:<mixture id or name>."},
    )
    accelerate_config: str | None = field(
        default=None,
        metadata={
            "help": "Train under accelerate launch: cpu, single_gpu, multi_gpu, zero2, zero3, fsdp2, multi_node, or a "
            "file. Options that train does not have (--num_processes) are accelerate's. Null: multi_gpu "
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
    decay_all: bool = field(
        default=False,
        metadata={
            "help": "weight_decay on all parameters, as in the paper's code. Default: not on biases and normalisation "
            "layers, which is transformers' rule."
        },
    )
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
    probes: dict | None = field(
        default=None,
        metadata={
            "help": "What components are trained on, where that is not one unit each (as JSON on the command line). "
            "{own: 0.5, rest: uniform}: each half on its unit and half on all units alike (or on available_tokens, or "
            "on a mixture, {web: 1}). Or any mixtures by name: {math: {math: 0.9, web: 0.1}, web: {web: 1}}, where "
            "units may be named by patterns and groups."
        },
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
    eval_data: list[str] | None = field(
        default=None,
        metadata={
            "help": "Evaluation text for eval_strategy: folders <source>/<split>/*.jsonl.gz. Null: the corpus's own."
        },
    )
    eval_split: str = field(default="val", metadata={"help": "Its split."})
    eval_limit: int | None = field(default=None, metadata={"help": "Documents per source. Null: all."})
    gpu: Literal[tuple(PEAK_TFLOPS)] | None = field(
        default=None, metadata={"help": "The GPU, for hours in --dry_run and for model FLOPs utilisation in metrics."}
    )
    peak_tflops: float | None = field(
        default=None, metadata={"help": "Peak TFLOP/s of one device, where `gpu` does not have it."}
    )
    expected_mfu: float = field(
        default=0.4, metadata={"help": "The share of the peak that --dry_run expects, for its hours."}
    )
    num_cpus: float | None = field(
        default=None,
        metadata={
            "help": "executor ray: processor cores of a node for each model. Null: 1 for each of its processes."
        },
    )
    num_gpus: float | None = field(
        default=None,
        metadata={
            "help": "executor ray: GPUs of a node for each model; several train it together, by accelerate_config "
            "(null: multi_gpu), and a part of one shares it. Null: 1 where the cluster has GPUs and use_cpu is false."
        },
    )
    keep_checkpoints: bool = field(
        default=False, metadata={"help": "Keep the checkpoint-* folders of finished models."}
    )
    trainer: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "Values of `TrainingArguments`; the others have its defaults."}
    )

    @classmethod
    def from_options(cls, **values: Any) -> "TrainArguments":
        """Of our options and transformers' together, as a recipe has them.

        Raises:
            `InputError`: for options that there are not, and for values that cannot be.
        """
        ours = {entry.name for entry in fields(cls)}
        trainer = {name: value for name, value in values.items() if name not in ours}
        return cls(**{name: value for name, value in values.items() if name in ours}, trainer=trainer)

    def __post_init__(self) -> None:
        defaults = trainer_defaults(TrainArguments)
        for name in self.trainer:
            if name not in defaults:
                raise unknown_name("option", name, list(defaults))
        self.trainer = defaults | self.trainer
        check_not_decided(self.trainer, defaults)
        self.check_seed()
        self.check_adapter()
        self._check_numbers()
        self._check_batch()
        self._check_cluster()
        if self.seed_lr_scheduler_type is not None:
            known = choices_of(TrainArguments, "lr_scheduler_type")
            if self.seed_lr_scheduler_type not in known:
                raise unknown_name("seed_lr_scheduler_type", self.seed_lr_scheduler_type, known)
        if self.load_optimizer_state:
            check_optimizer_has_state(self.trainer["optim"])
        self._check_with_transformers()

    def _check_numbers(self) -> None:
        for name in ("per_device_train_batch_size", "gradient_accumulation_steps"):
            if self.trainer[name] < 1:
                raise InputError(f"`{name}` is {self.trainer[name]}; expected 1 or more")
        parse_copies(self.copies or [])
        if self.probes is not None:
            check_probes(self.probes)
        if not self.expected_mfu > 0:
            raise InputError(f"`expected_mfu` is {self.expected_mfu}; expected a positive number")
        for name in ("global_batch_size", "component_tokens", "reference_tokens", "eval_limit", "peak_tflops"):
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise InputError(f"`{name}` is {getattr(self, name)}; expected a positive number, or null")

    def _check_batch(self) -> None:
        if self.global_batch_size is None:
            return
        if self.trainer["gradient_accumulation_steps"] != 1:
            raise InputError("set `global_batch_size` or `gradient_accumulation_steps`, not both")
        if self.global_batch_size % self._blocks_at_once:
            raise InputError(
                f"`global_batch_size` {self.global_batch_size} is not a multiple of the {self._blocks_at_once} blocks "
                f"that {process_count()} process(es) take at once (`per_device_train_batch_size` "
                f"{self.trainer['per_device_train_batch_size']} each)"
            )

    def _check_cluster(self) -> None:
        self.check_executor()
        if self.executor != "ray":
            for name in ("num_cpus", "num_gpus"):
                if getattr(self, name) is not None:
                    raise InputError(
                        f"`{name}` is what a model takes of a Ray cluster, and executor is {self.executor}; give "
                        f"executor ray, or leave {name} out"
                    )
            return
        if is_launched():
            raise InputError(
                "executor ray starts processes on the cluster's nodes, and this one was itself started by accelerate "
                "or torchrun; start it by itself, or leave executor out"
            )
        if self.num_cpus is not None and not self.num_cpus > 0:
            raise InputError(f"`num_cpus` is {self.num_cpus:g}; expected a positive number, or null")
        gpus = self.num_gpus or 0
        if gpus < 0 or (gpus > 1 and gpus != int(gpus)):
            raise InputError(f"`num_gpus` is {gpus:g}; expected a whole number, a part of 1, or null")
        if gpus and self.trainer["use_cpu"]:
            raise InputError(f"`num_gpus` is {gpus:g}, and use_cpu: true trains without a GPU; leave one of them out")

    def _check_with_transformers(self) -> None:
        """Values that transformers has accepted before are not checked again: that takes seconds.

        Processes that were launched make the Trainer's arguments in any case, before they train.
        """
        if is_launched():
            return

        def accept() -> bool:
            from .trainer_arguments import trainer_arguments

            trainer_arguments(self.trainer_options, {})
            return True

        values = {name: repr(value) for name, value in self.trainer_options.items() if name != "output_dir"}
        remembered("accepted", [library_versions(), values], accept)

    @property
    def trainer_options(self) -> dict[str, Any]:
        """The values of transformers' options, those that the study decides included."""
        return with_decided(self.trainer) | {
            "output_dir": str(self.run.models),
            "report_to": self.report_to,
            "use_cpu": self.use_cpu,
            "gradient_accumulation_steps": self._accumulation_steps,
        }

    @property
    def study_options(self) -> dict[str, Any]:
        """Our own options, for trackers."""
        return {name: value for name, value in vars(self).items() if name not in ("trainer", "report_to")}

    @property
    def run(self) -> RunFolder:
        """The study's run folder."""
        return RunFolder(self.run_dir)

    @property
    def use_cpu(self) -> bool:
        """Whether training is on the CPU, by the recipe or by accelerate's configuration."""
        return self.trainer["use_cpu"] or os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true"

    @property
    def evaluates(self) -> bool:
        """Whether models are evaluated during training."""
        return plain(self.trainer["eval_strategy"]) != "no"

    @property
    def budgets(self) -> Budgets:
        """The token budgets of the pool; a given seed model is not trained."""
        return Budgets(
            blocks_per_step=self._blocks_at_once * self._accumulation_steps,
            seed=0 if self.seed_model else self.seed_tokens,
            component=self.component_tokens,
            reference=self.reference_tokens,
            reference_budget=self.reference_budget,
            copies=parse_copies(self.copies or []),
            stages=tuple(self.stages or ()),
            probes=self.probes,
        )

    @property
    def throughput(self) -> Throughput:
        """What one device does, as far as the recipe says it."""
        tflops = self.peak_tflops or (PEAK_TFLOPS[self.gpu] if self.gpu else None)
        return Throughput(tflops and tflops * 1e12, self.expected_mfu)

    @property
    def _blocks_at_once(self) -> int:
        return self.trainer["per_device_train_batch_size"] * process_count()

    @property
    def _accumulation_steps(self) -> int:
        if self.global_batch_size is None:
            return self.trainer["gradient_accumulation_steps"]
        return self.global_batch_size // self._blocks_at_once

    def weight_settings(self, kind: str) -> dict[str, Any]:
        """The settings that the weights of a model of this kind depend on, ready for a manifest."""
        settings = optimizer_settings(self.trainer | self.overrides(kind))
        if kind != "seed":
            settings |= self.adapter_settings
        if self.decay_all and settings["weight_decay"]:
            settings["decay_all"] = True
        return settings | {"blocks_per_step": self.budgets.blocks_per_step}
