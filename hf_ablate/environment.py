"""`hf-ablate env`: the versions that a bug report needs."""

import json
import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Literal


PACKAGES = (
    "hf_ablate", "torch", "transformers", "accelerate", "datasets", "evaluate", "huggingface_hub", "mergekit", "peft",
    "tokenizers", "safetensors", "numpy", "scipy", "deepspeed", "ray", "lm_eval",
)  # fmt: skip


@dataclass
class EnvArguments:
    """How the versions are printed."""

    output_format: Literal["table", "json"] = field(
        default="table", metadata={"help": "How the versions are printed on stdout."}
    )
    dry_run: bool = field(default=False, metadata={"help": "Has no effect: this command only prints."})


def run(arguments: EnvArguments) -> None:
    """Print Python, platform, processor count, accelerators and the versions of the packages in use."""
    import torch

    values = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "accelerators": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
        **{name: _version(name) for name in PACKAGES},
    }
    if arguments.output_format == "json":
        print(json.dumps(values))
        return
    for name, value in values.items():
        print(f"{name:<16} {value if value != [] else 'none'}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
