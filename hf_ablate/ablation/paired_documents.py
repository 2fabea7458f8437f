"""How far the difference of two reference models depends on which documents they are scored on."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..evaluation.document_rows import read_documents
from ..evaluation.row_files import read_current_blocks
from ..evaluation.rows import target_name
from ..manifest import has_manifest
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder, model_id


@dataclass(frozen=True)
class PairedDocuments:
    """Documents that two models were scored on one by one.

    Args:
        variance (`float`): of the difference of their bits per byte, over the choice of the documents.
        count (`int`): how many documents.
    """

    variance: float
    count: int


def documents_of_pair(
    run_dir: Path, mixtures: tuple[Mixture, Mixture], domains: tuple[str, ...], target: np.ndarray
) -> PairedDocuments | None:
    """The documents of the reference models of two mixtures; `None` where a domain was not scored one by one.

    What two models have in common on a document cancels, so their difference is surer than either score.

    Args:
        run_dir (`Path`): of a study.
        mixtures (`tuple[Mixture, Mixture]`): the first and the second.
        domains (`tuple[str, ...]`): `<source>/<domain>`.
        target (`np.ndarray`): [domains], the weight of each.
    """
    folder = RunFolder(run_dir).scores
    if not has_manifest(folder):
        return None
    models = [model_id("reference", mixture.id) for mixture in mixtures]
    by_domain = _read(folder, models)
    variance, count = 0.0, 0
    for domain, weight in zip(domains, target, strict=True):
        if weight > 0:
            first, second = (by_domain.get((model, domain), {}) for model in models)
            both = sorted(first.keys() & second.keys())
            if len(both) < 2:
                return None
            sums = np.array([[first[document], second[document]] for document in both])
            variance += weight**2 * _variance(sums[:, 0], sums[:, 1])
            count += len(both)
    return PairedDocuments(variance, count)


def _variance(first: np.ndarray, second: np.ndarray) -> float:
    """Of the difference in bits per byte, a ratio of sums over documents [documents, (log-probability, bytes)].

    The delta method (W. Cochran, Sampling Techniques, 3rd edition, section 6.3).
    """
    bits, size = (second[:, 0] - first[:, 0]) / math.log(2), first[:, 1]
    deviations = bits - bits.sum() / size.sum() * size
    return float(len(bits) / (len(bits) - 1) * (deviations**2).sum() / size.sum() ** 2)


def _read(folder: Path, models: list[str]) -> dict[tuple[str, str], dict[int, tuple[float, int]]]:
    """(model, domain) → document → its log-probability and bytes, of the scores that count now."""
    current = {row.key for block in read_current_blocks(folder) if block.model in models for row in block}
    found: dict[tuple[str, str], dict[int, tuple[float, int]]] = {}
    for (key, document), row in read_documents(folder).items():
        if key in current:
            domain = target_name(row["source"], row["domain"])
            found.setdefault((row["model"], domain), {})[document] = (row["sum_logprob"], row["num_bytes"])
    return found
