"""Reference models of another run folder, of a larger scale as a rule, that judge the proxies of this one."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..corpus.description import CorpusDescription
from ..errors import InputError
from ..evaluation.models.one_size import size_of_scored
from ..evaluation.row_files import read_current_rows
from ..evaluation.rows import ScoreRow, target_name
from ..manifest import has_manifest, read_manifest
from ..mixtures.enumerate import read_mixtures
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder
from .evidence import Evidence
from .observations import Observations
from .task_scores import TaskScores, has_all, read_task_scores, task_name


logger = logging.getLogger(__name__)
_OWN, _OTHER = "own scale", "other scale"  # of models whose size is not recorded


def check_same_measure(run_dir: Path, other: Path, split: str) -> None:
    """Check that scores of two run folders are of the same text, and their mixtures of the same units.

    Args:
        run_dir (`Path`): of the proxies.
        other (`Path`): of the reference models.
        split (`str`): of the evaluation text.

    Raises:
        `InputError`: says what differs.
    """
    if other.resolve() == run_dir.resolve():
        raise InputError(
            f"references_from names the run folder itself, {run_dir}; leave it out for its own references"
        )
    cannot = f"the reference models of {other} cannot judge the proxies of {run_dir}: "
    here, there = (read_manifest(RunFolder(folder).scores)["measurement"] for folder in (run_dir, other))
    if there["split"] != split:
        raise InputError(f"{cannot}they are scored on split {there['split']!r}, and the proxies on {split!r}")
    if differing := _differing(here["data"], there["data"]):
        raise InputError(f"{cannot}they are scored on other evaluation text ({differing})")
    limits = [(one["limit"], one.get("limit_by", ScoreRow.limit_by)) for one in (here, there)]
    if limits[0] != limits[1]:
        texts = ["all documents" if limit is None else f"{limit} documents of each {by}" for limit, by in limits]
        raise InputError(f"{cannot}they are scored on {texts[1]}, and the proxies on {texts[0]}")
    units = [dict.fromkeys(CorpusDescription.read(folder).units, "") for folder in (run_dir, other)]
    if differing := _differing(*units):
        raise InputError(f"{cannot}their mixtures are of other units ({differing})")
    if here["tokenizer_digest"] != there["tokenizer_digest"]:
        raise InputError(
            f"{cannot}they have another tokenizer, by whose tokens units are cut and shares of mixtures counted, so "
            "mixtures of one name are other text"
        )


def _differing(here: dict[str, str], there: dict[str, str]) -> str:
    """Which names are only here or there, and which are other things; empty where all are the same."""
    parts = {
        "only here": sorted(here.keys() - there.keys()),
        "only there": sorted(there.keys() - here.keys()),
        "another": sorted(name for name in here.keys() & there.keys() if here[name] != there[name]),
    }
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)


def with_references_of(other: Path, evidence: Evidence, run_dir: Path, metric: str, task_metric: str) -> Evidence:
    """The evidence with the reference models of another run folder in place of its own.

    Its own reference models, and the components, are then runs at another scale.

    Args:
        other (`Path`): the run folder with the reference models, see [`check_same_measure`].
        evidence ([`Evidence`]): of the scores of `run_dir`.
        run_dir (`Path`): the run folder of the proxies.
        metric (`str`): one of those of `hf-ablate rank`.
        task_metric (`str`): likewise, of downstream tasks; those that a reference model lacks are left out.

    Raises:
        `InputError`: if none of its reference models is of a mixture that is a candidate here.
    """
    own_scale, scale = scale_of(run_dir) or _OWN, scale_of(other) or _OTHER
    own = evidence.references
    if np.isfinite(evidence.components).all():
        own = own.joined(evidence.component_runs)
    references, models = _read_references(other, evidence, run_dir, metric)
    tasks = _comparable_tasks(other, evidence, run_dir, task_metric, models)
    for task, scores in tasks.items():
        references.losses[:, evidence.domains.index(task)] = [scores.losses[model] for model in models]
    evidence = replace(
        evidence,
        references=references,
        other_scales={own_scale: own} if len(own) else {},
        scale=scale,
        own_scale=own_scale,
        left_out={},
    )
    return evidence.without([task for task in evidence.tasks if task not in tasks])


def _comparable_tasks(
    other: Path, evidence: Evidence, run_dir: Path, task_metric: str, models: Sequence[str]
) -> dict[str, TaskScores]:
    """The tasks that all reference models have results of, asked as the proxies were; a line on each of the others."""
    here, there = (
        {task_name(scores.task): scores for scores in read_task_scores(folder, task_metric)}
        for folder in (run_dir, other)
    )
    found = {}
    for task in evidence.tasks:
        scores = there.get(task, TaskScores(here[task].task, here[task].unit_of_measure, here[task].setting, {}))
        if (scores.unit_of_measure, scores.questions) != (here[task].unit_of_measure, here[task].questions):
            logger.warning(
                "task %s is left out: in %s it was run differently (other documents, examples, version or measure)",
                scores.task, other,
            )  # fmt: skip
        elif has_all(scores, models):
            found[task] = scores
    return found


def scale_of(run_dir: Path) -> str | None:
    """The size of the scored models of a run folder, see [`check_one_size`]; `None` where it has no scores."""
    scores = RunFolder(run_dir).scores
    return size_of_scored(run_dir, read_manifest(scores)["models"]) if has_manifest(scores) else None


def _read_references(other: Path, evidence: Evidence, run_dir: Path, metric: str) -> tuple[Observations, list[str]]:
    """The reference models of another run folder, with their losses on text, and their ids."""
    candidates = {candidate.mixture.id for candidate in read_mixtures(run_dir)}
    losses: dict[str, np.ndarray] = {}
    mixtures: dict[str, Mixture] = {}
    for row in read_current_rows(RunFolder(other).scores):
        if row.kind == "reference" and len(row.mixture) > 1:
            mixtures[row.model] = Mixture.of(row.mixture)
            values = losses.setdefault(row.model, np.full(len(evidence.domains), np.nan))
            domain = target_name(row.source, row.domain)
            if domain in evidence.domains:  # one without a finite score is left out of these
                values[evidence.domains.index(domain)] = getattr(row, metric)
    joined = [model for model, mixture in mixtures.items() if mixture.id in candidates]
    if not joined:
        raise InputError(
            f"none of the {len(mixtures)} reference models of {other} is of a mixture of two units or more that is a "
            f"candidate in {run_dir}; list their mixtures there (`enumerate` with `methods: [given]`)"
        )
    if len(joined) < len(mixtures):
        logger.warning(
            "%d of the %d reference models of %s are left out: their mixtures are not candidates in %s",
            len(mixtures) - len(joined), len(mixtures), other, run_dir,
        )  # fmt: skip
    observed = Observations(
        tuple(mixtures[model].id for model in joined),
        evidence.weights_of([mixtures[model] for model in joined]),
        np.array([losses[model] for model in joined]),
    )
    return observed, joined
