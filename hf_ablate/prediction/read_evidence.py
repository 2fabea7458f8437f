"""The evidence in a run folder: scores of its own models, imported runs, or both."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ..errors import InputError
from ..evaluation.rows import target_name
from ..evaluation.scoring.right_answers import BITS_PER_BYTE
from ..manifest import find_manifest, has_manifest, read_manifest
from ..mixtures.enumerate import read_mixtures
from ..mixtures.grouping import Grouping
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import find_proxy
from ..mixtures.units import CorpusUnits
from ..mixtures.weights import weights_of
from ..observations.runs import read_runs
from ..run_folder import RunFolder
from .evidence import Evidence
from .means import means_of_groups, means_of_text
from .observations import Observations
from .runs_as_evidence import evidence_of_runs, with_runs
from .scores import UNITS_OF_MEASURE, Scores, read_scores
from .task_scores import task_name
from .transfer import check_same_measure, with_references_of


def read_evidence(
    run_dir: Path,
    metric: str = "bits_per_byte",
    split: str | None = None,
    scale: str | None = None,
    references_from: Path | None = None,
    task_metric: str | None = None,
) -> Evidence:
    """What the scores of a study and the runs that it has imported say.

    Args:
        run_dir (`Path`): of a scored study, a folder with imported runs, or both.
        metric (`str`): one of those of `hf-ablate rank`.
        split (`str`, *optional*): of the evaluation text; default: the one that was scored.
        scale (`str`, *optional*): that is asked about; default: the largest or, where the size of one is not known,
            that of the runs imported last.
        references_from (`Path`, *optional*): the run folder whose reference models judge, in place of the study's own.
        task_metric (`str`, *optional*): one of [`TASK_METRICS`], of downstream tasks; default: that of the ranking,
            whose target is the study's target, too.

    Raises:
        `InputError`: if there is neither, and for reference models of other units, another tokenizer or other text.
    """
    folder = RunFolder(run_dir)
    if references_from is not None:
        _check_references_from(run_dir, references_from, split, scale)
    manifest = find_manifest(folder.ranking) or {}
    ranked, kernels = manifest.get("arguments", {}), manifest.get("kernels", {})
    task_metric = task_metric or ranked.get("task_metric", BITS_PER_BYTE)
    evidence = _read(run_dir, metric, split, scale, task_metric)
    if references_from is not None:
        evidence = with_references_of(references_from, evidence, run_dir, metric, task_metric)
    groups = CorpusUnits.read(run_dir).groups if has_manifest(folder.corpus) else {}
    means = means_of_groups(groups, evidence.units, evidence.own_units, evidence.domains)
    return replace(evidence, group_means=means, study_target=ranked.get("target"), kernels=kernels)


def _check_references_from(run_dir: Path, other: Path, split: str | None, scale: str | None) -> None:
    if has_manifest(RunFolder(run_dir).observations) or scale is not None:
        raise InputError(
            "references_from and imported runs, of which `scale` chooses some, are two answers to what judges the "
            "proxies; use one of them"
        )
    check_same_measure(run_dir, other, split or read_manifest(RunFolder(run_dir).scores)["arguments"]["split"])


def _read(run_dir: Path, metric: str, split: str | None, scale: str | None, task_metric: str) -> Evidence:
    folder = RunFolder(run_dir)
    imported = read_runs(run_dir) if has_manifest(folder.observations) else None
    if not has_manifest(folder.scores):
        if imported is None:
            raise InputError(
                f"{run_dir} holds neither scores nor imported runs; run `hf-ablate evaluate`, or `hf-ablate import`"
            )
        return evidence_of_runs(imported, scale)
    manifest = read_manifest(folder.scores)
    groupings = {field: Grouping(groups) for field, groups in manifest.get("groups", {}).items()}
    scores = read_scores(run_dir, metric, split or manifest["arguments"]["split"], task_metric)
    evidence = evidence_of(scores, metric, groupings)
    if imported is None:
        return evidence
    parameters = (find_manifest(folder.seed) or {}).get("parameters")
    return with_runs(evidence, imported, scale, parameters)


def candidate_mixtures(run_dir: Path, evidence: Evidence) -> list[Mixture]:
    """The mixtures that a decision is made among: those that were enumerated, or else all that were measured.

    Args:
        run_dir (`Path`): of a study.
        evidence ([`Evidence`]): of the same.
    """
    if has_manifest(RunFolder(run_dir).mixtures):
        return [candidate.mixture for candidate in read_mixtures(run_dir)]
    return [evidence.mixture_of(weights) for weights in evidence.known_mixtures]


def evidence_of(scores: Scores, metric: str, groupings: Mapping[str, Grouping] = MappingProxyType({})) -> Evidence:
    """The evidence in scores.

    Reference models of one unit are left out: with the same tokens they are that unit's component. So are those of
    mixtures that components were trained on, and these components: proxies would be judged on what they are made of.
    A mixture that was trained with several seeds is there once for each.

    Args:
        scores ([`Scores`]): of mixtures, components and reference models.
        metric (`str`): that they are in.
        groupings (`Mapping[str, Grouping]`): field → the groups by which there are macro proxies.
    """
    components = {name: losses for name, losses in scores.components.items() if scores.probes[name].units == [name]}
    units = tuple(sorted({unit for mixture in scores.mixtures for unit in mixture.units} | set(components)))
    domains = tuple(target_name(source, domain) for source, domain in scores.domains)
    texts = len(domains) - len(scores.tasks)
    names = [domain or source for source, domain in scores.domains[:texts]]  # a task is held out from no unit
    missing = np.full(len(domains), np.nan)
    weights = weights_of(scores.mixtures, units)
    ids = tuple(mixture.id for mixture in scores.mixtures)

    def observed(rows: Sequence[int], losses: Sequence[np.ndarray]) -> Observations:
        rows, losses = np.array(rows, dtype=int), np.reshape(losses, (-1, len(domains)))
        own = Observations(tuple(ids[row] for row in rows), weights[rows], losses)
        return own.only(np.flatnonzero(np.isfinite(losses).any(axis=1)))

    def proxies(kind: str) -> Observations:
        """What was scored of a kind: the candidates, and what their macro proxies are the proxies of."""
        others = [
            (mixture, losses) for mixture, losses in scores.others.get(kind, ()) if set(mixture.units) <= set(units)
        ]
        beside = Observations(
            tuple(mixture.id for mixture, _ in others),
            weights_of([mixture for mixture, _ in others], units),
            np.reshape([losses for _, losses in others], (-1, len(domains))),
        )
        return observed(range(len(ids)), scores.by_kind[kind]).joined(beside)

    are_probes = scores.are_probes
    pooled = {
        source: np.append(shares, np.zeros(len(scores.tasks)))
        for source, shares in means_of_text(domains[:texts], scores.sizes_of_text).items()
    }
    trained = [(row, losses) for row, losses in scores.references if not are_probes[row]]
    return Evidence(
        units=units,
        domains=domains,
        own_units=(*(units.index(name) if name in units else None for name in names), *[None] * len(scores.tasks)),
        references=observed([row for row, _ in trained], [losses for _, losses in trained]),
        components=np.array([components.get(unit, missing) for unit in units]),
        proxies={kind: proxies(kind) for kind in scores.by_kind if find_proxy(kind)},
        groups={field: grouping.members(units) for field, grouping in groupings.items()},
        seed=scores.seed,
        left_out={
            scores.mixtures[row].id: scores.mixtures[row].name for row, _ in scores.references if are_probes[row]
        },
        unit_of_measure=UNITS_OF_MEASURE[metric],
        pooled=pooled if metric == "bits_per_byte" else {},
        tasks={task_name(task): unit for task, unit in scores.tasks.items()},
    )
