"""The runs that a law is fitted on, domain by domain."""

import numpy as np

from ...errors import InputError
from ..observations import Observations


def measured_rows(runs: Observations, fewest: int, law: str) -> list[np.ndarray]:
    """For each domain, which runs have a loss on it.

    Args:
        runs ([`Observations`]): NaN where nothing was measured.
        fewest (`int`): how many runs the law needs on every domain.
        law (`str`): its name, for the message.

    Returns:
        `list[np.ndarray]`: for each domain, positions of runs.

    Raises:
        `InputError`: where a domain has too few.
    """
    rows = [np.flatnonzero(measured) for measured in np.isfinite(runs.losses).T]
    if not rows or (least := min(map(len, rows))) < fewest:
        least = least if rows else 0
        raise InputError(f"the {law} needs {fewest} runs or more with a loss on every domain, and there are {least}")
    return rows
