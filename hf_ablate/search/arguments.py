"""What `hf-ablate propose` takes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError


@dataclass(frozen=True)
class SearchSettings:
    """How the lowest mixture is looked for, and how sure differences have to be.

    Args:
        run_dir (`Path`): the study's run folder, whose components may answer exactly.
        confidence (`float`): at which mixtures are told apart.
        confidence_bound (`float`, *optional*): the loss that is not exceeded with this probability is made small, in
            place of the expected one.
        starts (`int`): from how many mixtures the search starts.
        random_seed (`int`): of the mixtures that it starts from.
    """

    run_dir: Path
    confidence: float
    confidence_bound: float | None
    starts: int
    random_seed: int


@dataclass
class ProposeArguments(StageArguments):
    """What to propose, what it is judged on, and what mixtures have to satisfy.

    Where units are named, a pattern (`cs_*`) or a group of the corpus (`field=biology`) may name several.

    Example:

    ```python
    >>> ProposeArguments(most={"cs_*": 0.4}).purpose
    'best'

    ```
    """

    run_dir: Path = field(default=Path("runs/study"), metadata={"positional": True, "help": "The study's run folder."})
    purpose: Literal["best", "reference", "unit"] = field(
        default="best",
        metadata={
            "option": "for",
            "help": "best: the mixture with the lowest predicted loss. reference: the mixtures whose real training "
            "would improve the choice of the best most. unit: the units of which more would help.",
        },
    )
    target: str | None = field(
        default=None,
        metadata={
            "help": "What mixtures are judged on: a domain (SOURCE/DOMAIN, or DOMAIN alone), a source (the mean of "
            "its domains), `pooled:SOURCE` (all its text as one), FIELD=VALUE (the mean of the domains held out from "
            "a group of units), `mean` (the mean of all domains), a downstream task or `tasks` (their mean), or "
            "weights of these as JSON. Default: the study's target, as rank.yaml has it; otherwise mean."
        },
    )
    scale: str | None = field(
        default=None,
        metadata={"help": "The scale that is asked about, of a study with several. Default: the largest."},
    )
    predictor: str | None = field(
        default=None,
        metadata={"help": "The predictor that answers. Default: the one that nested cross-validation chooses."},
    )
    least: dict = field(
        default_factory=dict,
        metadata={"option": "min", "help": "Unit, pattern or group to the least sum of the weights of its units."},
    )
    most: dict = field(
        default_factory=dict,
        metadata={"option": "max", "help": "Unit, pattern or group to the largest sum of the weights of its units."},
    )
    max_units: int | None = field(default=None, metadata={"help": "Most units in a mixture."})
    max_epochs: float | None = field(
        default=None,
        metadata={
            "help": "How often the final training may repeat a unit's available tokens at most; needs total_tokens."
        },
    )
    total_tokens: int | None = field(
        default=None,
        metadata={
            "help": "Tokens of the final training; units that it repeats far more or less often than the study are "
            "named."
        },
    )
    available_tokens: dict | None = field(
        default=None,
        metadata={"help": "Unit to its tokens. Default: those that the corpus records of the whole partitions."},
    )
    prior: str | None = field(
        default=None,
        metadata={
            "help": "A mixture to stay near: an id or a name, `uniform`, `available_tokens` (in proportion to the "
            "tokens of the units), or weights as JSON; needs max_distance or max_kl."
        },
    )
    max_distance: float | None = field(
        default=None,
        metadata={
            "help": "Largest distance from the prior in total variation: the share of the tokens that is exchanged."
        },
    )
    max_kl: float | None = field(
        default=None, metadata={"help": "Largest Kullback-Leibler divergence from the prior, in nats."}
    )
    confidence_bound: float | None = field(
        default=None,
        metadata={
            "help": "Instead of the lowest expected loss, look for the lowest loss that is not exceeded with this "
            "probability: above 0.5 is cautious, below is bold."
        },
    )
    confidence: float = field(
        default=0.9, metadata={"help": "The probability at which mixtures are told apart, and of intervals."}
    )
    count: int = field(default=4, metadata={"help": "reference: how many mixtures at most."})
    samples: int = field(
        default=0, metadata={"help": "reference: how many mixtures to draw beside those that were enumerated."}
    )
    starts: int = field(default=16, metadata={"help": "From how many mixtures the search starts."})
    random_seed: int = field(default=0, metadata={"help": "Seeds the mixtures that are drawn or started from."})
    output: Path | None = field(
        default=None,
        metadata={
            "help": "best, reference: a YAML file to write the mixtures to, as `hf-ablate enumerate --config` reads "
            "it."
        },
    )

    def __post_init__(self) -> None:
        for name in ("max_units", "starts", "total_tokens", "count"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise InputError(f"{name} is {value}; expected at least 1")
        for name in ("max_epochs", "max_distance", "max_kl"):
            if (value := getattr(self, name)) is not None and not value > 0:
                raise InputError(f"{name} is {value}; expected a positive number")
        for name in ("confidence", "confidence_bound"):
            if (value := getattr(self, name)) is not None and not 0 < value < 1:
                raise InputError(f"{name} is {value}; expected a probability between 0 and 1, for example 0.9")
        if self.samples < 0:
            raise InputError(f"samples is {self.samples}; expected 0 or more")
        if self.max_epochs is not None and self.total_tokens is None:
            raise InputError("max_epochs without total_tokens; both are needed to limit how often a unit is repeated")
        limits = [name for name in ("max_distance", "max_kl") if getattr(self, name) is not None]
        if limits and self.prior is None:
            raise InputError(f"{limits[0]} needs a prior: --prior uniform, available_tokens, a mixture's id or name")
        if self.prior is not None and not limits:
            raise InputError("prior needs max_distance or max_kl, which say how near to it mixtures have to be")
        if self.output is not None and self.purpose == "unit":
            raise InputError("output is for mixtures; leave it out, or propose --for best or --for reference")
        if self.random_seed < 0:
            raise InputError(f"random_seed is {self.random_seed}; expected 0 or more")

    @property
    def search(self) -> SearchSettings:
        """How the lowest mixture is looked for."""
        return SearchSettings(self.run_dir, self.confidence, self.confidence_bound, self.starts, self.random_seed)
