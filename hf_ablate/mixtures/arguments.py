"""What `hf-ablate enumerate` takes."""

from dataclasses import dataclass, field
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError


Method = Literal[
    "subsets", "pairs", "random", "leave_one_out", "add_one", "windows", "groups", "group_subsets", "across", "swap",
    "simplex_grid", "dirichlet", "given", "multipliers",
]  # fmt: skip
UNIFORM = "uniform"
_DRAWS = 100  # of the methods that only draw

# method → the options that it cannot do without, and what each is
_NEEDS = {
    "given": {"mixtures": "a list of mappings from unit to weight"},
    "multipliers": {"multipliers": "a list of mappings from unit to factor"},
    "random": {"sizes": "how many units are in a mixture, such as [3]"},
    "groups": {"group_by": "the fields whose values make the groups"},
    "group_subsets": {
        "group_by": "the fields whose values make the groups",
        "sizes": "how many groups are in a mixture, such as [2]",
    },
    "across": {"across": "what names the units of each side, such as [source=a, source=b]"},
    "swap": {"base_units": "the part that is fixed", "group_by": "the fields whose groups are swapped"},
}


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
    sizes: list[int] = field(
        default_factory=list,
        metadata={
            "help": "random, group_subsets: how many units, or groups, are in a mixture; one number or several."
        },
    )
    base_units: list[str] = field(
        default_factory=list,
        metadata={"help": "add_one, swap: the units that are always in, joined by another, or by a group, at a time."},
    )
    window_sizes: list[int] = field(
        default_factory=lambda: [3], metadata={"help": "windows: how many neighbouring units are in a mixture."}
    )
    windows_by: str | None = field(
        default=None,
        metadata={
            "help": "windows: the field whose values, numbers or ranges such as years, order the units. Default: the "
            "order of `units` or, where it is not given, the corpus's one field with such values."
        },
    )
    windows_within: str | None = field(
        default=None, metadata={"help": "windows: a field; units with different values of it are not neighbours."}
    )
    window_edges: Literal["drop", "clip"] = field(
        default="drop",
        metadata={
            "help": "windows: drop gives whole windows alone, clip the one around every unit, shorter at both ends."
        },
    )
    group_by: list[str] = field(
        default_factory=list,
        metadata={
            "help": "groups, group_subsets, swap: fields of the corpus, whose values make groups of units, or some of "
            "their values (field=bio*)."
        },
    )
    group_weights: Literal["units", "equal", "tokens"] = field(
        default="units",
        metadata={
            "help": "group_subsets: the shares of the groups: as their units' weights add up (micro), equal (macro), "
            "or by their available tokens. Units of a group share its weight as `weights_of` says."
        },
    )
    across: list[str] = field(
        default_factory=list,
        metadata={"help": "across: two sides or more, each a unit, pattern or group; a mixture has a part of each."},
    )
    across_by: list[str] = field(
        default_factory=list,
        metadata={
            "help": "across: what the parts of each side are: `unit`, or a field for groups of units. Default: units."
        },
    )
    side_weights: list[dict] = field(
        default_factory=list,
        metadata={
            "help": "across, swap: mappings from unit, pattern or group to a factor of the weights of its units; "
            "every mixture comes once with each mapping ({} changes nothing). Default: all factors are 1."
        },
    )
    weights_of: Literal["uniform", "available_tokens"] = field(
        default=UNIFORM,
        metadata={
            "help": "The weights of units where a method only says which are in a mixture, or multiplies weights: all "
            "the same, or by the tokens of the whole partitions. Not of simplex_grid, dirichlet and given."
        },
    )
    grid_steps: int = field(default=4, metadata={"help": "simplex_grid: weights are multiples of 1 / grid_steps."})
    samples: int | None = field(
        default=None,
        metadata={
            "help": "How many mixtures to draw. dirichlet, random (of each size): default 100. group_subsets (of each "
            "size), across: default all. Where there are fewer, all are taken."
        },
    )
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
    references: list[str] = field(
        default_factory=list,
        metadata={
            "help": "The mixtures that get a reference model: `all`, those of a method, ids, names, patterns of "
            "names. Never those of one unit, whose reference is its component."
        },
    )
    num_references: int = field(
        default=0,
        metadata={
            "help": "How many mixtures of two or more units get a reference model: those of `references`, those that "
            "have one already, and others beside them, half of them with equal weights and half with others, drawn "
            "evenly over numbers of units."
        },
    )
    reference_seeds: int = field(
        default=1,
        metadata={
            "help": "With how many seeds each reference model is trained: two or more measure the noise floor, the "
            "differences that mean nothing."
        },
    )
    random_seed: int = field(default=0, metadata={"help": "Seeds the draws of mixtures and of references."})

    def __post_init__(self) -> None:
        for name in ("min_units", "grid_steps", "samples", "reference_seeds"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; expected at least 1")
        for size in self.sizes:
            if size < 1:
                raise InputError(f"`sizes` has {size}; expected numbers from 1 on")
        if self.max_units is not None and self.max_units < self.min_units:
            raise InputError(f"max_units is {self.max_units}, less than min_units, which is {self.min_units}")
        if not self.concentration > 0:
            raise InputError(f"concentration is {self.concentration}; expected a positive number")
        if self.num_references < 0:
            raise InputError(f"num_references is {self.num_references}; expected 0 or more")
        if not self.methods:
            raise InputError("methods is empty; expected at least one way to enumerate mixtures")
        for method in self.methods:
            for option, meaning in _NEEDS.get(method, {}).items():
                if not getattr(self, option):
                    raise InputError(f"method {method!r} needs `{option}`, {meaning}")
        self._check_sides()

    def _check_sides(self) -> None:
        sides = len(self.across)
        if sides == 1 or len(set(self.across)) < sides:
            raise InputError(
                f"across is {self.across}; expected two different sides or more, such as [source=a, source=b]"
            )
        if self.across_by and len(self.across_by) != sides:
            raise InputError(
                f"across_by is {self.across_by}; expected `unit` or a field for each of the {sides} sides"
            )

    @property
    def draws(self) -> int:
        """How many mixtures methods draw that do not give all."""
        return self.samples or _DRAWS
