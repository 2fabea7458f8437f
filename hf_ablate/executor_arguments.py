"""The options that say where the work of a stage is done: what it makes neither depends on them nor records them."""

from dataclasses import dataclass, field
from typing import Literal

from .errors import InputError


@dataclass
class ExecutorArguments:
    """Where the work of a stage is done."""

    executor: Literal["local", "ray"] = field(
        default="local",
        metadata={
            "help": "Where the work is done: on this machine, or on the nodes of a Ray cluster, which all need the "
            "run folder at the same path. The results are the same."
        },
    )
    ray_address: str | None = field(
        default=None,
        metadata={
            "help": "executor ray: the cluster, as HOST:PORT or auto (the one that runs on this machine). Default: "
            "RAY_ADDRESS; without it, one of this machine alone is started."
        },
    )

    def check_executor(self) -> None:
        """Raise `InputError` for the address of a cluster that would not be used."""
        if self.ray_address is not None and self.executor != "ray":
            raise InputError(
                f"ray_address is {self.ray_address!r}, and executor is not ray; give executor ray, or leave "
                "ray_address out"
            )
