"""What `hf-ablate enumerate` takes."""

from dataclasses import dataclass, field
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError


Method = Literal["subsets", "pairs", "leave_one_out", "add_one", "windows", "simplex_grid", "dirichlet", "given"]


@dataclass
class EnumerateArguments(StageArguments):
    """Which mixtures are candidates, and which of them get a reference model."""

    methods: list[Method] = field(
        default_factory=lambda: ["subsets"],
        metadata={
            "help": "How mixtures are enumerated; the results of several methods are joined, each mixture once."
        },
    )
    units: list[str] = field(
        default_factory=list, metadata={"help": "The units to mix, in order. Default: all units of the corpus."}
    )
    min_units: int = field(default=1, metadata={"help": "subsets: smallest number of units."})
    max_units: int | None = field(default=None, metadata={"help": "subsets: largest number of units. Default: all."})
    base_units: list[str] = field(
        default_factory=list,
        metadata={"help": "add_one: the units that are always in, joined by one other at a time."},
    )
    window_sizes: list[int] = field(
        default_factory=lambda: [3], metadata={"help": "windows: how many neighbouring units of the given order."}
    )
    grid_steps: int = field(default=4, metadata={"help": "simplex_grid: weights are multiples of 1 / grid_steps."})
    samples: int = field(default=100, metadata={"help": "dirichlet: how many mixtures to draw."})
    concentration: float = field(
        default=1.0, metadata={"help": "dirichlet: concentration of every unit; 1 is uniform on the simplex."}
    )
    mixtures: list[dict] = field(
        default_factory=list, metadata={"help": "given: mixtures as mappings from unit to weight."}
    )
    num_references: int = field(
        default=0,
        metadata={
            "help": "How many mixtures of two or more units get a reference model: drawn evenly over numbers of units."
        },
    )
    random_seed: int = field(default=0, metadata={"help": "Seeds the Dirichlet draws and the choice of references."})

    def __post_init__(self) -> None:
        for name in ("min_units", "grid_steps", "samples"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least 1")
        if self.max_units is not None and self.max_units < self.min_units:
            raise InputError(f"max_units is {self.max_units}, less than min_units, which is {self.min_units}")
        if not self.concentration > 0:
            raise InputError(f"concentration is {self.concentration}; expected a positive number")
        if self.num_references < 0:
            raise InputError(f"num_references is {self.num_references}; expected 0 or more")
        if not self.methods:
            raise InputError("methods is empty; expected at least one way to enumerate mixtures")
        if "given" in self.methods and not self.mixtures:
            raise InputError("method 'given' needs `mixtures`, a list of mappings from unit to weight")
