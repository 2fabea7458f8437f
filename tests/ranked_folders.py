"""Run folders with a ranking, of made-up scores."""

import shutil
from pathlib import Path

from synthetic_study import UNITS, World, log_evaluations, make_study

from hf_ablate.ranking import rank
from hf_ablate.ranking.arguments import RankArguments


def ranked(folder: Path, **options) -> Path:
    """Make a study and rank its mixtures."""
    make_study(folder, **options)
    rank.run(RankArguments(run_dir=folder, bootstrap_samples=200))
    return folder


def evaluated(folder: Path, study: Path, domains: list[tuple[str, str]]) -> Path:
    """A copy of the study that logged evaluations on some domains."""
    shutil.copytree(study, folder)
    for unit in UNITS:
        log_evaluations(folder / "models" / "components" / unit, World(), unit, domains)
    return folder
