"""What runs at smaller scales say of the losses at the one that is asked about, up to offset and slope."""

from .evidence import Evidence
from .laws.averaged import AveragedLaws, enough_runs, fit_averaged_laws
from .observations import averaged


def fit_other_scale(evidence: Evidence) -> AveragedLaws | None:
    """The laws of the next smaller scale that has runs enough; `None` where no scale has.

    Args:
        evidence ([`Evidence`]): of a study.
    """
    for runs in reversed(evidence.other_scales.values()):
        complete = averaged(runs.complete())
        if enough_runs(complete):
            return fit_averaged_laws(complete)
    return None
