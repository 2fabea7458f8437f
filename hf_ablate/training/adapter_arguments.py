"""The arguments for components and reference models that are low-rank adapters of the seed."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from ..errors import InputError
from .adapter import ALL_LINEAR, Adapter
from .seed_arguments import SeedArguments


_ADAPTER = (
    "peft", "lora_r", "lora_alpha", "lora_dropout", "lora_target_modules", "lora_target_parameters",
    "lora_modules_to_save", "use_rslora", "use_dora",
)  # fmt: skip


@dataclass
class AdapterArguments(SeedArguments):
    """What is trained of each component and reference model: all of it, or low-rank adapters."""

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
        default=None,
        metadata={"help": "Names of the layers with adapters. Null or all-linear: all linear ones but the output."},
    )
    lora_target_parameters: list[str] | None = field(
        default=None,
        metadata={
            "help": "Names of parameters with adapters that belong to no linear layer, such as the fused experts "
            "mlp.experts.gate_up_proj and mlp.experts.down_proj."
        },
    )
    lora_modules_to_save: list[str] | None = field(
        default=None, metadata={"help": "Names of layers that are trained whole beside the adapters."}
    )
    use_rslora: bool = field(
        default=False, metadata={"help": "Scale the update by lora_alpha / sqrt(lora_r) (rank-stabilised LoRA)."}
    )
    use_dora: bool = field(default=False, metadata={"help": "Train magnitudes apart from directions (DoRA)."})

    def check_adapter(self) -> None:
        """Raise `InputError` for options that contradict each other."""
        for name in ("lora_r", "lora_alpha"):
            if not getattr(self, name) > 0:
                raise InputError(f"`{name}` is {getattr(self, name)}; expected a positive number")
        defaults = {entry.name: entry.default for entry in fields(self)}
        given = [name for name in _ADAPTER if getattr(self, name) != defaults[name]]
        if given and not self.peft:
            raise InputError(f"`{given[0]}` is for adapters, and `peft` is null; set peft: lora, or leave it out")
        if self.peft and (self.component_init == "own" or self.load_optimizer_state):
            name = "load_optimizer_state" if self.load_optimizer_state else "component_init: own"
            raise InputError(
                f"`{name}` is for models that are trained whole: adapters are trained beside the weights of one seed; "
                "leave it or `peft` out"
            )
        if ALL_LINEAR in (self.lora_target_modules or []) and len(self.lora_target_modules) > 1:
            raise InputError(
                f"`lora_target_modules` names {ALL_LINEAR} and other layers; give {ALL_LINEAR} alone (layers to train "
                "whole go to `lora_modules_to_save`), or every layer by its name"
            )

    @property
    def adapter(self) -> Adapter | None:
        """The adapters that components and reference models are trained as, if they are."""
        if not self.peft:
            return None
        return Adapter(
            rank=self.lora_r,
            alpha=self.lora_alpha,
            dropout=self.lora_dropout,
            target_modules=self.lora_target_modules and tuple(self.lora_target_modules),
            target_parameters=tuple(self.lora_target_parameters or ()),
            modules_to_save=tuple(self.lora_modules_to_save or ()),
            use_rslora=self.use_rslora,
            use_dora=self.use_dora,
        )

    @property
    def adapter_settings(self) -> dict[str, Any]:
        """The settings of the adapters, ready for a manifest; empty without adapters."""
        return {name: getattr(self, name) for name in _ADAPTER} if self.peft else {}
