"""The arguments of `hf-ablate effects`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError


@dataclass(frozen=True)
class EffectsSettings:
    """What effects depend on besides the scores.

    Args:
        mixture (`str`): that is changed: `best`, `uniform`, an id, a name, or a mapping as JSON.
        target (`str`, *optional*): what is judged: a domain, a source, or a mapping from these to weights as JSON;
            default: the study's target.
        scale (`str`, *optional*): that is asked about; default: the largest.
        groups (`str`, *optional*): the field whose groups are the parts of the mixture; default: its units.
        confidence (`float`): the probability that an interval holds the true value.
        random_seed (`int`): of the orders that Shapley values of many units are sampled from.
    """

    mixture: str
    target: str | None
    scale: str | None
    groups: str | None
    confidence: float
    random_seed: int


@dataclass
class EffectsArguments(StageArguments):
    """What dropping, adding, swapping and upweighting units does to a mixture, and which of two mixtures is better.

    Example:

    ```python
    >>> EffectsArguments(mixture="uniform").settings.confidence
    0.9

    ```
    """

    run_dir: Path = field(default=Path("runs/study"), metadata={"positional": True, "help": "The study's run folder."})
    mixture: str = field(
        default="best",
        metadata={
            "help": "The mixture that is changed: `best` (the first of the ranking), `uniform` (all units), an id, a "
            """name, or weights as JSON, for example '{"pandas": 2, "scipy": 1}'."""
        },
    )
    target: str | None = field(
        default=None,
        metadata={
            "help": "What is judged: a domain (SOURCE/DOMAIN, or DOMAIN alone), a source (the mean of its domains), "
            "`pooled:SOURCE` (all its text as one), FIELD=VALUE (the mean of the domains held out from a group of "
            "units), a downstream task or `tasks` (their mean), or weights of these as JSON. Default: the study's "
            "target, as rank.yaml has it; otherwise the mean of all domains."
        },
    )
    scale: str | None = field(
        default=None, metadata={"help": "The scale that is asked about, in a study of several. Default: the largest."}
    )
    groups: str | None = field(
        default=None,
        metadata={
            "help": "Judge groups of units in place of units: those with the same value of this field of the corpus."
        },
    )
    compare: list[str] = field(
        default_factory=list,
        metadata={"help": "Say which of two mixtures is better in place of effects; each as for --mixture."},
    )
    confidence: float = field(default=0.9, metadata={"help": "The probability that an interval holds the true value."})
    random_seed: int = field(
        default=1234,
        metadata={"help": "Seed of the orders that Shapley values of more than 12 units are sampled from."},
    )
    output_format: Literal["table", "json", "csv"] = field(
        default="table", metadata={"help": "How results are printed on stdout; csv is the table of effects alone."}
    )

    def __post_init__(self) -> None:
        if len(self.compare) not in (0, 2):
            raise InputError(
                f"compare names {len(self.compare)} mixtures; expected two, for example --compare best uniform"
            )
        if self.compare and self.groups is not None:
            raise InputError("compare judges two mixtures, not groups of units; leave out --groups")
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence is {self.confidence}; expected a share between 0 and 1, for example 0.9")
        if self.random_seed < 0:
            raise InputError(f"random_seed is {self.random_seed}; expected 0 or more")

    @property
    def settings(self) -> EffectsSettings:
        """What the effects depend on."""
        return EffectsSettings(self.mixture, self.target, self.scale, self.groups, self.confidence, self.random_seed)
