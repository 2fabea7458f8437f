"""The arguments of `hf-ablate rank`."""

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError


@dataclass(frozen=True)
class RankSettings:
    """What a ranking and its agreement depend on besides the scores.

    Args:
        metric (`str`): what mixtures are ranked by; lower is better.
        split (`str`): of the evaluation text.
        bootstrap_samples (`int`): resamples of the mixtures for the intervals.
        confidence (`float`): the share of resamples in an interval.
        random_seed (`int`): of the resampling.
        predictor (`str`, *optional*): that answers; none: the one that cross-validation chooses.
        scale (`str`, *optional*): of the models that are asked about; none: the largest.
        weighted_target (`str`, *optional*): a target beyond those that every ranking has, as JSON.
        references_from (`str`, *optional*): the run folder whose reference models judge, as seen from the study's.
    """

    metric: str
    split: str | None
    bootstrap_samples: int
    confidence: float
    random_seed: int
    predictor: str | None = None
    scale: str | None = None
    weighted_target: str | None = None
    references_from: str | None = None

    def references_folder(self, run_dir: Path) -> Path | None:
        """The run folder whose reference models judge, where they are not the study's own.

        Args:
            run_dir (`Path`): of the study.
        """
        return None if self.references_from is None else Path(os.path.normpath(run_dir / self.references_from))


@dataclass
class RankArguments(StageArguments):
    """Rank the mixtures by the predictor that is best on reference models, and measure how well each agrees with them.

    Example:

    ```python
    >>> RankArguments(confidence=0.9).metric
    'bits_per_byte'

    ```
    """

    metric: Literal["bits_per_byte", "ppl_token", "ppl_byte", "ppl_char", "ppl_word"] = field(
        default="bits_per_byte",
        metadata={"help": "What the mixtures are ranked by; lower is better. Perplexities are per token, byte, …"},
    )
    split: str | None = field(
        default=None,
        metadata={"help": "The split of the evaluation data to rank on. Default: the one that was scored."},
    )
    bootstrap_samples: int = field(
        default=1000, metadata={"help": "Resamples of the mixtures for the intervals of the agreement."}
    )
    confidence: float = field(
        default=0.95,
        metadata={
            "help": "The share of resamples in an interval; and how sure a mixture must be worse not to count as tied."
        },
    )
    random_seed: int = field(default=1234, metadata={"help": "Seed of the resampling."})
    target: str | None = field(
        default=None,
        metadata={
            "help": "Print the ranking and agreement on this target only: a domain (SOURCE/DOMAIN, or DOMAIN alone), "
            "a source (the mean of its domains), `pooled:SOURCE` (all its text as one), FIELD=VALUE (the mean of the "
            "domains held out from a group of units), `mean` (the mean of all domains), or weights of these as JSON, "
            """such as '{"in_domain/pandas": 2, "out_of_domain": 1}'. Default: the mean of all domains. The files """
            "hold all but weights."
        },
    )
    predictor: str | None = field(
        default=None,
        metadata={
            "help": "The predictor that answers, such as `stack`, `merged`, `ensemble`. Default: the one of least "
            "cross-validated error on the reference models; where there are fewer than four, averaged probabilities "
            "if they are scored, otherwise merged weights."
        },
    )
    scale: str | None = field(
        default=None,
        metadata={"help": "Imported runs: the scale of the models that are asked about. Default: the largest."},
    )
    references_from: Path | None = field(
        default=None,
        metadata={
            "help": "A run folder whose reference models judge in place of the study's own, such as those of a larger "
            "size: does what the small proxies say hold for large models? Same units, tokenizer and evaluation text."
        },
    )
    top: int = field(default=10, metadata={"help": "Mixtures in the printed table; the files hold all."})

    def __post_init__(self) -> None:
        if self.bootstrap_samples < 100:
            raise InputError(f"bootstrap_samples is {self.bootstrap_samples}; intervals need at least 100 resamples")
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence is {self.confidence}; expected a share between 0 and 1, for example 0.95")
        if self.top < 1:
            raise InputError(f"top is {self.top}; expected at least 1")
        if self.random_seed < 0:
            raise InputError(f"random_seed is {self.random_seed}; expected 0 or more")

    def settings_on(self, scored_split: str | None) -> RankSettings:
        """What the ranking depends on.

        Args:
            scored_split (`str`, *optional*): the split that was scored, which is the default.
        """
        weighted = self.target if self.target is not None and self.target.lstrip().startswith("{") else None
        other = self.references_from
        if other is not None:  # as seen from the study: no path of this machine, and both may move together
            other = Path(os.path.relpath(other, self.run_dir)).as_posix()
        decided = {"split": self.split or scored_split, "weighted_target": weighted, "references_from": other}
        names = [entry.name for entry in fields(RankSettings) if entry.name not in decided]
        return RankSettings(**{name: getattr(self, name) for name in names}, **decided)
