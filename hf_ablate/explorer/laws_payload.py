"""Laws as data of a page, from which `js/laws.js` makes them again."""

from typing import Any

import numpy as np

from ..prediction.laws.averaged import TREES, AveragedLaws, Law
from ..prediction.laws.exponential import ExponentialLaw
from ..prediction.laws.gaussian_process import GaussianProcess
from ..prediction.laws.power import PowerLaw
from .arrays import packed


def laws_payload(laws: AveragedLaws) -> dict[str, Any]:
    """Several laws and their mean, for `makeAveragedLaws` of the page.

    Args:
        laws ([`AveragedLaws`]): fitted; trees, which have no share in the mean, are left out.
    """
    kept = {name: law for name, law in laws.laws.items() if name != TREES}
    return {
        "laws": [law_payload(name, law) for name, law in kept.items()],
        "shares": packed(laws.shares[: len(kept)]),
        "error": packed(laws.error),
    }


def law_payload(name: str, law: Law) -> dict[str, Any]:
    """One law, for `makeLaw` of the page.

    Args:
        name (`str`): of the law.
        law ([`Law`]): fitted.
    """
    parameters = {ExponentialLaw: _exponential, PowerLaw: _power, GaussianProcess: _process}[type(law)]
    return {"kind": name, **parameters(law)}


def _exponential(law: ExponentialLaw) -> dict[str, Any]:
    return {"floors": packed(law.floors), "log_gaps": packed(law.log_gaps), "rates": packed(law.rates)}


def _power(law: PowerLaw) -> dict[str, Any]:
    return {
        "exponents": packed(law.exponents),
        "intercepts": packed(np.array([ridge.intercept for ridge in law.ridges])),
        "coefficients": packed(np.column_stack([ridge.coefficients for ridge in law.ridges])),
    }


def _process(law: GaussianProcess) -> dict[str, Any]:
    """All domains of complete runs are learned from the same ones."""
    processes = law.processes
    smooth, noise = zip(*[(process.kernel_.k1, process.kernel_.k2) for process in processes], strict=True)
    return {
        "roots": packed(processes[0].X_train_),
        "influence": packed(np.array([process.alpha_ for process in processes])),
        "variances": packed(np.array([kernel.k1.constant_value for kernel in smooth])),
        "lengths": packed(np.array([np.atleast_1d(kernel.k2.length_scale) for kernel in smooth])),
        "noises": packed(np.array([kernel.noise_level for kernel in noise])),
        "jitter": processes[0].alpha,
        "means": packed(law.means),
        "deviations": packed(law.deviations),
    }
