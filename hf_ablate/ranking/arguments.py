"""The arguments of `hf-ablate rank`."""

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError
from ..evaluation.scoring.right_answers import BITS_PER_BYTE
from ..manifest import read_manifest
from ..prediction.task_scores import TASK_METRICS
from ..run_folder import RunFolder


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
        target (`str`, *optional*): the study's target, a name or weights as JSON; none: the mean of domains.
        task_metric (`str`): what downstream tasks count by; lower is better.
        references_from (`str`, *optional*): the run folder whose reference models judge, as seen from the study's.
    """

    metric: str
    split: str | None
    bootstrap_samples: int
    confidence: float
    random_seed: int
    predictor: str | None = None
    scale: str | None = None
    target: str | None = None
    task_metric: str = BITS_PER_BYTE
    references_from: str | None = None

    @classmethod
    def of_ranking(cls, run_dir: Path) -> "RankSettings":
        """Those that a study was ranked with.

        Args:
            run_dir (`Path`): of the study.

        Raises:
            `InputError`: if it is not ranked, or was by a version with other settings.
        """
        recorded = read_manifest(RunFolder(run_dir).ranking)["arguments"]
        if recorded.keys() != {entry.name for entry in fields(cls)}:
            raise InputError(f"the ranking in {run_dir} was made by another version; run `hf-ablate rank` again")
        return cls(**recorded)

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
            "help": "The study's target, by which the best mixture is chosen, here and in all that reads the ranking: "
            "a domain (SOURCE/DOMAIN, or DOMAIN alone), a downstream task (its name), `tasks` (their mean), a source "
            "(the mean of its domains), `pooled:SOURCE` (all its text as one), FIELD=VALUE (the mean of the domains "
            "held out from a group of units), `mean` (the mean of all domains), or weights of these as JSON, such as "
            """'{"hellaswag": 1, "in_domain": 2}'. Default: the mean of all domains. The files hold all others too."""
        },
    )
    task_metric: Literal[*TASK_METRICS] = field(
        default=BITS_PER_BYTE,
        metadata={
            "help": "What downstream tasks (evaluate's `tasks`) count by: bits per byte of the right answer, or "
            "error_rate (1 - accuracy). Tasks that only generate text always count by their error rate."
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
        other = self.references_from
        if other is not None:  # as seen from the study: no path of this machine, and both may move together
            other = Path(os.path.relpath(other, self.run_dir)).as_posix()
        decided = {"split": self.split or scored_split, "references_from": other}
        names = [entry.name for entry in fields(RankSettings) if entry.name not in decided]
        return RankSettings(**{name: getattr(self, name) for name in names}, **decided)
