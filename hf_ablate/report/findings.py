"""What the report says beyond the ranking, found with the predictor that the ranking was made by."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..mixtures.ranked import Ranking
from ..prediction.fitted import FittedStudy
from ..search.regret_curve import RegretPoint, regret_curve
from .arguments import DEFAULTS, ReportSettings
from .merge_health import MergeHealth, find_merge_health
from .next_steps import NextSteps, find_next_steps


@dataclass(frozen=True)
class Findings:
    """What follows from a ranking, each part found when it is first asked for.

    Args:
        run_dir (`Path`): of the ranked study.
        ranking ([`Ranking`]): of it.
        fitted ([`FittedStudy`]): the predictor that it comes from.
        settings ([`ReportSettings`]): how long finding may take.
    """

    run_dir: Path
    ranking: Ranking
    fitted: FittedStudy
    settings: ReportSettings = DEFAULTS

    @cached_property
    def steps(self) -> NextSteps:
        """What to run next, and what the answer depends on."""
        return find_next_steps(self.run_dir, self.ranking, self.fitted)

    @cached_property
    def health(self) -> MergeHealth:
        """Whether the components can be averaged."""
        target = self.fitted.evidence.target()
        return find_merge_health(self.run_dir, self.fitted, self.ranking.best, target, self.settings.most_bytes)

    @cached_property
    def regrets(self) -> list[RegretPoint]:
        """What fewer reference models would have chosen; empty where they are too few, or the units too many."""
        if len(self.fitted.evidence.units) > self.settings.most_units:
            return []
        return regret_curve(self.fitted, self.fitted.evidence.target())
