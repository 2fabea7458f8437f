"""What `hf-ablate enumerate` takes."""

from dataclasses import dataclass, field
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError


Method = Literal[
    "subsets", "pairs", "leave_one_out", "add_one", "windows", "groups", "simplex_grid", "dirichlet", "given",
    "multipliers",
]  # fmt: skip


@dataclass
class EnumerateArguments(StageArguments):
    """Which mixtures are candidates, and which of them get a reference model.

    Where units are named, a pattern (`cs_*`) or a group of the corpus (`field=biology`) may name several: the
    units with that value of a field of `partition_by`, or of `source`, the root that they were read from.
    """

    methods: list[Method] = field(
        default_factory=lambda: ["subsets"],
        metadata={
            "help": "How mixtures are enumerated; the results of several methods are joined, each mixture once."
        },
    )
    units: list[str] = field(
        default_factory=list,
        metadata={"help": "The units to mix, in order: names, patterns, groups FIELD=VALUE. Default: all."},
    )
    exclude_units: list[str] = field(
        default_factory=list, metadata={"help": "The units to leave out: names, patterns, groups FIELD=VALUE."}
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
    group_by: list[str] = field(
        default_factory=list,
        metadata={"help": "groups: fields of the corpus; a uniform mixture of the units of each of their values."},
    )
    grid_steps: int = field(default=4, metadata={"help": "simplex_grid: weights are multiples of 1 / grid_steps."})
    samples: int = field(default=100, metadata={"help": "dirichlet: how many mixtures to draw."})
    concentration: float = field(
        default=1.0, metadata={"help": "dirichlet: concentration of every unit; 1 is uniform on the simplex."}
    )
    mixtures: list[dict] = field(
        default_factory=list,
        metadata={
            "help": "given: mixtures as mappings from unit, pattern or group to weight. The weight of a pattern or "
            "group is shared out equally among its units; a unit that is named twice gets the sum."
        },
    )
    multipliers: list[dict] = field(
        default_factory=list,
        metadata={
            "help": "multipliers: mappings from unit, pattern or group to a factor; each makes a mixture of all units "
            "by multiplying the weights of those that it names (0 leaves them out)."
        },
    )
    multipliers_of: Literal["uniform", "available_tokens"] = field(
        default="uniform",
        metadata={"help": "multipliers: the mixture that is multiplied, uniform or by the tokens of the partitions."},
    )
    num_references: int = field(
        default=0,
        metadata={
            "help": "How many mixtures of two or more units get a reference model: those that have one already, and "
            "others, half of them with equal weights and half with others, drawn evenly over numbers of units."
        },
    )
    reference_seeds: int = field(
        default=1,
        metadata={
            "help": "With how many seeds each reference model is trained: two or more measure the noise floor, the "
            "differences that mean nothing."
        },
    )
    random_seed: int = field(default=0, metadata={"help": "Seeds the Dirichlet draws and the choice of references."})

    def __post_init__(self) -> None:
        for name in ("min_units", "grid_steps", "samples", "reference_seeds"):
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
        if "multipliers" in self.methods and not self.multipliers:
            raise InputError("method 'multipliers' needs `multipliers`, a list of mappings from unit to factor")
        if "groups" in self.methods and not self.group_by:
            raise InputError("method 'groups' needs `group_by`, the fields whose values make the groups")
