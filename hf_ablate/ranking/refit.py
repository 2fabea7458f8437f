"""The predictor of a ranked study, fitted again: the ranking keeps what it says of the candidates alone."""

from pathlib import Path

from ..prediction.fitted import FittedStudy, fit_study
from .arguments import RankSettings


def fit_ranked(run_dir: Path) -> FittedStudy:
    """Fit the predictor that answers as `hf-ablate rank` did.

    Args:
        run_dir (`Path`): of a ranked study.

    Raises:
        `InputError`: if the study has not been ranked, or its scores are not there.
    """
    settings = RankSettings.of_ranking(run_dir)
    other = settings.references_folder(run_dir)
    return fit_study(run_dir, settings.scale, settings.predictor, settings.metric, settings.split, other)
