"""Imported runs as evidence: those at the scale that is asked about are references, the others are other scales."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..mixtures.ranked import find_target
from ..observations.runs import ImportedRuns, Run
from ..observations.scales import choose_scale, size_of_scale
from .evidence import Evidence
from .observations import Observations


logger = logging.getLogger(__name__)


def evidence_of_runs(imported: ImportedRuns, scale: str | None = None) -> Evidence:
    """The evidence in runs alone, without any model of the study's own.

    Runs on one unit are components. Where every unit has one, they are not references, as in a study that trains them;
    where some lack one, no predictor can use components, and these runs are references like all others.

    Args:
        imported ([`ImportedRuns`]): at any scales.
        scale (`str`, *optional*): that is asked about; default: the largest, otherwise the last.
    """
    units, domains = imported.units, imported.domains
    own_units = tuple(units.index(domain) if domain in units else None for domain in domains)
    nothing = Observations((), np.empty((0, len(units))), np.empty((0, len(domains))))
    components = np.full((len(units), len(domains)), np.nan)
    evidence = Evidence(units, domains, own_units, nothing, components, unit_of_measure=imported.unit_of_measure)
    by_scale = _by_scale(evidence, imported.runs, domains)
    evidence = _at_scale(evidence, by_scale, _sizes(by_scale), scale)
    references = evidence.references
    is_single = (references.weights > 0).sum(axis=1) == 1
    for unit in range(len(units)):
        if len(rows := np.flatnonzero(is_single & (references.weights[:, unit] > 0))):
            components[unit] = references.losses[rows].mean(axis=0)
    if np.isfinite(components).all():
        references = references.only(np.flatnonzero(~is_single))
    return replace(evidence, references=references, components=components)


def with_runs(evidence: Evidence, imported: ImportedRuns, scale: str | None, parameters: int | None) -> Evidence:
    """A study's evidence with imported runs, whose domains have to be the study's.

    Runs without a scale join the study's reference models.

    Args:
        evidence ([`Evidence`]): of the study's scores.
        imported ([`ImportedRuns`]): of the study.
        scale (`str`, *optional*): that is asked about; default: the largest, otherwise the last.
        parameters (`int`, *optional*): of the study's own models.
    """
    columns = _columns_of(evidence.domains, imported.domains)
    missing = [domain for domain in evidence.domains[: evidence.number_of_texts] if domain not in columns]
    if missing:
        logger.warning("the imported runs are left out: they have no losses on %s", ", ".join(missing))
        return evidence
    if without := [task for task in evidence.tasks if task not in columns]:
        logger.warning("tasks are left out, since the imported runs have no losses on them: %s", ", ".join(without))
        evidence = evidence.without(without)
    runs = [run for run in imported.runs if set(run.mixture.units) <= set(evidence.units)]
    if len(runs) < len(imported.runs):
        logger.warning("%d imported runs on units that have no scores are left out", len(imported.runs) - len(runs))
    if imported.unit_of_measure != evidence.unit_of_measure and any(not run.scale for run in runs):
        logger.warning(
            "the imported runs without a scale are left out: their losses are in %s, the study's in %s",
            imported.unit_of_measure, evidence.unit_of_measure,
        )  # fmt: skip
        runs = [run for run in runs if run.scale]
    by_scale = _by_scale(evidence, runs, [columns[domain] for domain in evidence.domains])
    own = evidence.references
    if "" in by_scale:
        own = own.joined(by_scale.pop(""))
    at_scale = _at_scale(evidence, {"": own} | by_scale, {"": parameters} | _sizes(by_scale), scale)
    if not at_scale.scale or imported.unit_of_measure == evidence.unit_of_measure:
        return at_scale
    return replace(at_scale, unit_of_measure=imported.unit_of_measure, pooled={})


def _columns_of(targets: Sequence[str], domains: Sequence[str]) -> dict[str, str]:
    """Target of a study → the imported domain that is called like it, with or without the source."""
    names = {target: target.rpartition("/")[2] for target in targets}
    found = {}
    for domain in domains:
        try:
            found[find_target(domain, names)] = domain
        except InputError:
            logger.warning("the imported losses on %r are left out: the study has no such domain", domain)
    return found


def _by_scale(evidence: Evidence, runs: Sequence[Run], domains: Sequence[str]) -> dict[str, Observations]:
    """Scale → its runs, the losses in the order of these domains."""
    found = {}
    for scale in dict.fromkeys(run.scale for run in runs):
        chosen = [run for run in runs if run.scale == scale]
        found[scale] = Observations(
            tuple(run.mixture.id for run in chosen),
            evidence.weights_of([run.mixture for run in chosen]),
            np.array([[run.losses[domain] for domain in domains] for run in chosen]),
        )
    return found


def _sizes(by_scale: Mapping[str, Observations]) -> dict[str, float | None]:
    return {scale: size_of_scale(scale) for scale in by_scale}


def _at_scale(
    evidence: Evidence, by_scale: Mapping[str, Observations], sizes: Mapping[str, float | None], asked: str | None
) -> Evidence:
    """The evidence with the observations at one scale as its references; of the others, the nearest in size last."""
    chosen = choose_scale(asked, sizes)
    size = sizes.get(chosen) or size_of_scale(chosen)

    def nearness(scale: str) -> float:
        return -abs(math.log(sizes[scale] / size)) if size and sizes[scale] else -math.inf

    others = [scale for scale, runs in by_scale.items() if scale != chosen and len(runs)]
    return replace(
        evidence,
        references=by_scale.get(chosen, evidence.references.only([])),
        other_scales={scale: by_scale[scale] for scale in sorted(others, key=nearness)},
        scale=chosen,
    )
